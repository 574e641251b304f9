//! How an application proves who it is, and what its tokens are bound to (RFC 7591 section 2, RFC 8705 sections 2 and 3.4,
//! RFC 9449 section 5.2).

use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    oauth::{
        application::ClientType,
        jws::{self, BadKeys},
    },
    web::form::Errors,
};

/// The members. Blank is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// How strictly the application is held: blank, or [`FAPI2`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// [`Method`]; blank is a secret by header or body, or `none` for a public application.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token_endpoint_auth_method: String,
    /// The only algorithm of its assertions; blank for any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token_endpoint_auth_signing_alg: String,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jwks_uri: String,
    /// The subject of its certificate, as RFC 4514 writes it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_client_auth_subject_dn: String,
    /// A DNS name in its certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_client_auth_san_dns: String,
    /// A URI in its certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_client_auth_san_uri: String,
    /// An IP address in its certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_client_auth_san_ip: String,
    /// An email address in its certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_client_auth_san_email: String,
    /// Whether its tokens are good only with the client certificate that they were fetched with.
    #[serde(skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether its tokens are good only with proofs of the key that they were fetched with.
    #[serde(skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The FAPI 2.0 Security Profile: a policy of the application, see [`ClientMetadata::is_fapi2`].
pub const FAPI2: &str = "fapi2";

/// How a client authenticates (RFC 7591 section 2, `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It names itself and proves nothing.
    None,
    /// Its secret in the Authorization header (RFC 6749 section 2.3.1).
    SecretBasic,
    /// Its secret in the body (RFC 6749 section 2.3.1).
    SecretPost,
    /// A JWT that its private key signed (RFC 7523 section 2.2).
    PrivateKeyJwt,
    /// A certificate of an authority that this server trusts for this (RFC 8705 section 2.1).
    Tls,
    /// A certificate that it registered (RFC 8705 section 2.2).
    SelfSignedTls,
}

impl Method {
    /// All of them, in the order in which the metadata list them.
    pub const ALL: [Self; 6] =
        [Self::SecretBasic, Self::SecretPost, Self::PrivateKeyJwt, Self::Tls, Self::SelfSignedTls, Self::None];

    /// As it is registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Tls => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
        }
    }

    /// The method of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether it is done by a client certificate.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::SelfSignedTls)
    }
}

impl ClientMetadata {
    /// The method that was chosen; none where the default applies.
    pub fn method(&self) -> Option<Method> {
        Method::parse(&self.token_endpoint_auth_method)
    }

    /// Whether a confidential application has a use for a secret.
    pub fn uses_secret(&self) -> bool {
        matches!(self.method(), None | Some(Method::SecretBasic | Method::SecretPost))
    }

    /// Whether it is held to the FAPI 2.0 Security Profile: strong client authentication whose assertions name the issuer
    /// alone, algorithms of section 5.4.1 only, sender-constrained tokens; elsewhere, pushed requests and PKCE.
    pub fn is_fapi2(&self) -> bool {
        self.profile == FAPI2
    }

    /// The keys in the registration itself.
    pub fn inline_keys(&self) -> Result<JwkSet, BadKeys> {
        let text = self.jwks.as_ref().map(Value::to_string).unwrap_or_default();
        jws::key_set(text.as_bytes())
    }

    /// What its certificate must say, by the name of the member: (name, value).
    pub fn certificate_names(&self) -> Vec<(&'static str, &str)> {
        [
            ("tls_client_auth_subject_dn", &self.tls_client_auth_subject_dn),
            ("tls_client_auth_san_dns", &self.tls_client_auth_san_dns),
            ("tls_client_auth_san_uri", &self.tls_client_auth_san_uri),
            ("tls_client_auth_san_ip", &self.tls_client_auth_san_ip),
            ("tls_client_auth_san_email", &self.tls_client_auth_san_email),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.as_str()))
        .collect()
    }

    /// The rules.
    pub(in crate::oauth::application) fn check(&self, client_type: ClientType, errors: &mut Errors) {
        if !self.profile.is_empty() && !self.is_fapi2() {
            errors.add("profile", "Choose a profile of the list.");
        }
        self.check_method(client_type, errors);
        self.check_keys(errors);
        if self.tls_client_certificate_bound_access_tokens && self.dpop_bound_access_tokens {
            errors.add("dpop_bound_access_tokens", "Tokens are bound to a certificate or to a DPoP key, not to both.");
        }
        if self.is_fapi2() {
            self.check_fapi2(client_type, errors);
        }
    }

    fn check_method(&self, client_type: ClientType, errors: &mut Errors) {
        const METHOD: &str = "token_endpoint_auth_method";
        let method = self.method();
        if method.is_none() && !self.token_endpoint_auth_method.is_empty() {
            errors.add(METHOD, "Choose a method of the list.");
        }
        match (client_type, method) {
            (ClientType::Public, Some(method)) if method != Method::None => {
                errors.add(
                    METHOD,
                    "A public application cannot prove who it is. Make it confidential, or leave this out.",
                );
            }
            (ClientType::Confidential, Some(Method::None)) => {
                errors.add(METHOD, "A confidential application has to prove who it is. Choose how, or make it public.");
            }
            _ => {}
        }
        let names = self.certificate_names().len();
        // RFC 8705 section 2.1.2: "A client using the tls_client_auth authentication method MUST use exactly one of the
        // below metadata parameters".
        if method == Some(Method::Tls) && names != 1 {
            errors.add("tls_client_auth_subject_dn", "Say exactly one thing by which its certificate is recognised.");
        }
        if method != Some(Method::Tls) && names != 0 {
            errors.add("tls_client_auth_subject_dn", "This is for the method tls_client_auth alone.");
        }
        let ip = &self.tls_client_auth_san_ip;
        if !ip.is_empty() && ip.parse::<std::net::IpAddr>().is_err() {
            errors.add("tls_client_auth_san_ip", "This is no IP address.");
        }
        let needs_keys = matches!(method, Some(Method::PrivateKeyJwt | Method::SelfSignedTls));
        if needs_keys && self.jwks.is_none() && self.jwks_uri.is_empty() {
            errors.add(
                "jwks",
                "This way of proving who it is needs the public keys of the application, or their address.",
            );
        }
    }

    fn check_keys(&self, errors: &mut Errors) {
        // RFC 7591 section 2: "The jwks_uri and jwks parameters MUST NOT both be present in the same request or response."
        if self.jwks.is_some() && !self.jwks_uri.is_empty() {
            errors.add("jwks_uri", "Give the keys, or their address, and not both.");
        }
        if self.jwks.is_some() {
            match self.inline_keys() {
                Err(BadKeys::Shape) => errors.add("jwks", "This is not a JWK set: {\"keys\": [...]} is needed."),
                Err(BadKeys::Private) => errors.add(
                    "jwks",
                    "There is a private or symmetric key in it. Only public keys belong here; replace that key.",
                ),
                Err(BadKeys::Unusable) => errors.add(
                    "jwks",
                    "There is no key in it that can be used: RSA of 2048 bits or more, P-256, P-384 or Ed25519.",
                ),
                Ok(_) => {}
            }
        }
        let uri = &self.jwks_uri;
        let local = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let good = |url: Url| url.scheme() == "https" || (url.scheme() == "http" && local(&url));
        if !uri.is_empty() && (uri.len() > 2000 || !Url::parse(uri).is_ok_and(good)) {
            errors.add("jwks_uri", "An https address is needed.");
        }
        let algorithm = &self.token_endpoint_auth_signing_alg;
        if !algorithm.is_empty() && !jws::ALGORITHMS.iter().any(|known| format!("{known:?}") == *algorithm) {
            errors.add("token_endpoint_auth_signing_alg", "Choose an algorithm of the list.");
        }
    }

    fn check_fapi2(&self, client_type: ClientType, errors: &mut Errors) {
        // FAPI 2.0 Security Profile section 5.3.2.1: "shall authenticate clients using one of the following methods: MTLS as
        // specified in Section 2 of [RFC8705], or private_key_jwt", and "shall issue sender-constrained access tokens".
        let method = self.method();
        let strong = method == Some(Method::PrivateKeyJwt) || method.is_some_and(Method::is_tls);
        if client_type != ClientType::Confidential || !strong {
            errors.add(
                "profile",
                "FAPI 2.0 is for confidential applications with private_key_jwt or a client certificate.",
            );
        }
        if !self.dpop_bound_access_tokens && !self.tls_client_certificate_bound_access_tokens {
            errors.add("profile", "FAPI 2.0 binds every token: choose DPoP or the client certificate.");
        }
        let algorithm = &self.token_endpoint_auth_signing_alg;
        if !algorithm.is_empty() && !jws::STRONG.iter().any(|known| format!("{known:?}") == *algorithm) {
            errors.add("token_endpoint_auth_signing_alg", "FAPI 2.0 allows PS256, ES256 and EdDSA.");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(client_type: ClientType, members: &Value) -> Vec<String> {
        let metadata: ClientMetadata = serde_json::from_value(members.clone()).unwrap();
        let mut errors = Errors::default();
        metadata.check(client_type, &mut errors);
        let names = [
            "profile",
            "token_endpoint_auth_method",
            "token_endpoint_auth_signing_alg",
            "jwks",
            "jwks_uri",
            "tls_client_auth_subject_dn",
            "tls_client_auth_san_ip",
            "dpop_bound_access_tokens",
        ];
        names.into_iter().filter(|name| errors.has(name)).map(str::to_owned).collect()
    }

    #[test]
    fn every_rule_names_its_member() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let keys = json!({"keys": [key]});
        let private = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "AA"}]});
        let confidential = |members: Value| faults(ClientType::Confidential, &members);
        let none: [&str; 0] = [];
        for good in [
            json!({}),
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks"}),
            json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example"}),
            json!({"profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": keys, "dpop_bound_access_tokens": true}),
        ] {
            assert_eq!(confidential(good.clone()), none, "{good}");
        }
        for (bad, name) in [
            (json!({"profile": "x"}), "profile"),
            (json!({"token_endpoint_auth_method": "client_secret_jwt"}), "token_endpoint_auth_method"),
            (json!({"token_endpoint_auth_method": "none"}), "token_endpoint_auth_method"),
            (json!({"token_endpoint_auth_method": "private_key_jwt"}), "jwks"),
            (json!({"jwks": private}), "jwks"),
            (json!({"jwks": {"keys": []}}), "jwks"),
            (json!({"jwks": keys, "jwks_uri": "https://app.example/jwks"}), "jwks_uri"),
            (json!({"jwks_uri": "http://app.example/jwks"}), "jwks_uri"),
            (json!({"token_endpoint_auth_signing_alg": "HS256"}), "token_endpoint_auth_signing_alg"),
            (json!({"token_endpoint_auth_signing_alg": "none"}), "token_endpoint_auth_signing_alg"),
            (json!({"token_endpoint_auth_method": "tls_client_auth"}), "tls_client_auth_subject_dn"),
            (
                json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a", "tls_client_auth_san_ip": "::1"}),
                "tls_client_auth_subject_dn",
            ),
            (json!({"tls_client_auth_san_dns": "a"}), "tls_client_auth_subject_dn"),
            (
                json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a"}),
                "tls_client_auth_san_ip",
            ),
            (
                json!({"tls_client_certificate_bound_access_tokens": true, "dpop_bound_access_tokens": true}),
                "dpop_bound_access_tokens",
            ),
            (json!({"profile": "fapi2", "dpop_bound_access_tokens": true}), "profile"),
            (json!({"profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": keys}), "profile"),
        ] {
            assert_eq!(confidential(bad.clone()), [name], "{bad}");
        }
        let public = faults(ClientType::Public, &json!({"token_endpoint_auth_method": "client_secret_post"}));
        assert_eq!(public, ["token_endpoint_auth_method"]);
    }
}
