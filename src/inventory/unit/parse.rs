//! Reading units and amounts. The grammar: `unit = factor { ["*" | "/" | " "] factor }`, `factor = ( name | number | "(" unit
//! ")" ) [ ("^" | "**") integer ]`; an amount is a number, perhaps with a letter for its point (`4k7`), and perhaps a unit.

use super::{Amount, DIMENSIONS, Unit, names, ratio::Ratio};

/// A longer text is no unit.
const MAX_LENGTH: usize = 100;
/// Deeper parentheses are none.
const MAX_DEPTH: usize = 10;
/// A higher power is none.
const MAX_POWER: i8 = 9;

/// A whole unit.
pub(super) fn unit(text: &str) -> Option<Unit> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut reader = Reader { rest: text.trim(), depth: 0 };
    let unit = reader.product()?;
    reader.rest.is_empty().then_some(unit)
}

/// A number and perhaps a unit.
pub(super) fn amount(text: &str) -> Option<Amount> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return None;
    }
    let (value, rest) = number(text)?;
    let rest = rest.trim_start();
    let (value, rest) = match rest.strip_prefix('/').map(str::trim_start).and_then(number) {
        // `1/4 inch`
        Some((below, rest)) => (value.over(below)?, rest.trim_start()),
        None => (value, rest),
    };
    if rest.is_empty() {
        return Some(Amount { value, unit: None });
    }
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(unit) = unit(rest) {
        return Some(Amount { value, unit: Some(unit) });
    }
    // `4k7`, `2R2`, `100n`: a letter where the point is, and perhaps a unit behind it.
    let mut letters = rest.chars();
    let power = names::letter(letters.next()?)?;
    let rest = letters.as_str();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (fraction, rest) = rest.split_at_checked(digits)?;
    if !fraction.is_empty() && value.denominator != 1 {
        return None;
    }
    let value = if fraction.is_empty() {
        value
    } else {
        let places = i32::try_from(fraction.len()).ok()?;
        value.plus(Ratio::new(fraction.parse().ok()?, 1)?.times(Ratio::power_of_ten(-places)?)?)?
    };
    let value = value.times(Ratio::power_of_ten(power)?)?;
    let rest = rest.trim();
    let unit = if rest.is_empty() { None } else { Some(unit(rest)?) };
    Some(Amount { value, unit })
}

/// A decimal number at the beginning of a text, and what follows it.
fn number(text: &str) -> Option<(Ratio, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let at = |index: usize, any: &[u8]| bytes.get(index).is_some_and(|b| any.contains(b));
    let sign = usize::from(at(0, b"+-"));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut places = 0;
    if at(end, b".") {
        places = digits(end + 1);
        end += 1 + places;
    }
    if whole + places == 0 || whole + places > 30 {
        return None;
    }
    let mantissa: String = text.get(sign..end)?.chars().filter(char::is_ascii_digit).collect();
    let mut power = -i32::try_from(places).ok()?;
    if at(end, b"eE") {
        let mark = end + 1 + usize::from(at(end + 1, b"+-"));
        let count = digits(mark);
        // `1e3` has an exponent; `1 eV` begins with a unit.
        if count > 0 {
            power = power.checked_add(text.get(end + 1..mark + count)?.parse().ok()?)?;
            end = mark + count;
        }
    }
    let value = Ratio::new(mantissa.parse().ok()?, 1)?.times(Ratio::power_of_ten(power)?)?;
    let value = if at(0, b"-") { Ratio::ZERO.minus(value)? } else { value };
    Some((value, text.get(end..)?))
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn product(&mut self) -> Option<Unit> {
        let mut product = self.factor()?;
        loop {
            let before = self.rest.len();
            self.skip();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                return Some(product);
            }
            // Two factors side by side have a blank between them: the `R2` of `2R2` is no product.
            let apart = self.rest.len() < before;
            let divides = self.take("/");
            if !divides && !self.take("*") && !self.take("\u{b7}") && !apart {
                return None;
            }
            let factor = self.factor()?;
            product = multiplied(product, if divides { powered(factor, -1)? } else { factor })?;
        }
    }

    fn factor(&mut self) -> Option<Unit> {
        self.skip();
        let base = if self.take("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return None;
            }
            let inner = self.product()?;
            self.depth -= 1;
            self.take(")").then_some(inner)?
        } else if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let (value, rest) = number(self.rest)?;
            self.rest = rest;
            Unit { factor: value, ..Unit::ONE }
        } else {
            let is_name = |c: char| c.is_alphabetic() || matches!(c, '_' | '%' | '\u{b0}' | '\u{b5}' | '"' | '\'');
            let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
            self.rest = rest;
            names::find(name)?
        };
        match self.power()? {
            1 => Some(base),
            power => powered(base, power),
        }
    }

    /// The power behind a factor; one where there is none.
    fn power(&mut self) -> Option<i8> {
        for (sign, power) in [("\u{b2}", 2), ("\u{b3}", 3)] {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                return Some(power);
            }
        }
        let behind = self.rest.trim_start();
        let Some(rest) = behind.strip_prefix("**").or_else(|| behind.strip_prefix('^')) else { return Some(1) };
        self.rest = rest.trim_start();
        let sign = usize::from(self.rest.starts_with(['-', '+']));
        let digits = self.rest.get(sign..)?.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(sign + digits)?;
        let power: i8 = number.parse().ok()?;
        self.rest = rest;
        // `m^1.5` is no unit.
        let bounded = (-MAX_POWER..=MAX_POWER).contains(&power) && power != 0 && !rest.starts_with('.');
        bounded.then_some(power)
    }
}

/// A scale that begins elsewhere than at nothing cannot be part of a product.
fn is_plain(unit: &Unit) -> bool {
    unit.offset == Ratio::ZERO
}

fn multiplied(a: Unit, b: Unit) -> Option<Unit> {
    if !is_plain(&a) || !is_plain(&b) {
        return None;
    }
    let mut dimension = [0; DIMENSIONS];
    for ((sum, a), b) in dimension.iter_mut().zip(a.dimension).zip(b.dimension) {
        *sum = i8::checked_add(a, b)?;
    }
    Some(Unit { dimension, factor: a.factor.times(b.factor)?, offset: Ratio::ZERO })
}

fn powered(unit: Unit, power: i8) -> Option<Unit> {
    if !is_plain(&unit) {
        return None;
    }
    let mut dimension = unit.dimension;
    for exponent in &mut dimension {
        *exponent = exponent.checked_mul(power)?;
    }
    Some(Unit { dimension, factor: unit.factor.power(power)?, offset: Ratio::ZERO })
}
