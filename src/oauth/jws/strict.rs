//! JSON of others, without tricks: every name once, and not deep. RFC 7519 section 4: "The Claim Names within a JWT Claims
//! Set MUST be unique"; a parser that takes the last and one that takes the first read two different tokens.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep objects and lists may be within each other.
const DEPTH: u8 = 16;

/// A JSON object, if that is what it is.
pub(in crate::oauth) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Strict(DEPTH).deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// Reads a value that may be this many levels deep.
#[derive(Clone, Copy)]
struct Strict(u8);

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        // PostgreSQL has no text with it, and no claim a use for it.
        if value.contains('\0') { Err(E::custom("a NUL character")) } else { Ok(value.into()) }
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_occurs_twice_at_any_depth_is_refused() {
        for bad in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"b":2}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(object(bad.as_bytes()), None, "{bad}");
        }
        assert!(object(br#"{"a":{"b":1},"c":{"b":1.5,"d":[null,true,-1,"x"]}}"#).is_some());
    }

    #[test]
    fn what_is_deep_or_no_object_or_not_alone_is_refused() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(15).as_bytes()).is_some());
        for bad in [
            nested(16).as_str(),
            &nested(3000),
            "[]",
            "1",
            "\"a\"",
            "",
            "{}{}",
            "{} x",
            "{\"a\":NaN}",
            "{\"a\":\"\\u0000\"}",
        ] {
            assert_eq!(object(bad.as_bytes()), None, "{}", bad.chars().take(40).collect::<String>());
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), None);
    }
}
