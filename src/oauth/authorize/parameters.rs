//! What was sent (RFC 6749 section 3.1).

use poem::Request;
use url::form_urlencoded;

use super::PATH;
use crate::web::form::{Form, Malformed};

/// The parameters of an authorization request.
#[derive(Debug, Clone)]
pub(super) struct Parameters(Form);

/// "Request and response parameters MUST NOT be included more than once."
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeated;

/// Our own notes in the address, beside the application's parameters.
pub(super) const CANCEL: &str = "cancel";
pub(super) const RELOGIN: &str = "relogin";

/// Every parameter that this endpoint looks at; "the authorization server MUST ignore unrecognized request parameters".
const KNOWN: [&str; 22] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "request",
    "request_uri",
    "registration",
    "display",
    "ui_locales",
    "acr_values",
    "claims",
    CANCEL,
    RELOGIN,
];

impl Parameters {
    pub(super) const fn new(form: Form) -> Self {
        Self(form)
    }

    pub(super) fn of_query(request: &Request) -> Result<Self, Malformed> {
        Form::parse(request.uri().query().unwrap_or_default().as_bytes()).map(Self)
    }

    /// A parameter; "parameters sent without a value MUST be treated as if they were omitted".
    pub(super) fn once(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.all(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Repeated),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// A parameter, once it is known that none is repeated.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    /// The first known parameter that is repeated.
    pub(super) fn repeated(&self) -> Option<&'static str> {
        KNOWN.into_iter().find(|name| self.once(name).is_err())
    }

    /// This request as an address of this server.
    pub(super) fn here(&self) -> String {
        self.at(PATH)
    }

    /// This request at another path of this server.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{path}?{}", self.query(&[]))
    }

    /// This request as a query string without some parameters.
    pub(super) fn query(&self, without: &[&str]) -> String {
        let pairs = self.0.pairs().filter(|(name, _)| !without.contains(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}
