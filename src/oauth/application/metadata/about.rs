//! What an application tells of itself for people and for other servers (RFC 7591 section 2, `OpenID` Connect Dynamic
//! Registration 1.0 section 2).

use serde::{Deserialize, Serialize};

use crate::{oauth::application::draft::link, web::form::Errors};

/// The members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// `web` or `native`; blank is told by the redirect URIs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application_type: String,
    /// Whom to write to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Where another site may send people to begin a login (`OpenID` Connect Core 4).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub initiate_login_uri: String,
    /// What software it is, the same for every instance of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub software_id: String,
    /// Which version of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub software_version: String,
}

/// The values of `application_type`.
pub const APPLICATION_TYPES: [(&str, &str); 3] =
    [("", "As its redirect URIs say"), ("web", "Web"), ("native", "Native: on a phone or a desk")];

impl About {
    pub(super) fn check(&self, errors: &mut Errors) {
        if !APPLICATION_TYPES.iter().any(|(word, _)| *word == self.application_type) {
            errors.add("application_type", "Choose web or native.");
        }
        link("initiate_login_uri", &self.initiate_login_uri, errors);
        if self.contacts.len() > 10 || self.contacts.iter().any(|text| text.is_empty() || text.len() > 320) {
            errors.add("contacts", "At most 10 addresses, of at most 320 characters each.");
        }
        for (field, text) in [("software_id", &self.software_id), ("software_version", &self.software_version)] {
            if text.len() > 255 || text.chars().any(char::is_control) {
                errors.add(field, "At most 255 characters.");
            }
        }
    }
}
