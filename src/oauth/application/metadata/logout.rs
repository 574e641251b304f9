//! How an application learns that a session has ended (`OpenID` Connect Back-Channel Logout 1.0 section 2.2, Front-Channel
//! Logout 1.0 section 2).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::web::form::Errors;

/// The members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logout {
    /// Where this server sends logout tokens.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub backchannel_logout_uri: String,
    /// Whether it needs the `sid` in them; it always gets it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub backchannel_logout_session_required: bool,
    /// What the browser opens in a frame.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub frontchannel_logout_uri: String,
    /// Whether it needs `iss` and `sid` there; it always gets them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub frontchannel_logout_session_required: bool,
}

impl Logout {
    pub(super) fn check(&self, redirect_uris: &[String], errors: &mut Errors) {
        check("backchannel_logout_uri", &self.backchannel_logout_uri, errors);
        check("frontchannel_logout_uri", &self.frontchannel_logout_uri, errors);
        // Front-Channel Logout 2: "The domain, port, and scheme of this URL MUST be the same as that of a registered
        // Redirection URI value."
        let origin = |uri: &str| Url::parse(uri).ok().map(|url| url.origin());
        let uri = &self.frontchannel_logout_uri;
        if !uri.is_empty()
            && !errors.has("frontchannel_logout_uri")
            && !redirect_uris.iter().any(|registered| origin(registered) == origin(uri))
        {
            errors.add("frontchannel_logout_uri", "It must be on the same site as one of the redirect URIs.");
        }
    }
}

/// https, or http on this very machine. "It MUST NOT include a fragment component."
pub(super) fn check(field: &str, uri: &str, errors: &mut Errors) {
    if uri.is_empty() {
        return;
    }
    let is_good = Url::parse(uri).is_ok_and(|url| {
        let is_local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        (url.scheme() == "https" || url.scheme() == "http" && is_local)
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if !is_good || uri.len() > 2000 || uri.bytes().any(|b| !b.is_ascii_graphic()) {
        errors.add(field, "Give an address that begins with https://, without a fragment.");
    }
}
