//! The browsable API: with `debug` on, whoever comes to an address below `/api` by a browser gets a page instead of bare
//! JSON. It has the answer with its links, what the list may be asked, what may be done there and with which scopes, and
//! forms to do it, without scripts. What it shows comes from the same metadata as `OPTIONS`.
//!
//! The page stands around the API and can do nothing that the API would not: it turns its own form into the request that a
//! client would have sent, which then meets the same guard (with the session's CSRF check), and dresses what comes back.

mod json;
mod sheet;

use poem::{
    Body, IntoResponse as _, Request, Response,
    http::{HeaderValue, Method, StatusCode, Uri, header},
};
use serde_json::Value;

use self::sheet::Sheet;
use super::{body::LIMIT, error::ApiError, guard::Matched, idiom::full_path, list::decode};
use crate::{
    accounts::{self, session},
    ctx::Ctx,
    web::{Frame, Page, csrf},
};

/// How many rows of a list are shown where the address does not say.
const ROWS: &str = "25";
/// What is longer is not shown on a page, but led to.
const SHOWN: usize = 1024 * 1024;

/// One visit by a browser.
#[derive(Debug)]
pub(super) struct Visit {
    frame: Frame,
    matched: Matched,
    method: Method,
    /// As the browser wrote it.
    path: String,
    query: String,
    /// What was sent by the page's form, so that it is not lost where it is refused.
    sent: Option<String>,
}

impl Visit {
    /// Whether a request is to be answered by a page; it is then told what that takes.
    pub(super) async fn of(request: &mut Request, wanted: bool) -> poem::Result<Option<Self>> {
        let Some(ctx) = request.data::<Ctx>().filter(|ctx| ctx.config.debug).cloned() else { return Ok(None) };
        if !(wanted || prefers_html(request)) {
            return Ok(None);
        }
        let login = session::current(&ctx, request).await.map_err(ApiError::from)?;
        let frame = accounts::frame(&ctx, request, login.as_ref());
        let (path, query) = (full_path(request.uri()), request.uri().query().unwrap_or_default().to_owned());
        let sent = unfold(request).await?;
        if request.method() == Method::GET {
            narrow(request);
        }
        let matched = Matched::default();
        request.set_data(matched.clone());
        Ok(Some(Self { frame, matched, method: request.method().clone(), path, query, sent }))
    }

    /// The page for an answer; what is neither JSON nor empty stays as it is.
    pub(super) async fn show(self, mut response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_owned());
        if !kind.is_none_or(|kind| kind.starts_with(b"application/json")) {
            return response;
        }
        let Ok(body) = response.take_body().into_bytes().await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let answer: Option<Value> =
            Some(&body).filter(|body| body.len() <= SHOWN).and_then(|body| serde_json::from_slice(body).ok());
        let status = response.status();
        let sheet = Sheet::of(self, status, answer.as_ref(), body.len());
        let page = Page(sheet).status(status).into_response();
        let (parts, body) = page.into_parts();
        response.headers_mut().extend(parts.headers);
        response.set_body(body);
        response
    }
}

/// Whether a client would rather read HTML than JSON (RFC 9110 section 12.5.1). One that takes anything is no browser.
fn prefers_html(request: &Request) -> bool {
    let accept = request.header(header::ACCEPT).unwrap_or_default();
    let quality = |wanted: &str| {
        let mut kinds = accept.split(',').map(|kind| kind.split(';').map(str::trim));
        kinds.find_map(|mut kind| {
            kind.next().filter(|name| name.eq_ignore_ascii_case(wanted))?;
            let quality = kind.find_map(|parameter| parameter.strip_prefix("q=")).map(str::parse::<f32>);
            Some(quality.and_then(Result::ok).unwrap_or(1.0))
        })
    };
    let html = quality("text/html").unwrap_or_default();
    html > 0.0 && html >= quality("application/json").unwrap_or_default()
}

/// Turns what the page's form sends into the request that it stands for, and returns its content. HTML forms know neither
/// PATCH nor JSON.
async fn unfold(request: &mut Request) -> poem::Result<Option<String>> {
    let is_form = request.content_type().is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method() != Method::POST || !is_form {
        return Ok(None);
    }
    let body = request.take_body().into_bytes_limit(LIMIT).await?;
    let fields = decode(&body).map_err(ApiError::Malformed)?;
    let field = |name: &str| fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let Some(method) = field("_method") else {
        // Somebody's own form.
        request.set_body(body);
        return Ok(None);
    };
    let methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = methods.into_iter().find(|other| other.as_str() == method);
    let method = method.ok_or_else(|| ApiError::Malformed("The form names no method that there is.".to_owned()))?;
    let content = field("_content").unwrap_or_default().to_owned();
    let token = field(csrf::FIELD).and_then(|token| HeaderValue::from_str(token).ok());
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(header::CONTENT_LENGTH);
    if let Some(token) = token {
        headers.insert(csrf::HEADER, token);
    }
    request.set_method(method);
    request.set_body(if content.trim().is_empty() { Body::empty() } else { Body::from(content.clone()) });
    Ok(Some(content))
}

/// Without `limit` a list is all of it, which is nothing to look at.
fn narrow(request: &mut Request) {
    let query = request.uri().query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "limit") {
        return;
    }
    let and = if query.is_empty() { "" } else { "&" };
    if let Ok(uri) = format!("{}?{query}{and}limit={ROWS}", request.uri().path()).parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

#[cfg(test)]
mod tests {
    use poem::Request;

    use super::prefers_html;

    #[test]
    fn only_who_asks_for_html_first_gets_a_page() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            (browser, true),
            ("text/html", true),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html;q=0.9, application/json;q=0.1", true),
            ("text/html;q=0", false),
        ] {
            let request = Request::builder().header("Accept", accept).finish();
            assert_eq!(prefers_html(&request), expected, "{accept}");
        }
    }
}
