//! The `claims` parameter (`OpenID` Connect Core 5.5): single claims that an application asks for, where, and how badly.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::NAMES;
use crate::scope::{Scope, Scopes};

/// A request for single claims. Of no other size than a request can be, so it is kept as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// To be told by the userinfo endpoint.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "object")]
    userinfo: Map<String, Value>,
    /// To be told in the ID token.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "object")]
    id_token: Map<String, Value>,
}

/// How a claim is asked for (Core 5.5.1). "Other members MAY be defined"; those are not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Claim {
    /// Whether the application needs it for what the person wants to do. Only `sub` and `acr` make a difference: "even if
    /// a Claim is requested as Essential, the Authorization Server MUST NOT generate an error when it is not returned".
    #[serde(default)]
    pub essential: bool,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    values: Vec<Value>,
}

impl Claim {
    /// The values that are as good as any other of them.
    pub fn accepted(&self) -> impl Iterator<Item = &Value> {
        self.value.iter().chain(&self.values)
    }
}

/// "null" is as good as an empty object.
fn object<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    Option::<Map<String, Value>>::deserialize(from).map(Option::unwrap_or_default)
}

const MALFORMED: &str = "The parameter claims is no JSON object of the members userinfo and id_token.";

impl Request {
    /// Reads the parameter. What a claim wants is read too, so that nothing malformed is kept.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // An array would be read too, member by member.
        let object: Map<String, Value> = serde_json::from_str(text).map_err(|_| MALFORMED)?;
        let request = Self::deserialize(Value::Object(object)).map_err(|_| MALFORMED)?;
        for claim in request.userinfo.values().chain(request.id_token.values()) {
            read(claim).ok_or("A claim in the parameter claims is neither null nor an object of Core 5.5.1.")?;
        }
        if request.id_token.get("sub").and_then(read).is_some_and(|sub| sub.accepted().any(|value| !value.is_string()))
        {
            return Err("The claim sub has a value that is no string.");
        }
        Ok(request)
    }

    /// What a row keeps; nothing where nothing is asked.
    pub fn text(&self) -> String {
        if *self == Self::default() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// What a row keeps, read again. What cannot be read asks for nothing.
    pub fn of_row(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { serde_json::from_str(text).unwrap_or_default() }
    }

    /// How the ID token should have a claim.
    pub fn in_id_token(&self, name: &str) -> Option<Claim> {
        self.id_token.get(name).and_then(read)
    }

    /// The person who is expected: "If the sub Claim is requested with a specific value for the ID Token, the
    /// Authorization Server MUST only send a positive response if the End-User identified by that sub value has an active
    /// session" (Core 3.1.2.2, 5.5.1).
    pub fn subject(&self) -> Option<String> {
        let sub = self.in_id_token("sub")?;
        sub.accepted().find_map(Value::as_str).map(str::to_owned)
    }

    /// The claims for the userinfo endpoint.
    pub fn of_userinfo(&self) -> impl Iterator<Item = &str> {
        self.userinfo.keys().map(String::as_str)
    }

    /// The claims for the ID token.
    pub fn of_id_token(&self) -> impl Iterator<Item = &str> {
        self.id_token.keys().map(String::as_str)
    }

    /// The claims about the person that are asked for, wherever, and that no scope among these shows anyway.
    pub fn beyond(&self, scopes: &Scopes) -> Vec<(Scope, &'static str)> {
        let asked = |name: &str| self.userinfo.contains_key(name) || self.id_token.contains_key(name);
        let names = NAMES.iter().filter(|(scope, _)| !scopes.contains(*scope));
        names
            .flat_map(|(scope, names)| names.iter().map(|name| (*scope, *name)))
            .filter(|(_, name)| asked(name))
            .collect()
    }
}

fn read(claim: &Value) -> Option<Claim> {
    match claim {
        Value::Null => Some(Claim::default()),
        Value::Object(_) => Claim::deserialize(claim).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_members_and_every_form_of_a_claim_are_read() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"http://x/y":{"other":1}},
            "id_token":{"auth_time":{"essential":true},"acr":{"values":["a","b"]},"sub":{"value":"s"}},"more":1}"#;
        let request = Request::parse(text).unwrap();
        assert_eq!(request.of_userinfo().collect::<Vec<_>>(), ["given_name", "nickname", "http://x/y"]);
        assert!(request.in_id_token("auth_time").unwrap().essential);
        assert_eq!(request.in_id_token("acr").unwrap().accepted().count(), 2);
        assert_eq!(request.subject().as_deref(), Some("s"));
        assert_eq!(Request::of_row(&request.text()), request);
        assert_eq!(Request::parse("{}").unwrap().text(), "");
        assert_eq!(Request::parse(r#"{"userinfo":null}"#).unwrap(), Request::default());
    }

    #[test]
    fn what_is_no_claims_request_is_refused() {
        for bad in [
            "",
            "[]",
            "null",
            "\"x\"",
            "{",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":{"x":1}}"#,
            r#"{"id_token":{"x":[]}}"#,
            r#"{"id_token":{"x":[true]}}"#,
            r#"{"id_token":{"x":"y"}}"#,
            r#"{"id_token":{"x":{"essential":"yes"}}}"#,
            r#"{"id_token":{"x":{"values":1}}}"#,
            r#"{"id_token":{"sub":{"value":1}}}"#,
        ] {
            assert!(Request::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_claim_beyond_the_scopes_belongs_to_the_scope_that_would_show_it() {
        let request = Request::parse(r#"{"userinfo":{"email":null,"name":null,"unknown":null,"sub":null}}"#).unwrap();
        let scopes = Scopes::parse("openid profile").unwrap();
        assert_eq!(request.beyond(&scopes), [(Scope::Email, "email")]);
    }
}
