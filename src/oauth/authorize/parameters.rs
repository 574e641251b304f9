//! What was sent (RFC 6749 section 3.1), and what counts of it.
//!
//! A request that was pushed (RFC 9126) or signed (RFC 9101) counts as it was pushed or signed; of the address only the
//! reference to it, the `client_id`, and our own notes are read then.

use poem::Request;
use url::form_urlencoded;

use super::PATH;
use crate::web::form::{Form, Malformed};

/// The parameters of an authorization request.
#[derive(Debug, Clone)]
pub(in crate::oauth) struct Parameters {
    /// In the address: this is what travels on to the login and to the consent.
    sent: Form,
    /// What counts instead, and where it is kept.
    kept: Option<(i32, Form)>,
}

/// "Request and response parameters MUST NOT be included more than once."
#[derive(Debug, Clone, Copy)]
pub(in crate::oauth) struct Repeated;

/// Our own notes in the address, beside the application's parameters.
pub(super) const CANCEL: &str = "cancel";
pub(super) const RELOGIN: &str = "relogin";

/// Every parameter that this endpoint looks at and that comes once; "the authorization server MUST ignore unrecognized
/// request parameters". RFC 8707 section 2 lets `resource` come several times.
const ONCE: [&str; 24] = [
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
    "authorization_details",
    "dpop_jkt",
    CANCEL,
    RELOGIN,
];

impl Parameters {
    pub(in crate::oauth) const fn new(sent: Form) -> Self {
        Self { sent, kept: None }
    }

    pub(super) fn of_query(request: &Request) -> Result<Self, Malformed> {
        Form::query(request).map(Self::new)
    }

    /// These, with what counts of them.
    pub(super) fn counting(self, id: i32, kept: Form) -> Self {
        Self { kept: Some((id, kept)), ..self }
    }

    /// Where what counts is kept, if it is.
    pub(super) fn kept(&self) -> Option<i32> {
        self.kept.as_ref().map(|(id, _)| *id)
    }

    fn form(&self) -> &Form {
        self.kept.as_ref().map_or(&self.sent, |(_, form)| form)
    }

    /// Every pair that counts.
    pub(super) fn counted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.form().pairs()
    }

    /// A parameter; "parameters sent without a value MUST be treated as if they were omitted".
    pub(in crate::oauth) fn once(&self, name: &str) -> Result<Option<&str>, Repeated> {
        once(self.form(), name)
    }

    /// A parameter, once it is known that none is repeated.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.form().get(name).filter(|value| !value.is_empty())
    }

    /// Who asks, according to the address.
    pub(super) fn client_id(&self) -> Result<Option<&str>, Repeated> {
        once(&self.sent, "client_id")
    }

    /// A parameter of the address.
    pub(super) fn sent(&self, name: &str) -> Result<Option<&str>, Repeated> {
        once(&self.sent, name)
    }

    /// A parameter that may come several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.form().all(name).filter(|value| !value.is_empty())
    }

    /// A note of our own.
    pub(super) fn note(&self, name: &str) -> Option<&str> {
        self.sent.get(name).filter(|value| !value.is_empty())
    }

    /// The first known parameter that is repeated.
    pub(super) fn repeated(&self) -> Option<&'static str> {
        ONCE.into_iter().find(|name| self.once(name).is_err())
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
        let pairs = self.sent.pairs().filter(|(name, _)| !without.contains(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

fn once<'a>(form: &'a Form, name: &str) -> Result<Option<&'a str>, Repeated> {
    let mut values = form.all(name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Repeated),
        (value, None) => Ok(value.filter(|value| !value.is_empty())),
    }
}
