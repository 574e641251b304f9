//! What a new password must be: long enough, not guessable from the account, not one that everybody tries first.

use crate::{config, password::MAX_BYTES};

/// Whose password it will be.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The username.
    pub username: &'a str,
    /// The email address, or empty.
    pub email: &'a str,
    /// The given name, or empty.
    pub first_name: &'a str,
    /// The family name, or empty.
    pub last_name: &'a str,
}

/// What speaks against a password, in words for the person who chose it; nothing if it will do.
pub fn problems(config: &config::Password, password: &str, about: About<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    if password.len() > MAX_BYTES {
        problems.push(format!("This password is too long. It must be at most {MAX_BYTES} bytes long."));
        return problems;
    }
    let (lower, length) = (password.to_lowercase(), password.chars().count());
    if let Some(name) = similar(&lower, about) {
        problems.push(format!("The password is too similar to the {name}."));
    }
    if length < config.min_length {
        let least = config.min_length;
        problems.push(format!("This password is too short. It must contain at least {least} characters."));
    }
    if is_common(&lower) {
        problems.push("This password is too common.".into());
    }
    if length > 0 && password.chars().all(char::is_numeric) {
        problems.push("This password is entirely numeric.".into());
    }
    problems
}

/// The part of the account that makes up most of the password.
fn similar(lower: &str, about: About<'_>) -> Option<&'static str> {
    let mailbox = about.email.split('@').next().unwrap_or_default();
    [
        (about.username, "username"),
        (mailbox, "email address"),
        (about.email, "email address"),
        (about.first_name, "first name"),
        (about.last_name, "last name"),
    ]
    .into_iter()
    .find(|(value, _)| {
        let value = value.to_lowercase();
        // What the name leaves over must be worth something by itself.
        value.chars().count() >= 3
            && lower.contains(&value)
            && lower.chars().count() < value.chars().count().saturating_mul(2)
    })
    .map(|(_, name)| name)
}

/// Passwords of ten characters and more that are on every list, and their like: one word that is known, digits around it;
/// a run along the keyboard; a short pattern that repeats.
fn is_common(lower: &str) -> bool {
    const WORDS: [&str; 22] = [
        "password",
        "passwort",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "qwerty",
        "qwertz",
        "azerty",
        "iloveyou",
        "letmein",
        "welcome",
        "administrator",
        "admin",
        "inventree",
        "stockade",
        "changeme",
        "superuser",
        "football",
        "baseball",
        "princess",
        "sunshine",
        "trustno",
    ];
    const RUNS: [&str; 6] = [
        "01234567890123456789",
        "09876543210987654321",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    ];
    let core = lower.trim_matches(|c: char| !c.is_alphabetic() && c != '@');
    let inner = lower.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let repeats = |width: usize| {
        let chars: Vec<char> = lower.chars().collect();
        let unit: Vec<char> = chars.iter().copied().take(width).collect();
        chars.len() > width * 2 && chars.chunks(width).all(|chunk| unit.starts_with(chunk))
    };
    WORDS.contains(&core)
        || WORDS.contains(&inner)
        || (lower.len() >= 6 && RUNS.iter().any(|run| run.contains(lower)))
        || (1..=3).any(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Vec<String> {
        let about = About { username: "engineer", email: "eddie.smithson@example.com", ..About::default() };
        problems(&config::Password::default(), password, about)
    }

    #[test]
    fn a_good_password_passes() {
        for good in ["correct horse battery", "Tr0ub4dor&3-x", "engineer-of-small-things", "ünïcödé-pässwörd"] {
            assert_eq!(verdict(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_guessable_one_is_told_what_is_wrong() {
        for (bad, word) in [
            ("short", "short"),
            ("", "short"),
            ("Engineer123", "similar"),
            ("eddie.smithson1", "similar"),
            ("password123!", "common"),
            ("1234567890", "common"),
            ("aaaaaaaaaaaa", "common"),
            ("abcabcabcabc", "common"),
            ("qwertyuiop", "common"),
            ("839201746582", "numeric"),
            (&"x1".repeat(300), "long"),
        ] {
            assert!(verdict(bad).iter().any(|text| text.contains(word)), "{bad}: {:?}", verdict(bad));
        }
    }
}
