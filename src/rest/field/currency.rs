//! Currencies.

use std::borrow::Cow;

use crate::rest::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde::Serialize;
use serde_json::Value;

use super::Stored;

/// The three letters of a currency (ISO 4217). Which may be used is a setting, and checked where it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Currency(pub String);

scalar!(Currency, "string_currency", MetaSchema { max_length: Some(3), ..MetaSchema::new("string") });

impl ParseFromJSON for Currency {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        String::parse_from_json(value).map(Self).map_err(ParseError::propagate)
    }
}

impl ToJSON for Currency {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.clone()))
    }
}

impl Stored for Currency {
    type Column = String;

    fn stored(self) -> String {
        self.0
    }
}
