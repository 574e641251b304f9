//! Cross-site request forgery: Django's convention, which `InvenTree`'s clients speak.
//!
//! A browser holds a random `csrftoken` cookie; what changes something must repeat it, in the hidden field `csrf_token` or
//! the header `X-CSRFToken`, which a foreign page cannot read. On top of that `Origin` (else `Referer`), which a foreign
//! page cannot choose, must be this site's if it is there: so a planted cookie alone does not help either.

use std::sync::{Arc, OnceLock};

use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response,
    http::header,
    web::cookie::{Cookie, SameSite},
};
use url::Url;

use super::cookie;
use crate::{clock::Rng, secret};

/// The cookie's name.
pub const COOKIE: &str = "csrftoken";
/// The header by which scripts repeat it.
pub const HEADER: &str = "X-CSRFToken";
/// The hidden field by which forms repeat it.
pub const FIELD: &str = "csrf_token";

/// Gives every request a [`Token`], and the browser its cookie once a token was shown to it.
#[derive(Debug, Clone)]
pub struct Csrf {
    secure: bool,
    rng: Rng,
}

impl Csrf {
    /// `secure`: browsers reach this server over TLS.
    pub const fn new(secure: bool, rng: Rng) -> Self {
        Self { secure, rng }
    }
}

/// The form token of a browser.
#[derive(Debug, Clone)]
pub struct Token(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    rng: Rng,
    sent: Option<String>,
    issued: OnceLock<String>,
}

impl Token {
    /// The token of a request.
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }

    /// The value for forms; a browser without one gets one.
    pub fn value(&self) -> String {
        let Parts { rng, sent, issued } = &*self.0;
        issued.get().or(sent.as_ref()).unwrap_or_else(|| issued.get_or_init(|| fresh(*rng))).clone()
    }

    /// Replaces the token, when somebody logs in: one from before is worth nothing.
    pub fn rotate(&self) {
        self.0.issued.get_or_init(|| fresh(self.0.rng));
    }
}

fn fresh(rng: Rng) -> String {
    secret::hex(&rng.bytes::<16>())
}

fn well_formed(value: &str) -> bool {
    (32..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn sent(request: &Request) -> Option<&str> {
    cookie::get(request, COOKIE).filter(|value| well_formed(value))
}

impl<E: Endpoint> Middleware<E> for Csrf {
    type Output = CsrfEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        CsrfEndpoint { inner, csrf: self.clone() }
    }
}

/// See [`Csrf`].
#[derive(Debug)]
pub struct CsrfEndpoint<E> {
    inner: E,
    csrf: Csrf,
}

impl<E: Endpoint> Endpoint for CsrfEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let sent = sent(&request).map(str::to_owned);
        let token = Token(Arc::new(Parts { rng: self.csrf.rng, sent, issued: OnceLock::new() }));
        request.extensions_mut().insert(token.clone());
        let mut response = self.inner.call(request).await?.into_response();
        if let Some(value) = token.0.issued.get() {
            let mut new = Cookie::new_with_str(COOKIE, value);
            new.set_path("/");
            new.set_same_site(SameSite::Lax);
            new.set_secure(self.csrf.secure);
            new.set_max_age(std::time::Duration::from_hours(365 * 24));
            cookie::set(&mut response, &new);
        }
        Ok(response)
    }
}

/// Why a request is not believed to come from one of our own pages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The browser did not send the cookie.
    #[error("the csrftoken cookie is missing")]
    NoCookie,
    /// The form or header does not repeat it.
    #[error("the form token is missing or not this browser's")]
    WrongToken,
    /// It was sent from another site.
    #[error("sent from {0}")]
    ForeignOrigin(String),
}

impl Failure {
    /// What the person is told.
    pub fn message(&self, site_origin: &str) -> String {
        match self {
            Self::NoCookie | Self::WrongToken => "This form is out of date, or your browser does not keep cookies. \
                 Please go back, reload the page and try again."
                .to_owned(),
            Self::ForeignOrigin(_) => format!(
                "This form was not sent from a page of this server. If you opened it under another address, \
                 please use {site_origin} instead."
            ),
        }
    }
}

/// Whether a request that changes something comes from one of our own pages.
pub fn check(request: &Request, submitted: Option<&str>, site_origin: &str) -> Result<(), Failure> {
    let text = |name| request.headers().get_all(name).into_iter().map(|v| v.to_str().unwrap_or("?"));
    let mut origins: Vec<String> = text(header::ORIGIN).map(str::to_owned).collect();
    if origins.is_empty() {
        let origin =
            |referer| Url::parse(referer).map_or_else(|_| "?".into(), |url| url.origin().ascii_serialization());
        origins = text(header::REFERER).map(origin).collect();
    }
    if let Some(foreign) = origins.into_iter().find(|origin| origin != site_origin) {
        return Err(Failure::ForeignOrigin(foreign));
    }
    let expected = sent(request).ok_or(Failure::NoCookie)?;
    match submitted {
        Some(value) if secret::same(value, expected) => Ok(()),
        _ => Err(Failure::WrongToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    const SITE: &str = "https://inv.example";

    fn request(headers: &[(&str, &str)]) -> Request {
        let cookie = format!("a=b; csrftoken={TOKEN}");
        let start = Request::builder().header("Cookie", cookie);
        headers.iter().fold(start, |request, (name, value)| request.header(*name, *value)).finish()
    }

    #[test]
    fn the_token_must_be_the_cookies() {
        assert_eq!(check(&request(&[]), Some(TOKEN), SITE), Ok(()));
        assert_eq!(check(&request(&[]), None, SITE), Err(Failure::WrongToken));
        assert_eq!(check(&request(&[]), Some(""), SITE), Err(Failure::WrongToken));
        assert_eq!(check(&request(&[]), Some(&TOKEN.to_uppercase()), SITE), Err(Failure::WrongToken));
        assert_eq!(check(&Request::default(), Some(TOKEN), SITE), Err(Failure::NoCookie));
        let planted = Request::builder().header("Cookie", "csrftoken=").finish();
        assert_eq!(check(&planted, Some(""), SITE), Err(Failure::NoCookie));
    }

    #[test]
    fn an_origin_or_else_a_referer_must_be_the_sites() {
        for (headers, allowed) in [
            (&[("Origin", SITE)][..], true),
            (&[("Origin", "null")], false),
            (&[("Origin", "https://evil.example")], false),
            (&[("Origin", "http://inv.example")], false),
            (&[("Origin", "https://inv.example.evil.example")], false),
            (&[("Origin", SITE), ("Origin", "https://evil.example")], false),
            (&[("Referer", "https://inv.example/accounts/login/?next=/")], true),
            (&[("Referer", "https://evil.example/https://inv.example/")], false),
            (&[("Referer", "https://inv.example@evil.example/")], false),
            (&[("Referer", "nonsense")], false),
            (&[("Origin", SITE), ("Referer", "https://evil.example/")], true),
        ] {
            assert_eq!(check(&request(headers), Some(TOKEN), SITE).is_ok(), allowed, "{headers:?}");
        }
    }
}
