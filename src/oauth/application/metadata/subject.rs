//! By which `sub` an application knows people (`OpenID` Connect Core 8, Dynamic Registration 1.0 section 5).

use serde::{Deserialize, Serialize};
use url::Url;

use super::logout;
use crate::web::form::Errors;

/// The members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// `pairwise`, or blank for `public`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject_type: String,
    /// The list of redirect URIs of all applications that share a `sub`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sector_identifier_uri: String,
}

/// The values of `subject_type`, the default first, for the metadata too.
pub const SUBJECT_TYPES: [&str; 2] = ["public", "pairwise"];

impl Subject {
    /// Whether it knows people by names that no other sector knows.
    pub fn is_pairwise(&self) -> bool {
        self.subject_type == "pairwise"
    }

    pub(super) fn check(&self, redirect_uris: &[String], errors: &mut Errors) {
        if !self.subject_type.is_empty() && !SUBJECT_TYPES.contains(&self.subject_type.as_str()) {
            errors.add("subject_type", "Choose public or pairwise.");
        }
        logout::check("sector_identifier_uri", &self.sector_identifier_uri, errors);
        // "If there are multiple hostnames in the registered redirect_uris, the Client MUST register a
        // sector_identifier_uri."
        let mut hosts: Vec<Option<String>> = redirect_uris.iter().map(|uri| host(uri)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        if self.is_pairwise() && self.sector_identifier_uri.is_empty() && hosts.len() > 1 {
            let message = "The redirect URIs have several hosts: name the list that holds them all.";
            errors.add("sector_identifier_uri", message);
        }
    }
}

/// The host of an address, if it has one.
pub(in crate::oauth) fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}
