//! What a registration says beyond the columns of its row: the members of RFC 7591 section 2 and of the registries that
//! extend it, as one JSON object, so that a new member is a new field and no new column.
//!
//! Each feature has a file here: its members (flattened into the object), their rules, and what they mean to the rest of
//! the server. A member has the name under which it is registered. One that a person may choose is also declared in
//! `applications/edit/members.rs`: its label, its help and its kind, and the form, its parsing and the page follow.

pub mod about;
mod authorization;
pub mod ciba;
pub mod client;
pub mod exchange;
pub mod logout;
pub mod subject;
pub mod tokens;

pub use authorization::Authorization;
use serde::{Deserialize, Serialize};

use self::{ciba::Ciba, client::ClientMetadata, exchange::Exchange, tokens::Tokens};
use super::{ClientType, GrantType};
use crate::web::form::Errors;

/// The most that a registration may hold: it is read with every token.
const MAX_BYTES: usize = 65_536;

/// See the module. What is absent has its default; what this version does not know is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Its authorization requests.
    #[serde(flatten)]
    pub authorization: Authorization,
    /// Client authentication and what tokens are bound to.
    #[serde(flatten)]
    pub client: ClientMetadata,
    /// How tokens are written, and whether it is a resource server.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// Whose tokens it may exchange.
    #[serde(flatten)]
    pub exchange: Exchange,
    /// How it learns what a person decided elsewhere.
    #[serde(flatten)]
    pub ciba: Ciba,
    /// What it tells of itself.
    #[serde(flatten)]
    pub about: about::About,
    /// How it learns of a logout.
    #[serde(flatten)]
    pub logout: logout::Logout,
    /// By which `sub` it knows people.
    #[serde(flatten)]
    pub subject: subject::Subject,
}

impl Metadata {
    /// The object in a row.
    pub(super) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::error!(%error, "the metadata of an application cannot be read: it has the defaults");
            Self::default()
        })
    }

    /// Whether there is a member of that name, and it takes the value.
    pub fn takes(name: &str, value: &serde_json::Value) -> bool {
        use serde_json::{Value, to_value};
        let alone = Value::Object([(name.to_owned(), value.clone())].into_iter().collect());
        let Ok(read) = serde_json::from_value::<Self>(alone) else { return false };
        let is_blank = match value {
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            other => other == &Value::Bool(false),
        };
        // Of an unknown one nothing is left; of a known one that is as it begins, nothing either.
        to_value(&read).is_ok_and(|all| all.get(name).is_some()) || is_blank
    }

    /// The object for a row.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Every rule of every feature; a message stands under the name of its member.
    pub(super) fn check(
        &self,
        client_type: ClientType,
        grants: &[GrantType],
        redirect_uris: &[String],
        errors: &mut Errors,
    ) {
        self.authorization.check(errors);
        self.client.check(client_type, errors);
        self.tokens.check(errors);
        self.exchange.check(grants, errors);
        self.ciba.check(grants, errors);
        self.about.check(errors);
        self.logout.check(redirect_uris, errors);
        self.subject.check(redirect_uris, errors);
        if self.text().len() > MAX_BYTES {
            errors.add("metadata", "The registration is larger than 64 kB.");
        }
    }
}

/// Whether a value that was given is one of those that there are.
fn one_of(field: &str, given: Option<&str>, values: &[String], errors: &mut Errors) {
    if given.is_some_and(|given| values.iter().all(|value| value != given)) {
        errors.add(field, format!("One of {} is needed.", values.join(", ")));
    }
}
