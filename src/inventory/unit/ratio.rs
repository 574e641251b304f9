//! Exact fractions.

/// A fraction in lowest terms; its denominator is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) numerator: i128,
    pub(super) denominator: i128,
}

const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Ratio {
    pub(super) const ZERO: Self = Self { numerator: 0, denominator: 1 };
    pub(super) const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// In lowest terms; `None` where the denominator is zero.
    pub(super) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = i128::try_from(gcd(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?;
        let sign = if denominator < 0 { -1 } else { 1 };
        Some(Self { numerator: sign * (numerator / common), denominator: (denominator / common).checked_abs()? })
    }

    /// Ten to a power.
    pub(super) fn power_of_ten(power: i32) -> Option<Self> {
        let magnitude = 10_i128.checked_pow(power.unsigned_abs())?;
        if power < 0 { Self::new(1, magnitude) } else { Self::new(magnitude, 1) }
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        Self::new(self.numerator.checked_mul(other.numerator)?, self.denominator.checked_mul(other.denominator)?)
    }

    pub(super) fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.denominator, other.numerator)?)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { numerator: other.numerator.checked_neg()?, ..other })
    }

    /// To a small power.
    pub(super) fn power(self, power: i8) -> Option<Self> {
        let base = if power < 0 { Self::ONE.over(self)? } else { self };
        (0..power.unsigned_abs()).try_fold(Self::ONE, |product, _| product.times(base))
    }
}
