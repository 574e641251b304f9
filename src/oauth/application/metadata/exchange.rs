//! Token exchange (RFC 8693): whose tokens an application may exchange.

use serde::{Deserialize, Serialize};

use crate::{oauth::application::GrantType, web::form::Errors};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// The client ids of the applications whose access tokens it may exchange. Only a superuser may say this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_exchange_subjects: Vec<String>,
}

impl Exchange {
    pub(super) fn check(&self, grants: &[GrantType], errors: &mut Errors) {
        let field = "token_exchange_subjects";
        if self.token_exchange_subjects.len() > 100 || self.token_exchange_subjects.iter().any(|id| id.len() > 255) {
            errors.add(field, "At most 100 client ids of at most 255 characters.");
        } else if self.token_exchange_subjects.is_empty() && grants.contains(&GrantType::TokenExchange) {
            errors.add(field, "Name the applications whose tokens it may exchange, by their client ids.");
        }
    }
}
