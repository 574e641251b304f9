//! The shape of JSON: keys and types, without the values.

use serde_json::{Value, json};

/// `{"pk": 1, "tags": ["a", "b"]}` is `{"pk": "number", "tags": ["string"]}`.
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => items.first().map_or_else(|| json!([]), |item| json!([shape(item)])),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
    }
}
