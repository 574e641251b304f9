//! Physical units: what the units of parts, parameters and bills of material may be, and how one becomes another.
//!
//! A unit is a product of powers of named units, with the prefixes of the SI: `kg`, `mm^2`, `m/s`, `kg A`, `10 mΩ`. Factors
//! are exact fractions, so that an inch is 254/10000 of a metre and nothing is lost on the way. A unit that counts (`pcs`,
//! `each`, `dozen`) has no dimension.

mod names;
mod parse;
mod ratio;

use entities::exact::{Exact as _, Quantity};

use self::ratio::Ratio;

/// The seven base dimensions of the SI: length, mass, time, current, temperature, amount, luminous intensity. An angle and a
/// count have none; a bit has one of its own.
const DIMENSIONS: usize = 8;

/// A unit: what it measures, and how much of the base unit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    dimension: [i8; DIMENSIONS],
    factor: Ratio,
    /// Degrees Celsius and Fahrenheit begin elsewhere than the kelvin.
    offset: Ratio,
}

impl Unit {
    /// No unit at all: a number.
    const ONE: Self = Self { dimension: [0; DIMENSIONS], factor: Ratio::ONE, offset: Ratio::ZERO };

    /// Reads a unit, such as `mm` or `kg m / s^2`; nothing is a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() { Some(Self::ONE) } else { parse::unit(text) }
    }

    /// Whether both measure the same.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }
}

/// A number with or without a unit, as people write it: `10`, `2.5 mm`, `4k7`, `1/4 inch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    value: Ratio,
    unit: Option<Unit>,
}

impl Amount {
    /// Reads an amount.
    pub(super) fn parse(text: &str) -> Option<Self> {
        parse::amount(text)
    }

    /// How many of a unit it is: a bare number already is in that unit. `None` where they measure different things.
    fn converted(&self, target: &Unit) -> Option<Ratio> {
        let Some(unit) = &self.unit else { return Some(self.value) };
        if !unit.fits(target) {
            return None;
        }
        let base = self.value.times(unit.factor)?.plus(unit.offset)?;
        base.minus(target.offset)?.over(target.factor)
    }

    /// How many of a unit it is, to five places.
    pub(super) fn quantity(&self, target: &Unit) -> Option<Quantity> {
        let Ratio { numerator, denominator } = self.converted(target)?;
        Quantity::rounded(numerator.checked_mul(Quantity::ONE.scaled().into())?, denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        Unit::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn in_units(amount: &str, target: &str) -> Option<String> {
        Amount::parse(amount).unwrap_or_else(|| panic!("{amount}")).quantity(&unit(target)).map(Quantity::plain)
    }

    #[test]
    fn units_of_the_si_of_electronics_and_of_workshops_are_known() {
        for text in [
            "m",
            "mm",
            "metre",
            "meters",
            "kg",
            "g",
            "A",
            "mA",
            "V",
            "kV",
            "ohm",
            "kohm",
            "\u{3a9}",
            "k\u{2126}",
            "F",
            "uF",
            "\u{b5}F",
            "pF",
            "nH",
            "Hz",
            "MHz",
            "W",
            "mW",
            "J",
            "kWh",
            "Ah",
            "mAh",
            "C",
            "degC",
            "degF",
            "K",
            "lm",
            "cd",
            "lx",
            "T",
            "Wb",
            "S",
            "inch",
            "in",
            "ft",
            "feet",
            "mil",
            "yard",
            "oz",
            "lb",
            "l",
            "mL",
            "litre",
            "min",
            "h",
            "hour",
            "day",
            "s",
            "ms",
            "us",
            "bar",
            "psi",
            "Pa",
            "kPa",
            "N",
            "Nm",
            "rpm",
            "%",
            "ppm",
            "pcs",
            "piece",
            "each",
            "dozen",
            "deg",
            "rad",
            "bit",
            "byte",
            "kB",
            "MiB",
            "dB",
            "V/m",
            "m^2",
            "mm**2",
            "m\u{b2}",
            "kg m / s^2",
            "kg*m/s**2",
            "kg A",
            "W/(m K)",
            "1/s",
            "s^-1",
            "square_metre",
            "1000 m",
        ] {
            assert!(Unit::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_unit_is_none() {
        for text in [
            "xyz",
            "mmm",
            "kkg",
            "m^",
            "m/",
            "/m",
            "m//s",
            "(m",
            "m)",
            "m^1.5",
            "m^99",
            "--m",
            "m s)",
            "\u{0}",
            "kin",
            &"m ".repeat(200),
            &"(".repeat(200),
        ] {
            assert!(Unit::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn one_unit_becomes_another_without_loss() {
        for (amount, target, expected) in [
            ("10", "m", "10"),
            ("100 mm", "m", "0.1"),
            ("1 inch", "mm", "25.4"),
            ("1/4 inch", "mm", "6.35"),
            ("3 ft", "inch", "36"),
            ("2.5kg", "g", "2500"),
            ("1 lb", "g", "453.59237"),
            ("4k7", "ohm", "4700"),
            ("4k7 ohm", "kohm", "4.7"),
            ("2R2", "ohm", "2.2"),
            ("4u7 F", "uF", "4.7"),
            ("0.1 uF", "nF", "100"),
            ("1 kWh", "J", "3600000"),
            ("2 dozen", "pcs", "24"),
            ("50 %", "", "0.5"),
            ("1 N m", "J", "1"),
            ("100 degC", "K", "373.15"),
            ("212 degF", "degC", "100"),
            ("1 m^2", "cm^2", "10000"),
            ("1e3 mm", "m", "1"),
        ] {
            assert_eq!(in_units(amount, target).as_deref(), Some(expected), "{amount} in {target}");
        }
        assert_eq!(in_units("1 m", "kg"), None);
        assert_eq!(in_units("1 m", ""), None);
        assert_eq!(in_units("1 pcs", "m"), None);
    }

    #[test]
    fn an_amount_that_is_none_or_has_no_bounds_is_none() {
        for text in ["", "m", "abc", "1 2", "1/0", "1/0 m", "NaN", "inf", "1e9999 m", "1 xyz", "--1", "1k7k"] {
            assert!(Amount::parse(text).is_none(), "{text}");
        }
        assert_eq!(in_units("99999999999999999999", "m"), None);
    }
}
