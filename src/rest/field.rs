//! The types of a resource's fields: each carries its schema, from which come validation, `OPTIONS` and the document.

use std::{borrow::Cow, fmt, marker::PhantomData};

use super::registry::{MetaExternalDocument, MetaSchema, MetaSchemaRef, Registry};
use entities::exact::{Exact, Money};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use sea_orm::{ActiveValue, IntoActiveValue, sea_query};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::clock::{Timestamp, datetime};

/// How a field's value is kept in the database.
pub trait Stored {
    /// The column's type.
    type Column: Into<sea_query::Value>;

    /// The column's value.
    fn stored(self) -> Self::Column;
}

macro_rules! stored_as_is {
    ($($ty:ty),*) => { $(impl Stored for $ty {
        type Column = Self;

        fn stored(self) -> Self {
            self
        }
    })* };
}
stored_as_is!(String, bool, i32, i64, chrono::NaiveDate);

impl<T: Stored> Stored for Option<T>
where
    Option<T::Column>: Into<sea_query::Value>,
{
    type Column = Option<T::Column>;

    fn stored(self) -> Option<T::Column> {
        self.map(T::stored)
    }
}

/// A field that a client must send to make an object.
#[derive(Debug, Clone, Default)]
pub struct Required<T>(pub Option<T>);

/// A field that a client may leave out. `Given<Option<T>>` is nullable, so that absent, null and a value all differ.
#[derive(Debug, Clone, Default)]
pub struct Given<T>(pub Option<T>);

macro_rules! presence {
    ($name:ident, $required:literal) => {
        impl<T: Type> Type for $name<T> {
            const IS_REQUIRED: bool = $required;
            type RawValueType = T::RawValueType;
            type RawElementValueType = T::RawElementValueType;

            fn name() -> Cow<'static, str> {
                T::name()
            }

            /// poem-openapi never says `nullable` by itself.
            fn schema_ref() -> MetaSchemaRef {
                if T::IS_REQUIRED {
                    return T::schema_ref();
                }
                T::schema_ref().merge(MetaSchema { nullable: true, ..MetaSchema::ANY })
            }

            fn register(registry: &mut Registry) {
                T::register(registry);
            }

            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                self.0.as_ref().and_then(T::as_raw_value)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
                match &self.0 {
                    Some(value) => value.raw_element_iter(),
                    None => Box::new(std::iter::empty()),
                }
            }
        }

        impl<T: ParseFromJSON> ParseFromJSON for $name<T> {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value {
                    None => Ok(Self(None)),
                    given => T::parse_from_json(given).map(|v| Self(Some(v))).map_err(ParseError::propagate),
                }
            }
        }

        impl<T: ToJSON> ToJSON for $name<T> {
            fn to_json(&self) -> Option<Value> {
                self.0.as_ref().and_then(T::to_json)
            }
        }

        impl<T: Stored> IntoActiveValue<T::Column> for $name<T> {
            fn into_active_value(self) -> ActiveValue<T::Column> {
                self.0.map_or(ActiveValue::NotSet, |value| ActiveValue::Set(value.stored()))
            }
        }
    };
}
presence!(Required, true);
presence!(Given, false);

/// Implements `Type` for a scalar that is no generic wrapper.
macro_rules! scalar {
    ($ty:ty, $name:literal, $schema:expr $(, $bound:ident: $of:path)?) => {
        impl $(<$bound: $of>)? Type for $ty {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

/// Text of a special kind, which validation knows by its format.
macro_rules! text {
    ($(#[$meta:meta])* $ty:ident, $format:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $ty(pub String);

        impl Type for $ty {
            const IS_REQUIRED: bool = true;
            type RawValueType = String;
            type RawElementValueType = String;

            fn name() -> Cow<'static, str> {
                concat!("string_", $format).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", $format)))
            }

            fn as_raw_value(&self) -> Option<&String> {
                Some(&self.0)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
                Box::new(std::iter::once(&self.0))
            }
        }

        impl ParseFromJSON for $ty {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                String::parse_from_json(value).map(Self).map_err(ParseError::propagate)
            }
        }

        impl ToJSON for $ty {
            fn to_json(&self) -> Option<Value> {
                Some(Value::String(self.0.clone()))
            }
        }

        impl Stored for $ty {
            type Column = String;

            fn stored(self) -> String {
                self.0
            }
        }
    };
}
text!(
    /// Markdown: several lines, in which `<` is allowed (whoever shows it must sanitise it).
    Markdown,
    "markdown"
);
text!(
    /// An absolute URL, or nothing.
    Link,
    "uri"
);

text!(
    /// An address for email, or nothing.
    Email,
    "email"
);

text!(
    /// What a scanner read: whatever it is, separators of its fields and all.
    Scanned,
    "barcode"
);

/// A text for which null is the same as nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OrBlank(pub String);

impl Type for OrBlank {
    const IS_REQUIRED: bool = false;
    type RawValueType = String;
    type RawElementValueType = String;

    fn name() -> Cow<'static, str> {
        "string".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")))
    }

    fn as_raw_value(&self) -> Option<&String> {
        Some(&self.0)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
        Box::new(std::iter::once(&self.0))
    }
}

impl ParseFromJSON for OrBlank {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = Option::<String>::parse_from_json(value).map_err(ParseError::propagate)?;
        Ok(Self(text.unwrap_or_default()))
    }
}

impl ToJSON for OrBlank {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.clone()))
    }
}

impl Stored for OrBlank {
    type Column = String;

    fn stored(self) -> String {
        self.0
    }
}

mod currency;
mod upload;

pub use currency::Currency;
pub use upload::Upload;

/// What a primary key refers to.
pub trait Linked: Send + Sync + 'static {
    /// What `OPTIONS` calls it.
    const MODEL: &'static str;
    /// Where it is listed, relative to the host.
    const URL: &'static str;
    /// Its table, or nothing where there cannot be such an object yet, so that no key is valid.
    const TABLE: Option<&'static str>;
}

/// The primary key of another object; that it exists is checked with the field errors.
pub struct Key<L>(pub i32, PhantomData<L>);

impl<L> fmt::Debug for Key<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<L> Clone for Key<L> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

impl<L> From<i32> for Key<L> {
    fn from(pk: i32) -> Self {
        Self(pk, PhantomData)
    }
}

impl<L> Serialize for Key<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0)
    }
}

scalar!(Key<L>, "integer_pk", MetaSchema {
    external_docs: Some(MetaExternalDocument { url: L::URL.to_owned(), description: Some(L::MODEL.to_owned()) }),
    title: Some(L::TABLE.unwrap_or_default().to_owned()),
    ..MetaSchema::new_with_format("integer", "pk")
}, L: Linked);

impl<L: Linked> ParseFromJSON for Key<L> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        i32::parse_from_json(value).map(Self::from).map_err(ParseError::propagate)
    }
}

impl<L: Linked> ToJSON for Key<L> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

impl<L> Stored for Key<L> {
    type Column = i32;

    fn stored(self) -> i32 {
        self.0
    }
}

/// An exact decimal: a JSON number, or a text of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number<E>(pub E);

impl<E: Exact> Number<E> {
    /// The schema's format, by which validation knows how many places there are.
    pub(super) const FORMAT: &'static str = if E::PLACES == Money::PLACES { "decimal" } else { "double" };
}

impl<E: Exact> Serialize for Number<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.to_f64())
    }
}

scalar!(
    Number<E>,
    "number_exact",
    MetaSchema { minimum: Some(0.0), ..MetaSchema::new_with_format("number", Self::FORMAT) },
    E: ExactField
);

/// What a number of a field may be.
pub trait ExactField: Exact + Send + Sync + 'static {}

impl<E: Exact + Send + Sync + 'static> ExactField for E {}

impl<E: ExactField> ParseFromJSON for Number<E> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = match value {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => return Err(ParseError::expected_type(other.unwrap_or_default())),
        };
        E::parse(&text).map(Self).ok_or_else(|| ParseError::custom("A valid number is required."))
    }
}

impl<E: ExactField> ToJSON for Number<E> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.to_f64().into())
    }
}

impl<E: ExactField + Into<sea_query::Value>> Stored for Number<E> {
    type Column = E;

    fn stored(self) -> E {
        self.0
    }
}

/// A day: `YYYY-MM-DD`. (poem-openapi calls a date `naive-date`, which no client knows.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Day(pub chrono::NaiveDate);

scalar!(Day, "string_date", MetaSchema::new_with_format("string", "date"));

impl ParseFromJSON for Day {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = String::parse_from_json(value).map_err(ParseError::propagate)?;
        text.parse().map(Self).map_err(|_| ParseError::custom("Enter a valid date."))
    }
}

impl ToJSON for Day {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.to_string()))
    }
}

impl Stored for Day {
    type Column = chrono::NaiveDate;

    fn stored(self) -> chrono::NaiveDate {
        self.0
    }
}

/// A point in time: `YYYY-MM-DD HH:MM`, UTC, as InvenTree writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", datetime(self.0).format("%Y-%m-%d %H:%M"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

scalar!(Moment, "string_date-time", MetaSchema::new_with_format("string", "date-time"));

impl ParseFromJSON for Moment {
    /// ISO 8601, with an offset or in UTC; a day alone is its beginning.
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = String::parse_from_json(value).map_err(ParseError::propagate)?;
        let local = |format| chrono::NaiveDateTime::parse_from_str(&text, format).ok();
        let offset = chrono::DateTime::parse_from_rfc3339(&text).map(|time| time.timestamp()).ok();
        let plain = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        let day = || text.parse().ok().map(|date: chrono::NaiveDate| date.and_time(chrono::NaiveTime::MIN));
        let read =
            offset.or_else(|| plain.into_iter().find_map(local).or_else(day).map(|time| time.and_utc().timestamp()));
        read.map(Self).ok_or_else(|| ParseError::custom("Datetime has wrong format."))
    }
}

impl Stored for Moment {
    type Column = i64;

    fn stored(self) -> i64 {
        self.0
    }
}

impl ToJSON for Moment {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }
}

/// A field that is only there when it was asked for.
#[derive(Debug, Clone)]
pub struct Shown<T>(pub Option<T>);

impl<T> Default for Shown<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Shown<T> {
    /// For serde's `skip_serializing_if`.
    pub fn is_hidden(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: Serialize> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

presence!(Shown, false);
