//! The grammar of serial numbers: `1, 2, 5-9 A7+3 ~`. Pure: what is taken already is checked by the caller.

/// No request makes more at once.
pub(super) const MAX: usize = 1000;
/// The longest serial number.
const MAX_LENGTH: usize = 100;

/// A text with the number at its end: `A007` is `A`, 7 and three digits wide.
fn split(text: &str) -> Option<(&str, u64, usize)> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (prefix, number) = text.split_at_checked(text.len() - digits)?;
    // A longer number is a text that ends in digits.
    Some((prefix, number.parse().ok().filter(|_| digits <= 18)?, digits))
}

fn join(prefix: &str, number: u64, width: usize) -> String {
    format!("{prefix}{number:0width$}")
}

/// The one after: `A9` is followed by `A10`, `A09` by `A10`, `A` by `A1`.
pub(super) fn after(text: &str) -> String {
    match split(text) {
        Some((prefix, number, width)) => join(prefix, number.saturating_add(1), width),
        None => format!("{text}1"),
    }
}

/// The number by which serial numbers are ordered: that at the start, or else that at the end.
pub(super) fn number(text: &str) -> i64 {
    let start: String = text.chars().take_while(char::is_ascii_digit).collect();
    let digits = if start.is_empty() {
        let end = text.bytes().rev().take_while(u8::is_ascii_digit).count();
        text.split_at_checked(text.len() - end).map_or("", |(_, digits)| digits).to_owned()
    } else {
        start
    };
    if digits.is_empty() { 0 } else { digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::from(i32::MAX)) }
}

/// Reads as many serial numbers as are wanted. `next` is the first free one, for `~`.
pub(super) fn parse(text: &str, wanted: usize, next: &str) -> Result<Vec<String>, Vec<String>> {
    if wanted == 0 || wanted > MAX {
        return Err(vec![format!("Between 1 and {MAX} serial numbers can be made at once")]);
    }
    let mut found: Vec<String> = Vec::new();
    let mut errors = Vec::new();
    let mut free = next.to_owned();
    let groups = text.split(|c: char| matches!(c, ',' | ';') || c.is_whitespace()).filter(|group| !group.is_empty());
    for group in groups {
        if errors.len() >= 10 || found.len() > wanted {
            break;
        }
        if group.chars().count() > MAX_LENGTH {
            errors.push("Serial number is too long".to_owned());
            continue;
        }
        let mut placed = group.to_owned();
        while placed.contains('~') && placed.len() < 2 * MAX_LENGTH {
            placed = placed.replacen('~', &free, 1);
            free = after(&free);
        }
        let left = wanted.saturating_sub(found.len());
        match expand(&placed, left) {
            Ok(serials) => found.extend(serials),
            Err(Wrong::Group) => errors.push(format!("Invalid group: {group}")),
            Err(Wrong::Long) => errors.push(format!("Group {group} exceeds allowed quantity ({wanted})")),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for serial in &found {
        if !seen.insert(serial.as_str()) && errors.len() < 10 {
            errors.push(format!("Duplicate serial: {serial}"));
        }
    }
    if errors.is_empty() && found.is_empty() {
        errors.push("Empty serial number string".to_owned());
    }
    if errors.is_empty() && found.len() != wanted {
        errors.push(format!("Number of unique serial numbers ({}) must match quantity ({wanted})", found.len()));
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

enum Wrong {
    Group,
    Long,
}

/// One group: a serial number, `a-b`, `a+` or `a+n`. `left` is how many may still come, and bounds the work.
fn expand(group: &str, left: usize) -> Result<Vec<String>, Wrong> {
    if let Some((first, more)) = group.split_once('+') {
        if first.is_empty() || more.contains('+') {
            return Err(Wrong::Group);
        }
        let count = if more.is_empty() {
            left
        } else {
            let more: usize = more.parse().map_err(|_| Wrong::Group)?;
            more.saturating_add(1)
        };
        return run(first, count, left);
    }
    let ends = group.split_once('-').filter(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('-'));
    if let Some((first, last)) = ends
        && let (Some((prefix, from, _)), Some((other, to, _))) = (split(first), split(last))
        && (prefix == other || other.is_empty())
    {
        if to <= from {
            return Err(Wrong::Group);
        }
        return run(first, usize::try_from(to - from).unwrap_or(usize::MAX).saturating_add(1), left);
    }
    // `ABC-123-2020` is a serial number with hyphens.
    Ok(vec![group.to_owned()])
}

fn run(first: &str, count: usize, left: usize) -> Result<Vec<String>, Wrong> {
    if count > left {
        return Err(Wrong::Long);
    }
    Ok(std::iter::successors(Some(first.to_owned()), |serial| Some(after(serial))).take(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str, wanted: usize) -> Vec<String> {
        parse(text, wanted, "42").unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
    }

    #[test]
    fn every_form_of_the_grammar_is_read() {
        for (text, expected) in [
            ("1,2;3 4\n5", vec!["1", "2", "3", "4", "5"]),
            ("1-4", vec!["1", "2", "3", "4"]),
            ("A008-A010", vec!["A008", "A009", "A010"]),
            ("A8-10", vec!["A8", "A9", "A10"]),
            ("7+2", vec!["7", "8", "9"]),
            ("7+0", vec!["7"]),
            ("~", vec!["42"]),
            ("~ ~", vec!["42", "43"]),
            ("~+1", vec!["42", "43"]),
            ("ABC-123-2020", vec!["ABC-123-2020"]),
            ("SN-X", vec!["SN-X"]),
        ] {
            assert_eq!(ok(text, expected.len()), expected, "{text}");
        }
        assert_eq!(ok("5+", 3), ["5", "6", "7"]);
        assert_eq!(ok("1, 5+", 3), ["1", "5", "6"]);
    }

    #[test]
    fn what_is_too_much_is_refused_without_being_made() {
        for text in ["1-999999999", "1-99999999999999999999999", "1+999999999", "1+18446744073709551615"] {
            assert!(parse(text, 10, "1").is_err(), "{text}");
        }
        assert!(parse("1+", MAX + 1, "1").is_err());
        assert!(parse(&"~".repeat(100_000), 3, "1").is_err());
        assert!(parse(&"1 ".repeat(100_000), 3, "1").is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text, wanted| parse(text, wanted, "1").unwrap_err();
        assert_eq!(error("", 1), ["Empty serial number string"]);
        assert_eq!(error("1,1", 2), ["Duplicate serial: 1"]);
        assert_eq!(error("1,2", 3), ["Number of unique serial numbers (2) must match quantity (3)"]);
        assert_eq!(error("5-3", 3), ["Invalid group: 5-3"]);
        assert_eq!(error("1-5", 3), ["Group 1-5 exceeds allowed quantity (3)"]);
        assert_eq!(error("+5", 3), ["Invalid group: +5"]);
    }

    #[test]
    fn the_number_is_that_at_the_start_or_else_at_the_end() {
        for (text, expected) in
            [("123", 123), ("12A34", 12), ("A34", 34), ("ABC", 0), ("99999999999999999999", i64::from(i32::MAX))]
        {
            assert_eq!(number(text), expected, "{text}");
        }
        assert_eq!((after("9"), after("A009"), after("A")), ("10".into(), "A010".into(), "A1".into()));
    }
}
