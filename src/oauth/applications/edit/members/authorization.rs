//! Authorization requests and their answers, on the form.

use super::{Field, Kind, Section};
use crate::{
    oauth::{
        authorization_details,
        authorize::{REQUEST_OBJECT_ALGORITHMS, ResponseType},
        oidc::acr::Acr,
    },
    signing,
};

/// See [`crate::oauth::application::metadata::Authorization`].
pub(super) const SECTION: Section = Section {
    id: "authorization",
    title: "Authorization requests",
    lead: "How the application asks people to log in, and how it is answered. Most applications need nothing here.",
    fields: &[
        Field {
            name: "response_types",
            label: "Response types",
            help: "What passes the browser. None ticked is the code alone, which is right for every new application. \
                   A type with an access token shows it to the browser, its history and its extensions; it also needs \
                   oauth.front_channel_tokens in the configuration of this server.",
            kind: Kind::Words(response_types),
        },
        Field {
            name: "require_pushed_authorization_requests",
            label: "Requests must be pushed",
            help: "The application sends its request by itself first (RFC 9126), so that nobody can change it on the \
                   way through the browser.",
            kind: Kind::Tick,
        },
        Field {
            name: "require_signed_request_object",
            label: "Requests must be signed",
            help: "Only a request that is signed by a key of the application is heard (RFC 9101).",
            kind: Kind::Tick,
        },
        Field {
            name: "request_object_signing_alg",
            label: "Requests are signed with",
            help: "What signed requests must be signed with, if they are.",
            kind: Kind::Choice(request_algorithms),
        },
        Field {
            name: "request_uris",
            label: "Request URIs",
            help: "Where signed requests may be fetched from: https addresses, one a line.",
            kind: Kind::Lines,
        },
        Field {
            name: "authorization_signed_response_alg",
            label: "Answers are signed with",
            help: "Where the application asks for signed answers (a response_mode that ends with jwt).",
            kind: Kind::Choice(answer_algorithms),
        },
        Field {
            name: "authorization_details_types",
            label: "Authorization details",
            help: "What it may ask for in detail (RFC 9396), within its allowed scopes.",
            kind: Kind::Words(details),
        },
        Field {
            name: "default_max_age",
            label: "Longest time since the login",
            help: "In seconds. Who logged in before has to log in again. Blank for any time; a request may say otherwise.",
            kind: Kind::Number,
        },
        Field {
            name: "default_acr_values",
            label: "How people should have logged in",
            help: "What the application wishes where a request says nothing. It is told what was reached.",
            kind: Kind::Words(strengths),
        },
    ],
};

fn response_types() -> Vec<(&'static str, &'static str)> {
    ResponseType::ALL.map(|it| (it.name(), it.name())).to_vec()
}

fn request_algorithms() -> Vec<(&'static str, &'static str)> {
    let named = REQUEST_OBJECT_ALGORITHMS.map(|algorithm| (signing::word(algorithm), signing::word(algorithm)));
    [("", "Any of its keys")].into_iter().chain(named).collect()
}

fn answer_algorithms() -> Vec<(&'static str, &'static str)> {
    let named = signing::ALGORITHMS.map(|algorithm| (signing::word(algorithm), signing::word(algorithm)));
    [("", "RS256, unless chosen")].into_iter().chain(named).collect()
}

fn details() -> Vec<(&'static str, &'static str)> {
    authorization_details::TYPES.map(|name| (name, "inventory: actions on areas of the inventory")).to_vec()
}

fn strengths() -> Vec<(&'static str, &'static str)> {
    Acr::ALL.map(|acr| (acr.name(), acr.label())).to_vec()
}
