//! Search: the words that are looked for, and how each is found in a column, in any case.

use std::collections::BTreeSet;

use sea_orm::sea_query::{LikeExpr, SimpleExpr};

use crate::rest::{
    crud::View,
    error::{ApiError, invalid},
    pattern::Pattern,
};

/// How one word of a search is looked for.
pub(super) enum Matcher {
    Contains { sqlite: bool, word: String },
    Pattern { sqlite: bool, pattern: Pattern },
}

impl Matcher {
    pub(super) fn of(view: &View<'_>, word: &str, is_pattern: bool, whole: bool) -> Result<Self, ApiError> {
        let sqlite = view.ctx.db.is_sqlite();
        if !is_pattern && !whole {
            return Ok(Self::Contains { sqlite, word: word.to_owned() });
        }
        let text = if is_pattern { word.to_owned() } else { regex::escape(word) };
        let text = if whole { format!(r"\b(?:{text})\b") } else { text };
        let pattern = Pattern::parse(&text, true).map_err(|message| invalid("search", message))?;
        Ok(Self::Pattern { sqlite, pattern })
    }

    pub(super) fn on(&self, column: &SimpleExpr) -> SimpleExpr {
        match self {
            Self::Contains { sqlite, word } => contains(*sqlite, column, word),
            Self::Pattern { sqlite, pattern } => pattern.on(*sqlite, column.clone()),
        }
    }
}

/// Case-insensitive "contains", with the pattern's own wildcards taken literally.
pub fn contains(sqlite: bool, column: &SimpleExpr, word: &str) -> SimpleExpr {
    use sea_orm::sea_query::{ExprTrait as _, extension::postgres::PgExpr as _, extension::sqlite::SqliteExpr as _};
    // SQLite's LIKE folds ASCII only.
    if sqlite && !word.is_ascii() {
        return column.clone().glob(glob(word));
    }
    let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let pattern = LikeExpr::new(format!("%{escaped}%"));
    // PostgreSQL escapes with a backslash by itself, and sea-query does not get `ILIKE ... ESCAPE` right.
    if sqlite { column.clone().like(pattern.escape('\\')) } else { column.clone().ilike(pattern) }
}

/// A pattern of SQLite's GLOB, which tells case apart, for a text that contains a word in any case: every letter is the set
/// of its cases.
fn glob(word: &str) -> String {
    let mut pattern = String::from("*");
    for c in word.chars() {
        let (lower, upper) = (c.to_lowercase(), c.to_uppercase());
        // One letter for several (as with the sharp s) is more than a pattern can say.
        let one_each = lower.len() == 1 && upper.len() == 1;
        let cases: BTreeSet<char> =
            lower.chain(upper.clone().flat_map(char::to_lowercase)).chain(upper).chain([c]).collect();
        if one_each && cases.len() > 1 {
            pattern.push('[');
            pattern.extend(cases);
            pattern.push(']');
        } else if matches!(c, '*' | '?' | '[') {
            pattern.extend(['[', c, ']']);
        } else {
            pattern.push(c);
        }
    }
    pattern.push('*');
    pattern
}

/// The words of a search; a quoted phrase is one.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) if word.is_empty() => quote = Some(c),
            (c, None) if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_phrase_is_one_word() {
        assert_eq!(words("  m3 \"pan head\" 'x y' it's "), ["m3", "pan head", "x y", "it's"]);
        assert_eq!(words("\"open"), ["open"]);
        assert!(words(" \"\" ").is_empty());
    }

    #[test]
    fn a_letter_is_sought_in_all_its_cases_and_a_wildcard_as_it_is() {
        assert_eq!(glob("\u{fc}b*[?]"), "*[\u{dc}\u{fc}][Bb][*][[][?]]*");
        assert_eq!(glob("\u{df}\u{4e2d}"), "*\u{df}\u{4e2d}*");
        assert_eq!(glob("\u{3c2}"), "*[\u{3a3}\u{3c2}\u{3c3}]*");
    }
}
