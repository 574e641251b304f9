//! Rich authorization requests (RFC 9396): `authorization_details`, whose types this file is the registry of.
//!
//! `inventory` says what `r:` scopes say, for one area at a time and with the API named, in the common data elements of
//! section 2.2:
//! ```json
//! [{"type": "inventory", "locations": ["https://site/api/"], "actions": ["view", "change"], "datatypes": ["part"]}]
//! ```
//! It gives what the scopes of its actions on its datatypes would give: within what the application may be granted, and
//! what the person may do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    application::Application,
    error::{Code, Error},
    show,
};
use crate::{
    ctx::Ctx,
    scope::{Action, Rights, Role, Scope, Scopes},
};

/// The types, for the metadata too (section 10).
pub const TYPES: [&str; 1] = ["inventory"];

/// The most details of one request.
const MAX: usize = 50;

/// What was asked for or granted in detail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details(Vec<Inventory>);

/// `"type": "inventory"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inventory {
    #[serde(rename = "type")]
    kind: String,
    /// The API; left out it is the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    locations: Vec<String>,
    /// `view`, `add`, `change`, `delete`.
    actions: Vec<String>,
    /// The roles over whose things.
    datatypes: Vec<String>,
}

impl Inventory {
    fn scopes(&self) -> impl Iterator<Item = Scope> {
        let actions = || Action::ALL.into_iter().filter(|action| self.actions.iter().any(|name| name == action.name()));
        let roles = self.datatypes.iter().filter_map(|name| Role::from_name(name));
        roles.flat_map(move |role| actions().map(move |action| Scope::Role(action, role)))
    }

    fn is_well_formed(&self, api: &str) -> bool {
        let known = self.actions.iter().all(|name| Action::ALL.iter().any(|action| action.name() == name))
            && self.datatypes.iter().all(|name| Role::from_name(name).is_some());
        // With and without the slash, as it is asked for by RFC 8707.
        let here = |location: &String| location == api || location == api.trim_end_matches('/');
        known && !self.actions.is_empty() && !self.datatypes.is_empty() && self.locations.iter().all(here)
    }
}

fn invalid(told: &'static str) -> Error {
    Error::new(Code::InvalidAuthorizationDetails, told)
}

impl Details {
    /// Reads the parameter, for an application. Section 5: "The AS MUST refuse to process any unknown authorization details
    /// type or authorization details not conforming to the respective type definition."
    pub fn asked(ctx: &Ctx, application: &Application, text: &str) -> Result<Self, Error> {
        let objects: Vec<Map<String, Value>> = serde_json::from_str(text)
            .map_err(|_| invalid("The authorization_details are no JSON array of objects."))?;
        if objects.is_empty() || objects.len() > MAX {
            return Err(invalid("The authorization_details are empty, or too many."));
        }
        let registered = &application.metadata.authorization.authorization_details_types;
        let api = ctx.config.url("/api/");
        let mut details = Vec::new();
        for object in objects {
            // Section 2: "type REQUIRED".
            let name = object.get("type").and_then(Value::as_str).unwrap_or_default();
            if !TYPES.contains(&name) {
                return Err(invalid("There is an authorization_details type that this server does not know."));
            }
            // Section 10: "authorization_details_types" of the client.
            if !registered.iter().any(|own| own == name) {
                return Err(invalid("The application has not registered this authorization_details type."));
            }
            let detail = Inventory::deserialize(Value::Object(object)).ok().filter(|it| it.is_well_formed(&api));
            details.push(detail.ok_or_else(|| invalid("The authorization_details do not fit their type."))?);
        }
        let details = Self(details);
        if !details.scopes().is_subset(&application.scope()) {
            return Err(invalid("The authorization_details exceed what the application may be granted."));
        }
        Ok(details)
    }

    /// What a row keeps, read again. What cannot be read gives nothing.
    pub fn of_row(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { Self(serde_json::from_str(text).unwrap_or_default()) }
    }

    /// What a row keeps, and clients are told.
    pub fn text(&self) -> String {
        if self.0.is_empty() { String::new() } else { serde_json::to_string(&self.0).unwrap_or_default() }
    }

    /// Whether nothing is asked for in detail.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes that would give the same.
    pub fn scopes(&self) -> Scopes {
        self.0.iter().flat_map(Inventory::scopes).collect()
    }

    /// What of it is within a person's rights, one detail for each area: section 7 lets the server grant less than was
    /// asked for, and tell so.
    #[must_use]
    pub fn within(&self, ctx: &Ctx, rights: &Rights) -> Self {
        let mut areas: BTreeMap<Role, Vec<String>> = BTreeMap::new();
        for scope in self.scopes().iter().filter(|scope| rights.covers(*scope)) {
            if let Scope::Role(action, role) = scope {
                areas.entry(role).or_default().push(action.name().to_owned());
            }
        }
        let locations = vec![ctx.config.url("/api/")];
        let detail = |(role, actions): (Role, Vec<String>)| Inventory {
            kind: "inventory".to_owned(),
            locations: locations.clone(),
            actions,
            datatypes: vec![role.name().to_owned()],
        };
        Self(areas.into_iter().map(detail).collect())
    }

    /// In words, for the consent.
    pub fn words(&self) -> Vec<String> {
        show::lines(&self.scopes()).into_iter().map(|line| line.text).collect()
    }
}
