//! The code that a person reads on one screen and types on another (RFC 8628 section 6.1).

use crate::clock::Rng;

/// "Consider the character set "BCDFGHJKLMNPQRSTVWXZ" ... which excludes vowels to avoid randomly creating words". Eight of
/// twenty letters are 34.5 bits, which the limiter makes many enough (section 5.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How many letters.
const LENGTH: usize = 8;

/// A new code.
pub(super) fn generate(rng: Rng) -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        // 240 is the largest multiple of 20 in a byte: what is above would make some letters likelier.
        let letters = rng.bytes::<16>().into_iter().filter(|byte| *byte < 240);
        let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
        code.extend(letters.take(LENGTH - code.len()).map(|byte| char::from(*byte)));
    }
    code
}

/// What was typed, as it is stored: "the server should ignore any characters ... that are not in the user code character
/// set" goes too far for a typing error to be noticed, so only case, dashes and spaces do not matter.
pub(super) fn normalised(typed: &str) -> Option<String> {
    // Nobody types that much.
    if typed.len() > 64 {
        return None;
    }
    let dashes = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '_' | '.');
    let code: String = typed.chars().filter(|c| !dashes(c)).map(|c| c.to_ascii_uppercase()).collect();
    let good = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    good.then_some(code)
}

/// As it is shown: `WDJB-MJHT`.
pub(super) fn shown(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((left, right)) => format!("{left}-{right}"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_eight_letters_without_vowels_and_never_the_same() {
        let codes: std::collections::HashSet<String> = (0..1000).map(|_| generate(Rng)).collect();
        assert_eq!(codes.len(), 1000);
        for code in &codes {
            assert_eq!(code.len(), 8);
            assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)), "{code}");
        }
        for letter in ALPHABET {
            assert!(codes.iter().any(|code| code.as_bytes().contains(letter)), "{letter} never comes");
        }
    }

    #[test]
    fn case_dashes_and_spaces_do_not_matter_and_everything_else_does() {
        for typed in ["WDJBMJHT", "WDJB-MJHT", "wdjb mjht", " w d j b - m j h t ", "WDJB\u{2013}MJHT", "wdjb_mjht"] {
            assert_eq!(normalised(typed).as_deref(), Some("WDJBMJHT"), "{typed}");
        }
        for typed in
            ["", "WDJBMJH", "WDJBMJHTT", "WDJBMJHA", "WDJBMJH1", "WDJB/MJHT", "\u{17f}WDJBMJH", &"W".repeat(99)]
        {
            assert_eq!(normalised(typed), None, "{typed}");
        }
        assert_eq!(shown("WDJBMJHT"), "WDJB-MJHT");
    }
}
