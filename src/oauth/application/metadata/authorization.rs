//! What a registration says of its authorization requests and their answers (RFC 7591 section 2, `OpenID` Connect Dynamic
//! Client Registration 2, RFC 9101 section 10.5, RFC 9126 section 6, RFC 9396 section 10, JARM 3).

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    oauth::{
        authorization_details,
        authorize::{REQUEST_OBJECT_ALGORITHMS, ResponseType},
        oidc::acr::Acr,
    },
    signing,
    web::form::Errors,
};

/// The most entries of one list.
const MAX: usize = 20;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authorization {
    /// The response types that it may ask for; none named is `code`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_types: Vec<String>,
    /// Whether its answers are signed by something else than RS256, where it asks for signed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<String>,
    /// Whether a request that was not pushed is refused.
    pub require_pushed_authorization_requests: bool,
    /// Whether a request that is not signed is refused.
    pub require_signed_request_object: bool,
    /// What must sign its requests; any of its keys, where nothing is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// Where its requests may be fetched from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// The types of `authorization_details` that it may ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types: Vec<String>,
    /// Seconds since the login, at most, where a request says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether ID tokens must say when the person logged in. They always do.
    pub require_auth_time: bool,
    /// How strong the login should be, where a request says nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
}

impl Authorization {
    /// The response types that were registered. RFC 7591 section 2: "If omitted, the default is that the client will use
    /// only the code response type."
    pub fn allows(&self, response_type: ResponseType) -> bool {
        let registered = |name: &String| ResponseType::parse(name) == Some(response_type);
        if self.response_types.is_empty() {
            response_type == ResponseType::Code
        } else {
            self.response_types.iter().any(registered)
        }
    }

    /// What signs its answers. JARM 3: "If omitted, the default is RS256."
    pub fn signed_response_alg(&self) -> Algorithm {
        self.authorization_signed_response_alg.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Algorithm::RS256)
    }

    pub(super) fn check(&self, errors: &mut Errors) {
        if self.response_types.iter().any(|name| ResponseType::parse(name).is_none()) {
            errors.add("response_types", "There is a response type that this server does not know.");
        }
        let signs = |name: &String| signing::ALGORITHMS.map(signing::name).contains(name);
        if self.authorization_signed_response_alg.as_ref().is_some_and(|name| !signs(name)) {
            errors.add("authorization_signed_response_alg", "This server does not sign by that algorithm.");
        }
        let verifies = |name: &String| REQUEST_OBJECT_ALGORITHMS.map(signing::name).contains(name);
        if self.request_object_signing_alg.as_ref().is_some_and(|name| !verifies(name)) {
            errors.add("request_object_signing_alg", "This server does not verify that algorithm.");
        }
        if self.request_uris.len() > MAX {
            errors.add("request_uris", "There are too many addresses.");
        }
        for uri in &self.request_uris {
            // OpenID Connect Registration 2: "request_uri values used by the RP ... MUST use https".
            let is_https = Url::parse(uri)
                .is_ok_and(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
            if !is_https || uri.len() > 2000 {
                errors.add("request_uris", "Every address must be an https address without a user name.");
                break;
            }
        }
        if self.authorization_details_types.iter().any(|name| !authorization_details::TYPES.contains(&name.as_str())) {
            errors.add("authorization_details_types", "There is a type that this server does not know.");
        }
        if self.default_acr_values.iter().any(|name| Acr::parse(name).is_none()) {
            errors.add("default_acr_values", "There is a login strength that this server does not know.");
        }
    }
}
