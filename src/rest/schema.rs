//! Validation by a type's own schema: every field error at once, in Django REST's words, and the input in the exact form
//! that the type then reads. (poem-openapi stops at the first error and often does not name the field.)

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use super::registry::{MetaSchema, MetaSchemaRef, Registry};
use entities::exact::{Exact, Money, Quantity};
use poem_openapi::types::Type;
use serde_json::{Map, Value, json};
use url::Url;

use super::{error::Fields, field::Number};

/// A type's schema with the schemas that it refers to.
#[derive(Debug)]
pub(super) struct Shape {
    root: MetaSchemaRef,
    schemas: BTreeMap<String, MetaSchema>,
}

/// The schema behind a reference.
pub(super) fn resolve<'a>(
    schemas: &'a BTreeMap<String, MetaSchema>,
    schema: &'a MetaSchemaRef,
) -> Option<&'a MetaSchema> {
    match schema {
        MetaSchemaRef::Reference(name) => schemas.get(name),
        // A description or `nullable` beside a reference makes poem-openapi write `allOf`.
        MetaSchemaRef::Inline(schema) => match schema.all_of.first() {
            Some(MetaSchemaRef::Reference(name)) => schemas.get(name),
            _ => Some(schema),
        },
    }
}

fn nullable(schema: &MetaSchemaRef) -> bool {
    matches!(schema, MetaSchemaRef::Inline(schema) if schema.nullable)
}

/// A reference to another object that was sent, to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) field: String,
    pub(super) table: String,
    pub(super) pk: i32,
}

/// Input that passed, or what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Cleaned {
    pub(super) values: Map<String, Value>,
    pub(super) errors: Fields,
    pub(super) references: Vec<Reference>,
}

/// Where input comes from: a form has no types, and only a form has files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Json,
    Form,
}

/// What a form has for a list or an object: JSON as text, or for a list one value instead of several.
fn structured(ty: &str, value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::String(text),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(value @ (Value::Array(_) | Value::Object(_))) => value,
            _ if ty == "array" => Value::Array(vec![Value::String(text)]),
            _ => Value::String(text),
        },
        value => value,
    }
}

/// Why a value does not pass: one message, or a structure of them.
enum Wrong {
    Message(String),
    Nested(Value),
}

impl From<&str> for Wrong {
    fn from(text: &str) -> Self {
        Self::Message(text.to_owned())
    }
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self::Message(text)
    }
}

impl Shape {
    /// The shape of a type, computed once.
    pub(super) fn of<T: Type + 'static>() -> Arc<Self> {
        static SHAPES: LazyLock<RwLock<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(RwLock::default);
        let id = TypeId::of::<T>();
        if let Some(shape) = SHAPES.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return shape.clone();
        }
        let mut registry = Registry::new();
        T::register(&mut registry);
        let shape = Arc::new(Self { root: T::schema_ref(), schemas: registry.schemas });
        SHAPES.write().unwrap_or_else(PoisonError::into_inner).insert(id, shape.clone());
        shape
    }

    /// Checks an object. `partial`: what is missing stays as it is. Unknown keys, read-only ones among them, are ignored.
    pub(super) fn clean(&self, input: Map<String, Value>, partial: bool, source: Source) -> Cleaned {
        match resolve(&self.schemas, &self.root) {
            Some(schema) => self.object(schema, input, partial, source),
            None => Cleaned { values: input, ..Cleaned::default() },
        }
    }

    fn object(&self, schema: &MetaSchema, mut input: Map<String, Value>, partial: bool, source: Source) -> Cleaned {
        let mut cleaned = Cleaned::default();
        for (name, property) in &schema.properties {
            let Some(value) = input.remove(*name) else {
                if !partial && schema.required.contains(name) {
                    cleaned.errors.add(name, "This field is required.");
                }
                continue;
            };
            match self.value(property, value, source) {
                Ok(value) => {
                    if let Some(reference) = self.reference(name, property, &value) {
                        cleaned.references.push(reference);
                    }
                    cleaned.values.insert((*name).to_owned(), value);
                }
                Err(Wrong::Message(message)) => cleaned.errors.add(name, message),
                Err(Wrong::Nested(errors)) => cleaned.errors.nest(name, errors),
            }
        }
        cleaned
    }

    fn reference(&self, field: &str, property: &MetaSchemaRef, value: &Value) -> Option<Reference> {
        let schema = resolve(&self.schemas, property).filter(|schema| schema.format == Some("pk"))?;
        let pk = i32::try_from(value.as_i64()?).ok()?;
        Some(Reference { field: field.to_owned(), table: schema.title.clone().unwrap_or_default(), pk })
    }

    fn value(&self, property: &MetaSchemaRef, mut value: Value, source: Source) -> Result<Value, Wrong> {
        let Some(schema) = resolve(&self.schemas, property) else { return Ok(value) };
        let nullable = nullable(property) || schema.nullable;
        if source == Source::Form && matches!(schema.ty, "array" | "object") {
            value = structured(schema.ty, value);
        }
        // What a form sends for "nothing".
        let empty = value == "" && schema.format == Some("binary");
        let empty = empty || (value == "" && schema.ty != "string");
        let empty = empty || (value == "" && matches!(schema.format, Some("naive-date" | "date" | "date-time")));
        if value.is_null() || (empty && nullable) {
            return if nullable { Ok(Value::Null) } else { Err("This field may not be null.".into()) };
        }
        match schema.ty {
            "string" if schema.format == Some("binary") => match value {
                file @ Value::Object(_) if source == Source::Form => Ok(file),
                _ => Err("The submitted data was not a file. Check the encoding type on the form.".into()),
            },
            "string" => string(schema, value),
            "integer" if schema.format == Some("pk") => pk(&value),
            "integer" => integer(schema, &value),
            "number" => number(schema, &value),
            "boolean" => boolean(&value),
            "array" => self.array(schema, value, source),
            "object" if !schema.properties.is_empty() => match value {
                Value::Object(map) => {
                    let cleaned = self.object(schema, map, false, source);
                    if cleaned.errors.is_empty() {
                        Ok(Value::Object(cleaned.values))
                    } else {
                        Err(Wrong::Nested(cleaned.errors.into_value()))
                    }
                }
                other => Err(Wrong::Nested(json!({ "non_field_errors": [not_a_dictionary(&other)] }))),
            },
            _ => Ok(value),
        }
    }

    fn array(&self, schema: &MetaSchema, value: Value, source: Source) -> Result<Value, Wrong> {
        let Value::Array(items) = value else {
            return Err(format!("Expected a list of items but got type \"{}\".", python_type(&value)).into());
        };
        let Some(item) = &schema.items else { return Ok(Value::Array(items)) };
        let (mut good, mut wrong, mut bad) = (Vec::new(), Vec::new(), false);
        for value in items {
            match self.value(item, value, source) {
                Ok(value) => {
                    good.push(value);
                    wrong.push(json!({}));
                }
                Err(error) => {
                    bad = true;
                    wrong.push(match error {
                        Wrong::Message(message) => json!([message]),
                        Wrong::Nested(errors) => errors,
                    });
                }
            }
        }
        if bad { Err(Wrong::Nested(Value::Array(wrong))) } else { Ok(Value::Array(good)) }
    }
}

/// What Python calls a JSON value's type, as Django REST's messages do.
pub(super) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The text for something that should have been an object.
pub(super) fn not_a_dictionary(value: &Value) -> String {
    format!("Invalid data. Expected a dictionary, but got {}.", python_type(value))
}

fn string(schema: &MetaSchema, value: Value) -> Result<Value, Wrong> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".into()),
    };
    if text.contains('\0') {
        return Err("Null characters are not allowed.".into());
    }
    if schema.format == Some("password") {
        // A password is what was typed, blanks and all.
        return Ok(Value::String(text));
    }
    let markdown = schema.format == Some("markdown");
    let scanned = schema.format == Some("barcode");
    let kept = |c: &char| scanned || !c.is_control() || (markdown && matches!(c, '\n' | '\t' | '\r'));
    let text: String = text.chars().filter(kept).collect();
    let text = text.trim();
    if text.is_empty() {
        let required = schema.min_length.is_some_and(|min| min > 0);
        return if required { Err("This field may not be blank.".into()) } else { Ok(Value::String(String::new())) };
    }
    if let Some(max) = schema.max_length
        && text.chars().count() > max
    {
        return Err(format!("Ensure this field has no more than {max} characters.").into());
    }
    if !schema.enum_items.is_empty() && !schema.enum_items.iter().any(|choice| choice == text) {
        return Err(format!("\"{text}\" is not a valid choice.").into());
    }
    match schema.format {
        Some("email") if !crate::accounts::person::is_email(text) => return Err("Enter a valid email address.".into()),
        Some("uri") if !is_url(text) => return Err("Enter a valid URL.".into()),
        Some("date" | "naive-date") if chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() => {
            return Err("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.".into());
        }
        _ if !markdown && !scanned && has_tag(text) => return Err("Remove HTML tags from this value".into()),
        _ => {}
    }
    Ok(Value::String(text.to_owned()))
}

/// An absolute address of a kind that a link may have: no `javascript:`.
fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "ftp" | "ftps") && url.has_host())
}

/// Whether a text holds what a browser would take for a tag or comment: `a < b` is none.
fn has_tag(text: &str) -> bool {
    let opens = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    text.split('<').skip(1).any(opens)
}

fn integer(schema: &MetaSchema, value: &Value) -> Result<Value, Wrong> {
    let wrong = || Wrong::from("A valid integer is required.");
    let number = whole(value).ok_or_else(wrong)?;
    // The columns are 32 bits wide unless the schema says otherwise.
    let (mut min, mut max) = if schema.format == Some("int64") {
        (i128::from(i64::MIN), i128::from(i64::MAX))
    } else {
        (i128::from(i32::MIN), i128::from(i32::MAX))
    };
    #[expect(clippy::cast_possible_truncation, reason = "a bound of an integer field is an integer")]
    {
        min = schema.minimum.map_or(min, |bound| (bound as i128).max(min));
        max = schema.maximum.map_or(max, |bound| (bound as i128).min(max));
    }
    if number < min {
        return Err(format!("Ensure this value is greater than or equal to {min}.").into());
    }
    if number > max {
        return Err(format!("Ensure this value is less than or equal to {max}.").into());
    }
    Ok(i64::try_from(number).map_err(|_| wrong())?.into())
}

/// A whole number, however it is written: `45`, `"45"`, `45.0`.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(n) => Some(n.into()),
            None => whole_text(&number.to_string()),
        },
        Value::String(text) => whole_text(text),
        _ => None,
    }
}

fn whole_text(text: &str) -> Option<i128> {
    let text = text.trim();
    let text =
        text.split_once('.').map_or(text, |(whole, zeros)| if zeros.bytes().all(|b| b == b'0') { whole } else { text });
    text.parse().ok().or_else(|| {
        // 1e20 and the like: whole, and too large for any column.
        let number: f64 = text.parse().ok().filter(|n: &f64| n.is_finite() && n.fract() == 0.0 && n.abs() < 1e30)?;
        #[expect(clippy::cast_possible_truncation, reason = "below 1e30")]
        Some(number as i128)
    })
}

fn pk(value: &Value) -> Result<Value, Wrong> {
    let found = match value {
        Value::Number(number) if !number.is_f64() => whole(value),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match found.map(i32::try_from) {
        Some(Ok(pk)) => Ok(pk.into()),
        Some(Err(_)) => Err(super::error::no_such_pk(text_of(value)).into()),
        None => Err(format!("Incorrect type. Expected pk value, received {}.", python_type(value)).into()),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

fn number(schema: &MetaSchema, value: &Value) -> Result<Value, Wrong> {
    if schema.format == Some(Number::<Money>::FORMAT) {
        exact::<Money>(schema, value)
    } else {
        exact::<Quantity>(schema, value)
    }
}

/// A decimal number as a text, so that it stays exact.
fn exact<E: Exact>(schema: &MetaSchema, value: &Value) -> Result<Value, Wrong> {
    let text = match value {
        Value::Number(_) | Value::String(_) => text_of(value),
        _ => return Err("A valid number is required.".into()),
    };
    let Some(number) = E::parse(&text) else {
        let number = text.parse().is_ok_and(|n: f64| n.is_finite());
        let message = if number {
            format!("Ensure that there are no more than {} digits in total.", E::DIGITS)
        } else {
            "A valid number is required.".to_owned()
        };
        return Err(message.into());
    };
    if let Some(min) = schema.minimum
        && number.to_f64() < min
    {
        return Err(format!("Ensure this value is greater than or equal to {min}.").into());
    }
    if let Some(max) = schema.maximum
        && number.to_f64() > max
    {
        return Err(format!("Ensure this value is less than or equal to {max}.").into());
    }
    Ok(Value::String(number.to_string()))
}

fn boolean(value: &Value) -> Result<Value, Wrong> {
    let read = match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_i64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        Value::String(text) => truth(text),
        _ => None,
    };
    read.map(Value::Bool).ok_or_else(|| "Must be a valid boolean.".into())
}

/// A boolean as people and Django write it.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}
