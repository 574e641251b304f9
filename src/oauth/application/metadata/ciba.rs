//! Backchannel authentication (CIBA core section 4).

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

use super::one_of;
use crate::{
    oauth::{
        application::GrantType,
        ciba::{DELIVERY_MODES, signing_algorithms},
    },
    web::form::Errors,
};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ciba {
    /// `poll` or `ping`; `poll` where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<String>,
    /// Where it is told that the person has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// With what it signs its requests, which then it must; they are not signed where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg: Option<String>,
}

impl Ciba {
    /// Whether it is told of the decision.
    pub fn is_pinged(&self) -> bool {
        self.backchannel_token_delivery_mode.as_deref() == Some("ping")
    }

    /// Where.
    pub fn notified_at(&self) -> Option<&str> {
        self.backchannel_client_notification_endpoint.as_deref().filter(|_| self.is_pinged())
    }

    /// With what it signs its requests.
    pub fn request_algorithm(&self) -> Option<Algorithm> {
        self.backchannel_authentication_request_signing_alg.as_deref().and_then(|alg| alg.parse().ok())
    }

    pub(super) fn check(&self, grants: &[GrantType], errors: &mut Errors) {
        let modes = DELIVERY_MODES.map(str::to_owned);
        one_of("backchannel_token_delivery_mode", self.backchannel_token_delivery_mode.as_deref(), &modes, errors);
        let algorithm = self.backchannel_authentication_request_signing_alg.as_deref();
        one_of("backchannel_authentication_request_signing_alg", algorithm, &signing_algorithms(), errors);
        let field = "backchannel_client_notification_endpoint";
        let endpoint = self.backchannel_client_notification_endpoint.as_deref();
        // "REQUIRED if the token delivery mode is set to ping or push. ... It MUST be an HTTPS URL."
        let proper = endpoint.is_none_or(|endpoint| {
            url::Url::parse(endpoint).is_ok_and(|url| {
                let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
                url.scheme() == "https" || url.scheme() == "http" && local
            })
        });
        if !proper {
            errors.add(field, "Give an address that begins with https://.");
        } else if endpoint.is_none() && self.is_pinged() && grants.contains(&GrantType::Ciba) {
            errors.add(field, "An application that is pinged needs an address for it.");
        }
    }
}
