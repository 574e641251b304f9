//! Settings: what an administrator chooses for everybody, and a person for themselves, under `InvenTree`'s keys.
//!
//! The tables of keys are [`global::ALL`] and [`user::ALL`]; the database holds only what differs from the default. Where
//! Stockade does one thing only, the setting is *fixed*: clients can read what the server does, nobody can pretend to
//! change it. Secrets are configuration, never settings.

pub mod global;
pub mod user;

use std::collections::HashMap;

use entities::common::{setting, user_setting};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, prelude::*, sea_query::OnConflict};

use crate::ctx::Ctx;

/// A setting: what it is called, what it may be, and what it is by default.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key by which clients ask.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Its default, as stored.
    pub default: &'static str,
    /// The unit of its value, or empty.
    pub units: &'static str,
    /// Whether it only tells what the server does.
    pub is_fixed: bool,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`, stored as `True` and `False` as `InvenTree`'s exports spell them.
    Boolean,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A text of at most so many characters.
    Text(usize),
    /// A regular expression, or nothing.
    Pattern,
    /// A Jinja template about a part.
    Template,
    /// One of these, with what people read.
    Choice(&'static [(&'static str, &'static str)]),
    /// One of these numbers, with what people read.
    Numbered(&'static [(i64, &'static str)]),
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}

impl Value {
    /// As a yes or no.
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    /// As a text.
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// As stored.
    fn spell(&self) -> String {
        match self {
            Self::Boolean(true) => "True".into(),
            Self::Boolean(false) => "False".into(),
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Setting {
    /// The value of a stored text; one that does not fit (an import, an older version) is the default.
    fn value(&self, stored: Option<&str>) -> Value {
        stored.and_then(|text| self.parse(text).ok()).or_else(|| self.parse(self.default).ok()).unwrap_or_else(|| {
            // Unreachable: `every_default_fits` tests it.
            Value::Text(self.default.to_owned())
        })
    }

    /// Reads a value as people and clients write it; otherwise says in words what is wrong.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Kind::Boolean => match text.trim().to_lowercase().as_str() {
                "true" | "1" | "yes" | "on" | "t" | "y" => Ok(Value::Boolean(true)),
                "false" | "0" | "no" | "off" | "f" | "n" => Ok(Value::Boolean(false)),
                _ => Err("Must be a valid boolean.".into()),
            },
            Kind::Integer(least, most) => {
                let number = text.trim().parse().map_err(|_| "A valid integer is required.".to_owned())?;
                if number < least {
                    return Err(format!("Ensure this value is greater than or equal to {least}."));
                }
                if number > most {
                    return Err(format!("Ensure this value is less than or equal to {most}."));
                }
                Ok(Value::Integer(number))
            }
            Kind::Text(most) => {
                if text.chars().any(char::is_control) {
                    return Err("Control characters are not allowed.".into());
                }
                if text.chars().count() > most {
                    return Err(format!("Ensure this field has no more than {most} characters."));
                }
                Ok(Value::Text(text.to_owned()))
            }
            Kind::Pattern => {
                regex::RegexBuilder::new(text)
                    .size_limit(512 * 1024)
                    .build()
                    .map_err(|_| "Not a valid regular expression.".to_owned())?;
                Ok(Value::Text(text.to_owned()))
            }
            Kind::Template => {
                if text.chars().count() > 500 || minijinja::Environment::new().template_from_str(text).is_err() {
                    return Err("Not a valid template.".into());
                }
                Ok(Value::Text(text.to_owned()))
            }
            Kind::Choice(choices) => match choices.iter().find(|(value, _)| *value == text) {
                Some(_) => Ok(Value::Text(text.to_owned())),
                None => Err(no_choice(text)),
            },
            Kind::Numbered(choices) => match text.trim().parse() {
                Ok(number) if choices.iter().any(|(value, _)| *value == number) => Ok(Value::Integer(number)),
                _ => Err(no_choice(text)),
            },
        }
    }

    /// What clients call the type of its value.
    pub const fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Boolean => "boolean",
            Kind::Integer(..) | Kind::Numbered(_) => "integer",
            Kind::Text(_) | Kind::Pattern | Kind::Template | Kind::Choice(_) => "string",
        }
    }
}

fn no_choice(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    format!("\"{shown}\" is not a valid choice.")
}

/// All global settings with their values, in order: one statement.
pub async fn globals(db: &impl ConnectionTrait) -> Result<Vec<(&'static Setting, Value)>, DbErr> {
    let stored = setting::Entity::find().all(db).await?;
    let stored: HashMap<String, String> = stored.into_iter().map(|row| (row.key, row.value)).collect();
    Ok(global::ALL.iter().map(|setting| (setting, valued(setting, stored.get(setting.key)))).collect())
}

/// One global setting's value; none if there is no such setting.
pub async fn global(db: &impl ConnectionTrait, key: &str) -> Result<Option<(&'static Setting, Value)>, DbErr> {
    let Some(found) = global::ALL.iter().find(|setting| setting.key == key) else { return Ok(None) };
    if found.is_fixed {
        return Ok(Some((found, valued(found, None))));
    }
    let stored = setting::Entity::find_by_id(key).one(db).await?;
    Ok(Some((found, valued(found, stored.map(|row| row.value).as_ref()))))
}

/// One global setting's value as it was at most a second ago, however often it is asked; for what every list needs.
pub async fn current(ctx: &Ctx, key: &'static str) -> Result<Option<Value>, DbErr> {
    let Some(setting) = global::ALL.iter().find(|setting| setting.key == key) else { return Ok(None) };
    let stamp = ctx.stamp();
    if let Some((read, stored)) = ctx.settings.get(key)
        && read == stamp
    {
        return Ok(Some(valued(setting, stored.as_ref())));
    }
    let stored = setting::Entity::find_by_id(key).one(ctx.db.reader()).await?.map(|row| row.value);
    ctx.settings.insert(key, (stamp, stored.clone()));
    Ok(Some(valued(setting, stored.as_ref())))
}

/// Whether a global setting is on.
pub async fn is_on(db: &impl ConnectionTrait, key: &str) -> Result<bool, DbErr> {
    Ok(global(db, key).await?.is_some_and(|(_, value)| value == Value::Boolean(true)))
}

/// The text of a global setting.
pub async fn text_of(db: &impl ConnectionTrait, key: &str) -> Result<String, DbErr> {
    Ok(global(db, key).await?.map(|(_, value)| value.text().to_owned()).unwrap_or_default())
}

fn valued(setting: &Setting, stored: Option<&String>) -> Value {
    setting.value(stored.filter(|_| !setting.is_fixed).map(String::as_str))
}

/// A person's settings with their values, in order: one statement.
pub async fn of_user(db: &impl ConnectionTrait, user_id: i32) -> Result<Vec<(&'static Setting, Value)>, DbErr> {
    let stored = user_setting::Entity::find().filter(user_setting::Column::UserId.eq(user_id)).all(db).await?;
    let stored: HashMap<String, String> = stored.into_iter().map(|row| (row.key, row.value)).collect();
    Ok(user::ALL.iter().map(|setting| (setting, valued(setting, stored.get(setting.key)))).collect())
}

/// One of a person's settings; none if there is no such setting.
pub async fn one_of_user(
    db: &impl ConnectionTrait,
    user_id: i32,
    key: &str,
) -> Result<Option<(&'static Setting, Value)>, DbErr> {
    let Some(found) = user::ALL.iter().find(|setting| setting.key == key) else { return Ok(None) };
    let stored = user_setting::Entity::find_by_id((user_id, key.to_owned())).one(db).await?;
    Ok(Some((found, valued(found, stored.map(|row| row.value).as_ref()))))
}

/// Stores a global setting. Whether the caller may, and whether it is fixed, the caller has checked.
pub async fn set_global(ctx: &Ctx, setting: &Setting, value: &Value) -> Result<(), DbErr> {
    let (key, value, updated) = (setting.key.to_owned(), value.spell(), ctx.clock.now());
    let row = setting::ActiveModel { key: Set(key), value: Set(value), updated: Set(updated) };
    let replace = OnConflict::column(setting::Column::Key)
        .update_columns([setting::Column::Value, setting::Column::Updated])
        .to_owned();
    ctx.db
        .write(|tx| async move {
            setting::Entity::insert(row).on_conflict(replace).exec_without_returning(&*tx).await.map(drop)
        })
        .await
}

/// Stores a setting of a person.
pub async fn set_of_user(ctx: &Ctx, user_id: i32, setting: &Setting, value: &Value) -> Result<(), DbErr> {
    let row = user_setting::ActiveModel {
        user_id: Set(user_id),
        key: Set(setting.key.to_owned()),
        value: Set(value.spell()),
        updated: Set(ctx.clock.now()),
    };
    let replace = OnConflict::columns([user_setting::Column::UserId, user_setting::Column::Key])
        .update_columns([user_setting::Column::Value, user_setting::Column::Updated])
        .to_owned();
    ctx.db
        .write(|tx| async move {
            user_setting::Entity::insert(row).on_conflict(replace).exec_without_returning(&*tx).await.map(drop)
        })
        .await
}

/// What this installation is called: the setting, or else the configuration.
pub async fn instance(ctx: &Ctx) -> Result<String, DbErr> {
    let stored = setting::Entity::find_by_id(global::INSTANCE).one(ctx.db.reader()).await?;
    Ok(stored.map(|row| row.value).filter(|name| !name.is_empty()).unwrap_or_else(|| ctx.config.instance.clone()))
}

const fn on(key: &'static str, name: &'static str, description: &'static str) -> Setting {
    Setting { key, name, description, kind: Kind::Boolean, default: "True", units: "", is_fixed: false }
}

const fn off(key: &'static str, name: &'static str, description: &'static str) -> Setting {
    Setting { default: "False", ..on(key, name, description) }
}

const fn text(key: &'static str, name: &'static str, description: &'static str, default: &'static str) -> Setting {
    Setting { kind: Kind::Text(500), default, ..on(key, name, description) }
}

impl Setting {
    const fn of(self, kind: Kind, default: &'static str) -> Self {
        Self { kind, default, ..self }
    }

    const fn in_units(self, units: &'static str) -> Self {
        Self { units, ..self }
    }

    const fn fixed(self) -> Self {
        Self { is_fixed: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Setting> {
        global::ALL.iter().chain(user::ALL)
    }

    #[test]
    fn every_default_fits_and_survives_being_stored() {
        for setting in all() {
            let value = setting.parse(setting.default).unwrap_or_else(|error| panic!("{}: {error}", setting.key));
            assert_eq!(value.spell(), setting.default, "{}", setting.key);
            assert!(!setting.name.is_empty() && setting.description.ends_with('.'), "{}", setting.key);
        }
    }

    #[test]
    fn every_key_is_listed_once() {
        for list in [global::ALL, user::ALL] {
            let mut keys: Vec<_> = list.iter().map(|setting| setting.key).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), list.len());
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        let week = global::ALL.iter().find(|setting| setting.key == "WEEK_STARTS_ON").unwrap();
        assert_eq!(week.parse("6"), Ok(Value::Integer(6)));
        assert_eq!(week.parse("7"), Err("\"7\" is not a valid choice.".into()));
        let places = global::ALL.iter().find(|setting| setting.key == "PRICING_DECIMAL_PLACES").unwrap();
        for bad in ["", "x", "-1", "7", "1.5", "99999999999999999999"] {
            assert!(places.parse(bad).is_err(), "{bad}");
        }
        assert!(on("A", "A", "A.").parse("perhaps").is_err());
        assert!(text("A", "A", "A.", "").parse("a\nb").is_err());
        assert!(text("A", "A", "A.", "").parse(&"x".repeat(501)).is_err());
    }
}
