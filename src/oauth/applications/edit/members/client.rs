//! How the application proves who it is, and what its tokens are bound to.

use super::{Field, Kind, Section};
use crate::{
    oauth::{
        application::{Method, metadata::client::FAPI2},
        jws,
    },
    signing,
};

/// The first section.
pub(super) const AUTHENTICATION: Section = Section {
    id: "client-authentication",
    title: "Authentication",
    lead: "How the application proves who it is. Without a choice here, a confidential application uses its secret.",
    fields: &[
        Field {
            name: "profile",
            label: "Profile",
            help: "FAPI 2.0 holds the application to the rules for banks: keys or certificates instead of a secret, every \
                   token bound to a key, requests pushed by the server.",
            kind: Kind::Choice(profiles),
        },
        Field {
            name: "token_endpoint_auth_method",
            label: "Method",
            help: "The one that is chosen is the only one that works. With keys or a certificate there is no secret that \
                   could leak. The two methods by certificate need TLS to be set up for it (see the configuration).",
            kind: Kind::Choice(methods),
        },
        Field {
            name: "token_endpoint_auth_signing_alg",
            label: "Algorithm of its assertions",
            help: "Only for private_key_jwt.",
            kind: Kind::Choice(algorithms),
        },
        Field {
            name: "jwks",
            label: "Public keys",
            help: "A JWK set: {\"keys\": [...]}. For private_key_jwt, for signed requests, and with x5c for self-signed \
                   certificates.",
            kind: Kind::Json,
        },
        Field {
            name: "jwks_uri",
            label: "Address of the public keys",
            help: "Instead of the keys themselves: an https address, looked at every few minutes and whenever a new key turns \
                   up, so that the application can change its keys by itself.",
            kind: Kind::Line,
        },
        Field {
            name: "tls_client_auth_subject_dn",
            label: "Certificate: subject",
            help: "For tls_client_auth, exactly one of these five. As in CN=app,O=Example,C=DE.",
            kind: Kind::Line,
        },
        Field { name: "tls_client_auth_san_dns", label: "Certificate: DNS name", help: "", kind: Kind::Line },
        Field { name: "tls_client_auth_san_uri", label: "Certificate: URI", help: "", kind: Kind::Line },
        Field { name: "tls_client_auth_san_ip", label: "Certificate: IP address", help: "", kind: Kind::Line },
        Field { name: "tls_client_auth_san_email", label: "Certificate: email", help: "", kind: Kind::Line },
    ],
};

/// The second section.
pub(super) const BINDING: Section = Section {
    id: "bound-tokens",
    title: "Bound tokens",
    lead: "A token that is bound to a key is worth nothing to a thief who does not have the key.",
    fields: &[
        Field {
            name: "dpop_bound_access_tokens",
            label: "Every token is bound to a DPoP key",
            help: "Requests without a DPoP proof get no token. Without this, proofs are welcome and not needed.",
            kind: Kind::Tick,
        },
        Field {
            name: "tls_client_certificate_bound_access_tokens",
            label: "Every token is bound to the client certificate",
            help: "Requests on connections without a client certificate get no token.",
            kind: Kind::Tick,
        },
    ],
};

fn profiles() -> Vec<(&'static str, &'static str)> {
    vec![("", "Default"), (FAPI2, "FAPI 2.0")]
}

fn methods() -> Vec<(&'static str, &'static str)> {
    let told = |method: &Method| match method {
        Method::None => (method.name(), "None (public applications)"),
        Method::SecretBasic => (method.name(), "Secret, in the Authorization header"),
        Method::SecretPost => (method.name(), "Secret, in the body"),
        Method::PrivateKeyJwt => (method.name(), "Signed assertion (private_key_jwt)"),
        Method::Tls => (method.name(), "Certificate of an authority (tls_client_auth)"),
        Method::SelfSignedTls => (method.name(), "Registered certificate (self_signed_tls_client_auth)"),
    };
    [("", "Secret, in the header or the body")].into_iter().chain(Method::ALL.iter().map(told)).collect()
}

fn algorithms() -> Vec<(&'static str, &'static str)> {
    let name = |algorithm| -> &'static str {
        NAMES.iter().find(|known| **known == signing::name(algorithm)).copied().unwrap_or_default()
    };
    let known = jws::ALGORITHMS.map(name);
    [("", "Any")].into_iter().chain(known.into_iter().map(|name| (name, name))).collect()
}

const NAMES: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
