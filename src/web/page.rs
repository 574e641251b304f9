//! A template as an answer, with the headers that every page has.

use askama::Template;
use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use url::{Host, Url};

/// An HTML page.
#[derive(Debug)]
pub struct Page<T> {
    template: T,
    status: StatusCode,
    targets: Vec<String>,
    scripts: Vec<String>,
    frames: Vec<String>,
}

/// An HTML page; named as the type, so that a handler reads `Ok(Page(Login { .. }).into_response())`.
#[expect(non_snake_case, reason = "reads as the constructor of the type")]
pub fn Page<T: Template>(template: T) -> Page<T> {
    Page { template, status: StatusCode::OK, targets: Vec::new(), scripts: Vec::new(), frames: Vec::new() }
}

impl<T: Template> Page<T> {
    /// Answers with another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Lets a form of this page end at an address elsewhere. Browsers apply `form-action` to the redirects that follow a
    /// form too, so the consent page, and a login on the way to it, must name where the application is called back.
    #[must_use]
    pub fn form_action(mut self, uri: &str) -> Self {
        self.targets.extend(source(uri));
        self
    }

    /// Lets the one inline script run whose text has this digest (CSP3 section 2.3.1, SHA-256 in base64).
    #[must_use]
    pub fn inline_script(mut self, sha256: &str) -> Self {
        self.scripts.push(format!(" 'sha256-{sha256}'"));
        self
    }
}

impl<T: Template> Page<T> {
    /// Lets this page show what is at an address elsewhere in a frame.
    #[must_use]
    pub fn frame(mut self, uri: &str) -> Self {
        self.frames.extend(source(uri));
        self
    }
}

/// The source expression (CSP3 section 2.3.1) that admits a URI, and as little else as can be said.
fn source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match (url.scheme(), url.host()) {
        ("javascript" | "data" | "blob" | "about" | "filesystem", _) => None,
        // The grammar has no IPv6 hosts; the scheme is the narrowest that can be said.
        ("http" | "https", Some(Host::Ipv6(_))) => Some(format!("{}:", url.scheme())),
        ("http" | "https", Some(_)) => Some(url.origin().ascii_serialization()),
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

impl<T: Template + Send> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.template.render() {
            Ok(html) => guarded(
                Response::builder().status(self.status).content_type("text/html; charset=utf-8").body(html),
                &self.targets,
                &self.scripts.concat(),
                &self.frames,
            ),
            Err(error) => {
                tracing::error!(%error, "a page does not render");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Adds the headers of a page: nothing from elsewhere, nothing inline, in nobody's frame, in no cache.
///
/// `Referrer-Policy` is `same-origin`, not `no-referrer`: both tell other sites nothing, but under the latter browsers
/// send `Origin: null` with our own forms, which [`super::csrf::check`] must refuse. No `Cross-Origin-Opener-Policy`: an
/// application that logs people in by a pop-up would lose its window.
pub fn secure(response: Response, targets: &[String]) -> Response {
    guarded(response, targets, "", &[])
}

fn guarded(mut response: Response, targets: &[String], scripts: &str, frames: &[String]) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'{scripts}; img-src 'self' data:; \
         form-action 'self'{}{}; {}{}{}frame-ancestors 'none'; base-uri 'none'",
        if targets.is_empty() { "" } else { " " },
        targets.join(" "),
        if frames.is_empty() { "" } else { "frame-src " },
        frames.join(" "),
        if frames.is_empty() { "" } else { "; " },
    );
    let fixed = [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn a_form_target_is_the_origin_or_the_scheme_and_nothing_of_the_rest() {
        for (uri, expected) in [
            ("https://app.example/cb?x=;%20script-src%20*", Some("https://app.example")),
            ("http://127.0.0.1:49152/cb", Some("http://127.0.0.1:49152")),
            ("http://[::1]:49152/cb", Some("http:")),
            ("com.example.app:/cb", Some("com.example.app:")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("not a uri", None),
            ("https://x; script-src *", None),
        ] {
            assert_eq!(source(uri).as_deref(), expected, "{uri}");
        }
    }
}
