//! Regular expressions in filters. One syntax (the `regex` crate's) on both databases, and no input that explodes: SQLite
//! runs that crate, in linear time; for PostgreSQL a pattern is translated from its parsed form, so that neither
//! PostgreSQL's own syntax nor its back references are ever the client's to write.

use std::fmt::Write as _;

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Look},
};
use sea_orm::sea_query::{BinOper, Expr, SimpleExpr};

/// A longer pattern is refused.
const MAX_LENGTH: usize = 250;
/// A pattern that compiles to more bytes is refused.
const MAX_SIZE: usize = 512 * 1024;
/// PostgreSQL counts repetitions up to this.
const MAX_REPEAT: u32 = 255;

/// A pattern that both databases understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As the `regex` crate reads it.
    text: String,
    /// As PostgreSQL's advanced regular expressions have it.
    postgres: String,
}

impl Pattern {
    /// Reads a pattern; otherwise says what is wrong with it.
    pub fn parse(text: &str, case_insensitive: bool) -> Result<Self, String> {
        let wrong = || "Invalid regular expression".to_owned();
        let complex = || "The regular expression is too complex".to_owned();
        if text.len() > MAX_LENGTH {
            return Err(complex());
        }
        let text = if case_insensitive { format!("(?i){text}") } else { text.to_owned() };
        let hir = ParserBuilder::new().nest_limit(50).build().parse(&text).map_err(|_| wrong())?;
        let compiled = regex::RegexBuilder::new(&text).size_limit(MAX_SIZE).build();
        compiled.map_err(|error| if matches!(error, regex::Error::CompiledTooBig(_)) { complex() } else { wrong() })?;
        let mut postgres = String::new();
        translate(&hir, &mut postgres).ok_or_else(complex)?;
        if postgres.len() > 64 * 1024 {
            return Err(complex());
        }
        Ok(Self { text, postgres })
    }

    /// Whether a text matches; for rules about one value.
    pub fn matches(&self, text: &str) -> bool {
        regex::Regex::new(&self.text).is_ok_and(|regex| regex.is_match(text))
    }

    /// That an expression matches.
    pub fn on(&self, sqlite: bool, column: SimpleExpr) -> SimpleExpr {
        let (operator, pattern) = if sqlite { ("REGEXP", &self.text) } else { ("~", &self.postgres) };
        sea_orm::sea_query::ExprTrait::binary(column, BinOper::Custom(operator), Expr::val(pattern.clone()))
    }
}

/// A character as an escape that is one everywhere, also between brackets.
fn escaped(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        // PostgreSQL's texts have no NUL.
        _ = write!(out, "\\U{:08x}", u32::from(c).max(1));
    }
}

fn class(ranges: impl Iterator<Item = (char, char)>, out: &mut String) {
    out.push('[');
    let before = out.len();
    for (from, to) in ranges {
        escaped(from, out);
        if from != to {
            out.push('-');
            escaped(to, out);
        }
    }
    if out.len() == before {
        // Nothing at all: no text holds NUL's neighbour both ways.
        out.truncate(before - 1);
        out.push_str("(?!)");
    } else {
        out.push(']');
    }
}

/// `None` where PostgreSQL has no such thing.
fn translate(hir: &Hir, out: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            out.push_str("(?:");
            std::str::from_utf8(&literal.0).ok()?.chars().for_each(|c| escaped(c, out));
            out.push(')');
        }
        HirKind::Class(Class::Unicode(ranges)) => class(ranges.iter().map(|r| (r.start(), r.end())), out),
        HirKind::Class(Class::Bytes(ranges)) => {
            class(ranges.iter().map(|r| (char::from(r.start()), char::from(r.end()))), out);
        }
        HirKind::Look(Look::Start) => out.push('^'),
        HirKind::Look(Look::End) => out.push('$'),
        HirKind::Look(Look::WordUnicode | Look::WordAscii) => out.push_str("\\y"),
        HirKind::Look(Look::WordUnicodeNegate | Look::WordAsciiNegate) => out.push_str("\\Y"),
        HirKind::Look(_) => return None,
        HirKind::Capture(capture) => {
            out.push_str("(?:");
            translate(&capture.sub, out)?;
            out.push(')');
        }
        HirKind::Repetition(repetition) => {
            if repetition.min.max(repetition.max.unwrap_or(0)) > MAX_REPEAT {
                return None;
            }
            out.push_str("(?:");
            translate(&repetition.sub, out)?;
            _ = match repetition.max {
                Some(max) => write!(out, "){{{},{max}}}", repetition.min),
                None => write!(out, "){{{},}}", repetition.min),
            };
        }
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| translate(part, out))?,
        HirKind::Alternation(parts) => {
            out.push_str("(?:");
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    out.push('|');
                }
                translate(part, out)?;
            }
            out.push(')');
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_cannot_be_read_or_would_grow_is_refused() {
        for text in ["(", "[z-a]", "a{1000}", "(?m)^a", r"(a)\1", "((a{99}){99}){99}", &"a".repeat(300), "(?<=a)b"] {
            assert!(Pattern::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_translated_without_a_character_of_the_clients_own() {
        let pattern = Pattern::parse("^R[0-9]+(a|b)?.$", false).unwrap();
        assert!(pattern.matches("R12ax") && !pattern.matches("xR12a"));
        assert!(pattern.postgres.starts_with("^(?:R)(?:[0-9]){1,}"), "{}", pattern.postgres);
        let quoted = Pattern::parse(r"\(\?!'\\", false).unwrap();
        assert!(!quoted.postgres.contains('\''), "{}", quoted.postgres);
        assert!(Pattern::parse("abc", true).unwrap().matches("xABCx"));
    }
}
