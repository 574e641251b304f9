//! Exact decimals: SQLite has no such type, so a number is kept as a whole number of its smallest part, in a BIGINT, exact in
//! memory, in both databases and in SQL sums. Floats appear only where JSON is written.

use std::{fmt, iter::Sum};

use sea_orm::DeriveValueType;

/// A decimal number with a fixed number of places.
pub trait Exact: Copy + Ord + Default + fmt::Display {
    /// Digits after the point.
    const PLACES: u32;
    /// Digits in all.
    const DIGITS: u32;

    /// As a whole number of its smallest part.
    fn scaled(self) -> i64;

    /// From a whole number of its smallest part, unless that is too large.
    fn of_scaled(scaled: i64) -> Option<Self>;

    /// From a whole number of its smallest part; the largest there is where that is too large, as a sum may be.
    fn clamped(scaled: i64) -> Self {
        let most = 10_i64.pow(Self::DIGITS) - 1;
        Self::of_scaled(scaled.clamp(-most, most)).unwrap_or_default()
    }

    /// How many of its smallest part are one.
    fn scale() -> i64 {
        10_i64.pow(Self::PLACES)
    }

    /// From a whole number.
    fn of_whole(number: i64) -> Option<Self> {
        Self::of_scaled(number.checked_mul(Self::scale())?)
    }

    /// The whole number that it is, if it is one.
    fn whole(self) -> Option<i64> {
        (self.scaled() % Self::scale() == 0).then(|| self.scaled() / Self::scale())
    }

    /// Reads a decimal number, rounding what is finer; `None` where it is none or too large.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = [whole, fraction].concat();
        // 38 digits fit in the integer below; nobody means more.
        if all.is_empty() || all.len() > 38 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u128 = all.parse().ok()?;
        let fraction = i32::try_from(fraction.len()).ok()?;
        let shift = exponent.checked_sub(fraction)?.checked_add(i32::try_from(Self::PLACES).ok()?)?;
        let scaled = if number == 0 {
            0
        } else if shift >= 0 {
            number.checked_mul(10_u128.checked_pow(shift.unsigned_abs())?)?
        } else {
            match 10_u128.checked_pow(shift.unsigned_abs()) {
                Some(divisor) => number / divisor + u128::from(number % divisor >= divisor.div_ceil(2)),
                None => 0,
            }
        };
        let scaled = i64::try_from(scaled).ok()?;
        Self::of_scaled(if negative { -scaled } else { scaled })
    }

    /// As a JSON number.
    #[expect(clippy::cast_precision_loss, reason = "quantities fit in a double; prices are shown with what fits")]
    fn to_f64(self) -> f64 {
        self.scaled() as f64 / Self::scale() as f64
    }

    /// The sum, unless it is too large.
    fn plus(self, other: Self) -> Option<Self> {
        Self::of_scaled(self.scaled().checked_add(other.scaled())?)
    }

    /// The difference, unless it is too large.
    fn minus(self, other: Self) -> Option<Self> {
        Self::of_scaled(self.scaled().checked_sub(other.scaled())?)
    }

    /// The product with a number of any scale, rounded half away from zero.
    fn times<E: Exact>(self, factor: E) -> Option<Self> {
        Self::rounded(i128::from(self.scaled()) * i128::from(factor.scaled()), i128::from(E::scale()))
    }

    /// The quotient, rounded half away from zero; nothing divides by zero.
    fn over<E: Exact>(self, divisor: E) -> Option<Self> {
        Self::rounded(i128::from(self.scaled()) * i128::from(E::scale()), i128::from(divisor.scaled()))
    }

    /// A fraction of the smallest part, rounded half away from zero.
    fn rounded(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let (n, d) = (numerator * denominator.signum(), denominator.abs());
        let rounded = (n.abs() + d / 2) / d * n.signum();
        Self::of_scaled(i64::try_from(rounded).ok()?)
    }

    /// As people write it, without the zeros that say nothing: `10`, `0.5`.
    fn plain(self) -> String {
        let text = self.to_string();
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// Whether it is above zero.
    fn is_positive(self) -> bool {
        self.scaled() > 0
    }
}

macro_rules! exact {
    ($($(#[$meta:meta])* $name:ident, $places:literal, $digits:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// One.
            pub const ONE: Self = Self(10_i64.pow($places));
        }

        impl Exact for $name {
            const PLACES: u32 = $places;
            const DIGITS: u32 = $digits;

            fn scaled(self) -> i64 {
                self.0
            }

            fn of_scaled(scaled: i64) -> Option<Self> {
                (scaled.unsigned_abs() < 10_u64.pow($digits)).then_some(Self(scaled))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (n, scale) = (self.0.unsigned_abs(), 10_u64.pow($places));
                let sign = if self.0 < 0 { "-" } else { "" };
                write!(f, "{sign}{}.{:0places$}", n / scale, n % scale, places = $places)
            }
        }

        /// Saturates at the largest.
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
                Self(numbers.fold(0, |sum, number| sum.saturating_add(number.0)))
            }
        }
    )* };
}

exact! {
    /// A quantity: fifteen digits, five of them after the point; a double holds each exactly.
    Quantity, 5, 15;
    /// An amount of money: eighteen digits, six of them after the point.
    Money, 6, 18;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_exact_and_rounds_what_is_finer_than_five_places() {
        for (text, scaled) in [
            ("0", 0),
            ("0.1", 10_000),
            ("-1.5", -150_000),
            ("1e3", 100_000_000),
            ("1.5E-1", 15_000),
            ("0.000005", 1),
            ("0.000004", 0),
            ("9999999999.99999", 999_999_999_999_999),
            ("1e-999", 0),
            ("99999999999999999999999999999999999999e-38", 100_000),
        ] {
            assert_eq!(Quantity::parse(text), Some(Quantity(scaled)), "{text}");
        }
        for text in ["", "-", "x", "NaN", "inf", "1.2.3", "0x10", "10000000000", "1e999", "1e", "\u{661}"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity(-150_000).to_string(), "-1.50000");
        assert_eq!((Quantity(-150_000).plain(), Quantity(1_000_000).plain()), ("-1.5".into(), "10".into()));
        assert_eq!(Money::parse("0.0000015").map(|price| price.to_string()).as_deref(), Some("0.000002"));
    }

    #[test]
    fn sums_are_exact_and_end_where_the_digits_do() {
        let (tenth, fifth) = (Quantity::parse("0.1").unwrap(), Quantity::parse("0.2").unwrap());
        assert_eq!(tenth.plus(fifth), Quantity::parse("0.3"));
        assert_eq!(Quantity::parse("9999999999.99999").unwrap().plus(Quantity(1)), None);
        assert_eq!(tenth.minus(fifth), Quantity::parse("-0.1"));
    }

    #[test]
    fn products_and_quotients_round_half_away_from_zero() {
        let (ten, three) = (Money::of_whole(10).unwrap(), Quantity::of_whole(3).unwrap());
        assert_eq!(ten.over(three), Money::parse("3.333333"));
        assert_eq!(Money::of_whole(20).unwrap().over(three), Money::parse("6.666667"));
        assert_eq!(ten.over(Quantity::ZERO), None);
        assert_eq!(three.times(Quantity::parse("0.00001").unwrap()), Quantity::parse("0.00003"));
    }
}
