//! `GET /api/flags/`: optional features. They are constants: a feature that anybody can switch on by a query parameter
//! (as in `InvenTree`, where `?oidc=` opens the identity provider) is not off.

use poem_openapi::{Object, OpenApi, param::Path};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    access::Visitor,
    rest::{ApiError, Json, field::Shown},
};

/// An optional feature.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Flag")]
struct Flag {
    /// Its name.
    key: String,
    /// Whether it is on.
    state: bool,
    /// What decides that; for staff.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    conditions: Shown<Value>,
}

/// The features, and whether they are on.
const FLAGS: [(&str, bool); 3] = [("EXPERIMENTAL", false), ("NEXT_GEN", false), ("OIDC", true)];

fn shown(who: &Visitor, (key, state): (&str, bool)) -> Flag {
    let staff = who.0.as_ref().is_some_and(|who| who.is_staff() || who.is_superuser());
    let conditions = staff.then(|| json!([{ "condition": "boolean", "value": state }]));
    Flag { key: key.to_owned(), state, conditions: Shown(conditions) }
}

/// The operations.
pub(super) struct Flags;

#[OpenApi(prefix_path = "/flags")]
impl Flags {
    /// Optional features
    #[oai(path = "/", method = "get", operation_id = "flags_list")]
    async fn list(&self, who: Visitor) -> Json<Vec<Flag>> {
        Json(FLAGS.into_iter().map(|flag| shown(&who, flag)).collect())
    }

    /// One optional feature
    #[oai(path = "/:key", method = "get", operation_id = "flags_retrieve")]
    async fn retrieve(&self, who: Visitor, key: Path<String>) -> Result<Json<Flag>, ApiError> {
        let found = FLAGS.into_iter().find(|(name, _)| *name == key.0);
        found.map(|flag| Json(shown(&who, flag))).ok_or_else(super::settings::nothing)
    }
}
