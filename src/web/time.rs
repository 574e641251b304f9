//! Times as pages show them.

use crate::clock::{Timestamp, datetime};

/// `2026-07-01 09:30 UTC`.
pub fn date_time(at: Timestamp) -> String {
    datetime(at).format("%Y-%m-%d %H:%M UTC").to_string()
}

/// The value of a `datetime` attribute.
pub fn iso(at: Timestamp) -> String {
    datetime(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// How long ago, in the largest unit that fits: `just now`, `5 minutes ago`, `yesterday`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.saturating_sub(at).max(0);
    let many = |n: i64, unit: &str| format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" });
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => many(seconds / 60, "minute"),
        3600..86_400 => many(seconds / 3600, "hour"),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..2_592_000 => many(seconds / 86_400, "day"),
        2_592_000..31_536_000 => many(seconds / 2_592_000, "month"),
        _ => many(seconds / 31_536_000, "year"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_in_the_largest_unit_that_fits() {
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7200, "2 hours ago"),
            (90_000, "yesterday"),
            (5 * 86_400, "5 days ago"),
            (70 * 86_400, "2 months ago"),
            (800 * 86_400, "2 years ago"),
            (-5, "just now"),
        ] {
            assert_eq!(ago(1_000_000_000 - seconds, 1_000_000_000), text);
        }
        assert_eq!(date_time(0), "1970-01-01 00:00 UTC");
    }
}
