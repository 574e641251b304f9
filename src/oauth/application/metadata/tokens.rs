//! What an application's access tokens look like, how it is told about tokens, and whether it is a resource server itself.

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use url::Url;

use super::one_of;
use crate::{signing, web::form::Errors};

/// How an access token is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Random; what it means is asked of this server.
    #[default]
    Opaque,
    /// A JWT (RFC 9068), which a resource server can read by itself.
    Jwt,
}

impl Format {
    /// Both, with their labels for people.
    pub const ALL: [(Self, &'static str, &'static str); 2] =
        [(Self::Opaque, "opaque", "Opaque"), (Self::Jwt, "jwt", "JWT (RFC 9068)")];

    /// The word in the form.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, ..)| *format == self).map_or("", |(_, name, _)| name)
    }
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// How the access tokens that it gets are written, where their resource server does not say.
    pub access_token_format: Format,
    /// `userinfo_signed_response_alg` (`OpenID` Connect Registration 2): plain JSON where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    /// `introspection_signed_response_alg` (RFC 9701 section 6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<String>,
    /// By which it is asked for as a resource server (RFC 8707 section 2): "an absolute URI ... MUST NOT include a fragment
    /// component". Only a superuser may say this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_identifier: Option<String>,
    /// How the tokens are written that are for it.
    pub resource_token_format: Format,
}

impl Tokens {
    /// The algorithm of signed userinfo, if it is signed.
    pub fn userinfo_algorithm(&self) -> Option<Algorithm> {
        self.userinfo_signed_response_alg.as_deref().and_then(|alg| alg.parse().ok())
    }

    /// The algorithm of signed introspection: "If omitted, the default is RS256".
    pub fn introspection_algorithm(&self) -> Algorithm {
        let named = self.introspection_signed_response_alg.as_deref().and_then(|alg| alg.parse().ok());
        named.unwrap_or(Algorithm::RS256)
    }

    pub(super) fn check(&self, errors: &mut Errors) {
        for (field, algorithm) in [
            ("userinfo_signed_response_alg", &self.userinfo_signed_response_alg),
            ("introspection_signed_response_alg", &self.introspection_signed_response_alg),
        ] {
            one_of(field, algorithm.as_deref(), &signing::ALGORITHMS.map(signing::name), errors);
        }
        if let Some(identifier) = &self.resource_identifier {
            let proper = Url::parse(identifier).is_ok_and(|url| {
                url.scheme() == "https"
                    && url.has_host()
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            });
            let plain = identifier.bytes().all(|b| b.is_ascii_graphic());
            if !proper || !plain || identifier.len() > 2000 || !identifier.starts_with("https://") {
                let rule = "Give the address of the resource server: https://, without a fragment.";
                errors.add("resource_identifier", rule);
            }
        }
    }
}
