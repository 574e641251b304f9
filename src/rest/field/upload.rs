//! A file in a multipart form.

use std::{borrow::Cow, fmt};

use crate::rest::registry::{MetaSchema, MetaSchemaRef};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::{Map, Value};

/// A file that was sent: what its sender called it, and what is in it. It comes in a multipart form only.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// What its sender called it; never a path of ours.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

impl Upload {
    /// How a form's file travels through the validation that all bodies share. JSON cannot forge it: the schema takes it
    /// from forms only.
    pub(in crate::rest) fn travelling(name: String, bytes: &[u8]) -> Value {
        let content = STANDARD.encode(bytes);
        Value::Object(Map::from_iter([("name".to_owned(), name.into()), ("content".to_owned(), content.into())]))
    }
}

scalar!(Upload, "string_binary", MetaSchema::new_with_format("string", "binary"));

impl ParseFromJSON for Upload {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let part = |key: &str| value.as_ref()?.get(key)?.as_str().map(str::to_owned);
        let (Some(name), Some(content)) = (part("name"), part("content")) else {
            return Err(ParseError::expected_type(value.unwrap_or_default()));
        };
        let bytes = STANDARD.decode(content).map_err(|_| ParseError::custom("The submitted file is empty."))?;
        Ok(Self { name, bytes })
    }
}

impl ToJSON for Upload {
    /// poem-openapi asks it of every field; nobody answers with what was uploaded.
    fn to_json(&self) -> Option<Value> {
        None
    }
}
