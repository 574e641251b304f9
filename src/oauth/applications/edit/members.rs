//! The members of a registration that are not columns, on the form: a feature declares its own here, by section, and
//! that is all. What stands in a field comes from the metadata's JSON, and what was typed goes back into it; the rules
//! are the metadata's own (see [`crate::oauth::application::Metadata`]).

mod about;
mod authorization;
mod client;
mod tokens;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    oauth::application::Metadata,
    web::{
        Fault,
        form::{Errors, Form},
    },
};

/// Some members under one heading: folded away, unless one of them is wrong or not what every application begins with.
pub(super) struct Section {
    /// The id of the fieldset.
    pub(super) id: &'static str,
    /// The heading.
    pub(super) title: &'static str,
    /// What it is about, in a sentence or two.
    pub(super) lead: &'static str,
    /// In their order.
    pub(super) fields: &'static [Field],
}

/// One member.
pub(super) struct Field {
    /// As it is registered.
    pub(super) name: &'static str,
    /// What a person calls it.
    pub(super) label: &'static str,
    /// What it does, and when to touch it.
    pub(super) help: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
}

/// What a field takes, and how its JSON looks. Blank is absent.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// One line: a string.
    Line,
    /// One a line: an array of strings.
    Lines,
    /// A whole number.
    Number,
    /// Any JSON, such as a key set.
    Json,
    /// A box: true or false.
    Tick,
    /// A word of a list, each with what a person calls it; the first is the default and blank.
    Choice(fn() -> Vec<(&'static str, &'static str)>),
    /// Boxes for words of a list: an array of strings.
    Words(fn() -> Vec<(&'static str, &'static str)>),
}

/// Every section, in the order of the form.
pub(super) const SECTIONS: &[Section] = &[
    client::AUTHENTICATION,
    client::BINDING,
    authorization::SECTION,
    tokens::TOKENS,
    tokens::RESOURCE_SERVER,
    tokens::EXCHANGE,
    tokens::CIBA,
    about::SUBJECT,
    about::LOGOUT,
    about::ABOUT,
];

/// Every field of every section.
pub(super) fn fields() -> impl Iterator<Item = &'static Field> {
    SECTIONS.iter().flat_map(|section| section.fields)
}

/// What stands in the fields, as text: what was typed, or what is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Of what is stored.
    pub(super) fn of(metadata: &Metadata) -> Self {
        let object = object(metadata);
        Self(fields().map(|field| (field.name, field.kind.text(object.get(field.name)))).collect())
    }

    /// What stands in a field.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a word stands in a field of words.
    pub(super) fn has(&self, name: &str, word: &str) -> bool {
        self.get(name).lines().any(|known| known == word)
    }

    /// Whether a section says something that not every application begins with.
    pub(super) fn is_special(&self, section: &Section) -> bool {
        let usual = Self::of(&Metadata::default());
        section.fields.iter().any(|field| self.get(field.name) != usual.get(field.name))
    }

    /// The names of the fields in which another differs.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'static Field, &'a str)> {
        fields().map(|field| (field, other.get(field.name))).filter(|(field, theirs)| self.get(field.name) != *theirs)
    }
}

impl Field {
    /// The id of its control.
    pub(super) fn id(&self) -> String {
        format!("id_{}", self.name)
    }

    /// The id of the box of a word, which may be of several (`code id_token`).
    pub(super) fn word_id(&self, word: &str) -> String {
        format!("id_{}_{}", self.name, word.replace(' ', "-"))
    }
}

/// What an application registered beyond what every application begins with, for its page: by heading, what each is
/// called and what it holds.
pub(in crate::oauth::applications) fn described(
    metadata: &Metadata,
) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let (values, usual) = (Values::of(metadata), Values::of(&Metadata::default()));
    let told = |field: &'static Field| {
        let text = values.get(field.name);
        (text != usual.get(field.name)).then(|| (field.label, field.kind.told(text)))
    };
    let sections = SECTIONS.iter().map(|section| (section.title, section.fields.iter().filter_map(told).collect()));
    sections.filter(|(_, fields): &(_, Vec<_>)| !fields.is_empty()).collect()
}

impl Kind {
    /// A value as a person reads it.
    fn told(self, text: &str) -> String {
        match self {
            Self::Tick if text.is_empty() => "No".to_owned(),
            Self::Tick => "Yes".to_owned(),
            Self::Choice(options) => {
                let label = options().into_iter().find(|(word, _)| *word == text).map(|(_, label)| label.to_owned());
                label.unwrap_or_else(|| text.to_owned())
            }
            _ => text.to_owned(),
        }
    }

    /// The JSON of a member, as it is typed.
    fn text(self, value: Option<&Value>) -> String {
        match (self, value) {
            (_, None | Some(Value::Null)) => String::new(),
            (Self::Words(_) | Self::Lines, Some(Value::Array(lines))) => join(lines, "\n"),
            (Self::Json, Some(value)) => serde_json::to_string_pretty(value).unwrap_or_default(),
            (Self::Tick, Some(value)) => if value == &Value::Bool(true) { "on" } else { "" }.to_owned(),
            (_, Some(Value::String(text))) => text.clone(),
            (_, Some(value)) => value.to_string(),
        }
    }

    /// What was typed, as the JSON of a member; none where it is absent.
    fn value(self, text: &str) -> Result<Option<Value>, &'static str> {
        let text = text.trim();
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from);
        Ok(match self {
            Self::Tick => Some(Value::Bool(!text.is_empty())),
            _ if text.is_empty() => None,
            Self::Line | Self::Choice(_) => Some(Value::from(text)),
            Self::Lines | Self::Words(_) => Some(Value::from(lines().collect::<Vec<_>>())),
            Self::Number => Some(Value::from(text.parse::<u32>().map_err(|_| "Give a whole number.")?)),
            Self::Json => Some(serde_json::from_str(text).map_err(|_| "This is no JSON.")?),
        })
    }
}

fn join(values: &[Value], separator: &str) -> String {
    values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(separator)
}

fn object(metadata: &Metadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Reads the fields of a form over what was there before, which keeps every member that no field shows.
pub(super) fn read(form: &Form, before: &Metadata) -> Result<(Metadata, Values, Errors), Fault> {
    let mut object = object(before);
    let (mut values, mut errors) = (Values::default(), Errors::default());
    for field in fields() {
        let text = match field.kind {
            Kind::Words(_) => form.all(field.name).collect::<Vec<_>>().join("\n"),
            // Browsers send lines with CR LF.
            _ => form.text(field.name)?.replace("\r\n", "\n"),
        };
        match field.kind.value(&text) {
            Ok(value) if fits(field.name, value.as_ref()) => {
                match value {
                    Some(value) => object.insert(field.name.to_owned(), value),
                    None => object.remove(field.name),
                };
            }
            Ok(_) => errors.add(field.name, "This value is not one that can be stored here."),
            Err(message) => errors.add(field.name, message),
        }
        values.0.insert(field.name, text);
    }
    // Each member fits, so all of them do.
    let metadata = serde_json::from_value(Value::Object(object)).unwrap_or_else(|_| before.clone());
    Ok((metadata, values, errors))
}

/// Whether the type of a member takes a value.
fn fits(name: &str, value: Option<&Value>) -> bool {
    let alone = value.map(|value| (name.to_owned(), value.clone()));
    serde_json::from_value::<Metadata>(Value::Object(alone.into_iter().collect())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_a_member_and_stands_once() {
        let mut seen = Vec::new();
        for field in fields() {
            assert!(!seen.contains(&field.name), "{} stands twice", field.name);
            seen.push(field.name);
            let sample = match field.kind {
                Kind::Line | Kind::Choice(_) | Kind::Json => None,
                Kind::Lines | Kind::Words(_) => Some(Value::from(Vec::<String>::new())),
                Kind::Number => Some(Value::from(1)),
                Kind::Tick => Some(Value::from(true)),
            };
            assert!(fits(field.name, sample.as_ref()), "{} does not take its kind", field.name);
        }
    }

    #[test]
    fn what_is_stored_comes_back_as_it_was() {
        let kinds = [
            (Kind::Line, Value::from("a b")),
            (Kind::Lines, serde_json::json!(["a", "b"])),
            (Kind::Number, Value::from(5)),
            (Kind::Json, serde_json::json!({"keys": []})),
            (Kind::Tick, Value::from(true)),
        ];
        for (kind, value) in kinds {
            assert_eq!(kind.value(&kind.text(Some(&value))), Ok(Some(value)));
        }
        assert_eq!(Kind::Line.value(" "), Ok(None));
        assert_eq!(Kind::Tick.value(""), Ok(Some(Value::from(false))));
        assert!(Kind::Number.value("x").is_err() && Kind::Json.value("{").is_err());
    }
}
