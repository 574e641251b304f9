//! How tokens are written and told, resource servers, token exchange and backchannel authentication, on the form.

use super::{Field, Kind, Section};
use crate::oauth::application::{Algorithm, metadata::tokens::Format};

pub(super) const TOKENS: Section = Section {
    id: "tokens",
    title: "Access tokens",
    lead: "What they look like, and whether answers about them are signed. The usual is right unless somebody asks for more.",
    fields: &[
        Field {
            name: "access_token_format",
            label: "Access token format",
            help: "An opaque token tells nothing to whoever sees it. A JWT can be read by other servers without asking this one.",
            kind: Kind::Choice(formats),
        },
        Field {
            name: "userinfo_signed_response_alg",
            label: "Signed userinfo",
            help: "The algorithm, for clients that want the answer as a signed JWT.",
            kind: Kind::Choice(algorithms),
        },
        Field {
            name: "introspection_signed_response_alg",
            label: "Signed introspection",
            help: "The algorithm of answers about tokens that are asked for as a signed JWT; RS256 where nothing is chosen.",
            kind: Kind::Choice(algorithms),
        },
    ],
};

pub(super) const RESOURCE_SERVER: Section = Section {
    id: "resource-server",
    title: "Resource server",
    lead: "Only for a service that takes access tokens of this server. Applications ask for tokens for it by its identifier, and it may look such tokens up.",
    fields: &[
        Field {
            name: "resource_identifier",
            label: "Identifier",
            help: "Its address, such as https://labels.example/api. It becomes the audience of the tokens, compared character by character.",
            kind: Kind::Line,
        },
        Field {
            name: "resource_token_format",
            label: "Format of its tokens",
            help: "A JWT if it checks tokens by itself; then a revoked one works there until it expires.",
            kind: Kind::Choice(formats),
        },
    ],
};

pub(super) const EXCHANGE: Section = Section {
    id: "token-exchange",
    title: "Token exchange",
    lead: "For the grant of that name: a service that was called with a token exchanges it for one of its own, in the person's name.",
    fields: &[Field {
        name: "token_exchange_subjects",
        label: "Whose tokens",
        help: "The client ids of the applications whose access tokens it may exchange, one a line.",
        kind: Kind::Lines,
    }],
};

pub(super) const CIBA: Section = Section {
    id: "ciba",
    title: "Backchannel authentication",
    lead: "For the grant of that name: how the application learns what the person decided.",
    fields: &[
        Field {
            name: "backchannel_token_delivery_mode",
            label: "How it learns",
            help: "By asking every few seconds, or by a call to its address below.",
            kind: Kind::Choice(modes),
        },
        Field {
            name: "backchannel_client_notification_endpoint",
            label: "Address that is called",
            help: "Only for Ping: an https address of the application.",
            kind: Kind::Line,
        },
        Field {
            name: "backchannel_authentication_request_signing_alg",
            label: "Signed requests",
            help: "The algorithm, if the application signs its requests with its keys; then none without a signature is taken.",
            kind: Kind::Choice(request_algorithms),
        },
    ],
};

fn formats() -> Vec<(&'static str, &'static str)> {
    Format::ALL.iter().map(|(_, word, label)| (*word, *label)).collect()
}

fn algorithms() -> Vec<(&'static str, &'static str)> {
    let all = Algorithm::ALL.iter().map(|algorithm| (algorithm.name(), algorithm.label()));
    [("", "Not chosen")].into_iter().chain(all).collect()
}

fn modes() -> Vec<(&'static str, &'static str)> {
    vec![("", "Poll: it asks"), ("ping", "Ping: it is told, then asks")]
}

fn request_algorithms() -> Vec<(&'static str, &'static str)> {
    let words = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
    [("", "Not signed")].into_iter().chain(words.map(|word| (word, word))).collect()
}
