//! How spans of time and scopes read on pages.

use crate::scope::{Action, Role, Scope, Scopes};

/// The largest whole unit of a time: `45 seconds`, `3 days`.
pub fn roughly(seconds: i64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "second"));
    plural(seconds / unit, name)
}

/// An exact time: `1 hour`, `90 days`, `1 hour 30 minutes`.
pub fn duration(seconds: i64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, name) in [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
        if rest >= unit {
            parts.push(plural(rest / unit, name));
            rest %= unit;
        }
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

fn plural(n: i64, name: &str) -> String {
    if n == 1 { format!("1 {name}") } else { format!("{n} {name}s") }
}

/// One thing that a set of scopes allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// In words.
    pub text: String,
    /// As scopes.
    pub scopes: String,
    /// Whether it gives more than reading.
    pub is_sensitive: bool,
}

/// A set of scopes in words, the actions on one role in one line.
pub fn lines(scopes: &Scopes) -> Vec<Line> {
    let plain = scopes.iter().filter(|scope| !matches!(scope, Scope::Role(..)));
    let mut lines: Vec<Line> = plain
        .map(|scope| Line { text: scope.describe(), scopes: scope.to_string(), is_sensitive: scope.is_sensitive() })
        .collect();
    let everything = Role::ALL.iter().all(|role| actions(scopes, *role).len() == Action::ALL.len());
    if everything {
        lines.push(Line {
            text: "View, create, change and delete everything in the inventory".to_owned(),
            scopes: "every r: scope".to_owned(),
            is_sensitive: true,
        });
        return lines;
    }
    for role in Role::ALL {
        let actions = actions(scopes, role);
        if let Some(verbs) = sentence(&actions) {
            let words: Vec<String> = actions.iter().map(|action| Scope::Role(*action, role).to_string()).collect();
            lines.push(Line {
                text: format!("{verbs} {}", role.label()),
                scopes: words.join(" "),
                is_sensitive: actions.iter().any(|action| *action != Action::View),
            });
        }
    }
    lines
}

fn actions(scopes: &Scopes, role: Role) -> Vec<Action> {
    Action::ALL.into_iter().filter(|action| scopes.contains(Scope::Role(*action, role))).collect()
}

/// What an action is called on a button or in a heading.
pub const fn verb(action: Action) -> &'static str {
    match action {
        Action::View => "View",
        Action::Add => "Create",
        Action::Change => "Change",
        Action::Delete => "Delete",
    }
}

fn sentence(actions: &[Action]) -> Option<String> {
    let words: Vec<&str> = actions.iter().map(|action| verb(*action)).collect();
    let text = match words.split_last()? {
        (last, []) => (*last).to_owned(),
        (last, rest) => format!("{} and {last}", rest.join(", ")),
    };
    // Only the first word keeps its capital.
    let (first, rest) = text.split_at_checked(1)?;
    Some(format!("{first}{}", rest.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_read_as_people_say_them() {
        assert_eq!(roughly(10 * 86_400 + 5), "10 days");
        assert_eq!(roughly(61), "1 minute");
        assert_eq!(duration(3600), "1 hour");
        assert_eq!(duration(5400), "1 hour 30 minutes");
        assert_eq!(duration(0), "0 seconds");
    }

    #[test]
    fn the_actions_on_a_role_are_one_line() {
        let text = |scope: &str| lines(&Scopes::parse(scope).unwrap()).into_iter().map(|l| l.text).collect::<Vec<_>>();
        assert_eq!(text("r:view:part"), ["View parts"]);
        assert_eq!(text("r:view:part r:delete:part"), ["View and delete parts"]);
        let all = "r:view:part r:add:part r:change:part r:delete:part";
        assert_eq!(text(all), ["View, create, change and delete parts"]);
        assert_eq!(lines(&Scopes::all()).len(), 10, "nine plain scopes and the whole inventory");
    }
}
