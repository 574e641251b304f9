//! The parameters of a backchannel authentication request (CIBA core section 7.1).

use crate::oauth::{error::Error, protocol::Form};

/// What may be asked; everything else is ignored.
const NAMES: [&str; 9] = [
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
];

/// What was asked.
pub(super) struct Parameters {
    pairs: Vec<(&'static str, String)>,
    resources: Vec<String>,
}

impl Parameters {
    /// The parameters of a form.
    pub(super) fn of(form: &Form) -> Result<Self, Error> {
        if form.once("request")?.is_some() {
            return Err(Error::invalid_request("The client is not registered to sign its requests."));
        }
        let mut pairs = Vec::new();
        for name in NAMES {
            pairs.extend(form.once(name)?.map(|value| (name, value.to_owned())));
        }
        Ok(Self { pairs, resources: form.all("resource").into_iter().map(str::to_owned).collect() })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn resources(&self) -> Vec<&str> {
        self.resources.iter().map(String::as_str).collect()
    }
}
