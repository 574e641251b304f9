//! The types of a resource's fields: each carries its schema, from which come validation, `OPTIONS` and the document.

use std::{borrow::Cow, fmt, marker::PhantomData};

use poem_openapi::{
    registry::{MetaExternalDocument, MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use sea_orm::{ActiveValue, IntoActiveValue, sea_query};
use serde::{Serialize, Serializer};
use serde_json::Value;

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

/// A quantity: fifteen digits, five of them after the point, kept as a whole number of hundred-thousandths so that it is
/// exact in both databases; a JSON number outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i64);

impl Quantity {
    const PLACES: u32 = 5;
    const SCALE: i64 = 10_i64.pow(Self::PLACES);
    const LIMIT: i64 = 10_i64.pow(15);

    /// Reads a decimal number, rounding what is finer; `None` where it is none or too large.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = [whole, fraction].concat();
        if all.is_empty() || all.len() > 40 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u128 = all.parse().ok()?;
        let fraction = i32::try_from(fraction.len()).ok()?;
        let shift = exponent.checked_sub(fraction)?.checked_add(i32::try_from(Self::PLACES).ok()?)?;
        let scaled = if number == 0 {
            0
        } else if shift >= 0 {
            number.checked_mul(10_u128.checked_pow(shift.unsigned_abs())?)?
        } else {
            match 10_u128.checked_pow(shift.unsigned_abs()) {
                Some(divisor) => (number + divisor / 2) / divisor,
                None => 0,
            }
        };
        let scaled = i64::try_from(scaled).ok().filter(|n| *n < Self::LIMIT)?;
        Some(Self(if negative { -scaled } else { scaled }))
    }

    /// As a JSON number; exact, since fifteen digits fit in a double.
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits fit in a double")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:05}", n / 100_000, n % 100_000)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

scalar!(
    Quantity,
    "number_quantity",
    MetaSchema { minimum: Some(0.0), ..MetaSchema::new_with_format("number", "double") }
);

impl ParseFromJSON for Quantity {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = match value {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => return Err(ParseError::expected_type(other.unwrap_or_default())),
        };
        Self::parse(&text).ok_or_else(|| ParseError::custom("A valid number is required."))
    }
}

impl ToJSON for Quantity {
    fn to_json(&self) -> Option<Value> {
        Some(self.to_f64().into())
    }
}

impl Stored for Quantity {
    type Column = i64;

    fn stored(self) -> i64 {
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

impl<T: Type> Type for Shown<T> {
    const IS_REQUIRED: bool = false;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        T::name()
    }

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

impl<T: ToJSON> ToJSON for Shown<T> {
    fn to_json(&self) -> Option<Value> {
        self.0.as_ref().and_then(T::to_json)
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Shown<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None => Ok(Self(None)),
            given => T::parse_from_json(given).map(|v| Self(Some(v))).map_err(ParseError::propagate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_exact_and_rounds_what_is_finer_than_five_places() {
        for (text, scaled) in [
            ("0", 0),
            ("0.1", 10_000),
            ("-1.5", -150_000),
            ("1e3", 100_000_000),
            ("1.5E-1", 15_000),
            ("0.000005", 1),
            ("0.000004", 0),
            ("9999999999.99999", 999_999_999_999_999),
            ("1e-999", 0),
        ] {
            assert_eq!(Quantity::parse(text), Some(Quantity(scaled)), "{text}");
        }
        for text in ["", "-", "x", "NaN", "inf", "1.2.3", "0x10", "10000000000", "1e999", "1e", "\u{661}"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity(-150_000).to_string(), "-1.50000");
    }
}
