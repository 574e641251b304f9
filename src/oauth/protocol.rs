//! What the endpoints have in common that programs, not people, talk to: forms in, uncached JSON out, and never a page.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, FromRequest, IntoEndpoint, Request, RequestBody, Response, Route,
    http::{HeaderValue, Method, StatusCode, header},
    web::Data,
};
use serde::Serialize;

pub(super) use super::cors::Cors;
use super::{
    both,
    cors::Known,
    dpop,
    error::{Code, Error},
};
use crate::{ctx::Ctx, web::form};

/// An answer in JSON. RFC 6749 section 5.1: "The authorization server MUST include the HTTP Cache-Control response header
/// field with a value of no-store in any response containing tokens, credentials, or other sensitive information."
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    Response::builder()
        .status(status)
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::PRAGMA, "no-cache")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(text)
}

/// An answer that is a signed JWT, uncached like every other.
pub(super) fn jwt(media_type: &str, token: String) -> Response {
    Response::builder()
        .content_type(media_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::PRAGMA, "no-cache")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(token)
}

/// A form, each of whose parameters is sent once.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(form::Form);

impl Form {
    /// RFC 6749 section 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request.
    /// ... Request and response parameters MUST NOT be included more than once."
    pub(super) fn once(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.0.all(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Error::invalid_request("A parameter is included more than once.")),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// The values of a parameter that may come more than once (RFC 8707 section 2: `resource`).
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.all(name).filter(|value| !value.is_empty()).collect()
    }

    /// A parameter without which there is nothing to do.
    pub(super) fn required(&self, name: &str, missing: &'static str) -> Result<&str, Error> {
        self.once(name)?.ok_or_else(|| Error::invalid_request(missing))
    }

    /// Every pair, in the order sent.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.pairs()
    }

    /// Whether the request has a body that is a form.
    pub(super) fn is_in(request: &Request) -> bool {
        let kind = request.content_type().unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

impl<'a> FromRequest<'a> for Form {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        if !Self::is_in(request) {
            let refused = Error::invalid_request("The body must be application/x-www-form-urlencoded.");
            return Err(refused.status(StatusCode::UNSUPPORTED_MEDIA_TYPE).into());
        }
        let bytes = body.take()?.into_bytes_limit(form::MAX_BYTES).await.map_err(too_large)?;
        Ok(Self(form::Form::parse(&bytes).map_err(Error::from)?))
    }
}

/// Adds a protocol endpoint, with and without the trailing slash: its methods, CORS, and errors in JSON.
pub(super) fn add(
    routes: Route,
    path: &str,
    allow: &'static str,
    cors: Cors,
    endpoint: impl IntoEndpoint<Endpoint: Endpoint + 'static>,
) -> Route {
    add_if(routes, path, |_| true, allow, cors, endpoint)
}

/// [`add`], for an endpoint that the configuration may leave out: then it is not there at all.
pub(super) fn add_if(
    routes: Route,
    path: &str,
    is_on: fn(&Ctx) -> bool,
    allow: &'static str,
    cors: Cors,
    endpoint: impl IntoEndpoint<Endpoint: Endpoint + 'static>,
) -> Route {
    let endpoint = endpoint.into_endpoint().map_to_response();
    let known = Arc::new(Known::default());
    let serve = move |inner, request| serve_if(inner, request, is_on, allow, cors, known.clone());
    both(routes, path, endpoint.around(serve))
}

async fn serve_if<E: Endpoint<Output = Response>>(
    inner: Arc<E>,
    request: Request,
    is_on: fn(&Ctx) -> bool,
    allow: &'static str,
    cors: Cors,
    known: Arc<Known>,
) -> poem::Result<Response> {
    if request.data::<Ctx>().is_some_and(is_on) {
        serve(inner, request, allow, cors, known).await
    } else {
        Ok(json(StatusCode::NOT_FOUND, &serde_json::json!({"error": "not_found"})))
    }
}

async fn serve<E: Endpoint<Output = Response>>(
    inner: Arc<E>,
    mut request: Request,
    allow: &'static str,
    cors: Cors,
    known: Arc<Known>,
) -> poem::Result<Response> {
    let mut origin = None;
    let nonce = dpop::supply(&request);
    let mut response = if request.method() == Method::OPTIONS {
        origin = known.preflight(&request, cors).await.map_err(Error::from)?;
        preflight(allow, origin.is_some())
    } else if allow.split(", ").any(|method| method == request.method().as_str()) {
        if request.headers().contains_key(header::ORIGIN) {
            // The body tells for whom the answer is, and is then the endpoint's to read.
            let body = request.take_body().into_bytes_limit(form::MAX_BYTES).await.map_err(too_large)?;
            origin = known.answer(&request, cors, &body).await.map_err(Error::from)?;
            request.set_body(body);
        }
        match inner.call(request).await {
            Ok(response) => response,
            Err(error) => as_json(error),
        }
    } else {
        let refused = Error::invalid_request("This method is not allowed here.");
        let refused = refused.status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, allow);
        poem::error::ResponseError::as_response(&refused)
    };
    let headers = response.headers_mut();
    if let Some(nonce) = nonce {
        headers.insert(dpop::NONCE, nonce);
    }
    if cors == Cors::Registered {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate, DPoP-Nonce"));
    }
    Ok(response)
}

/// Ours as they are; the framework's in the same shape.
fn as_json(error: poem::Error) -> Response {
    if error.is::<Error>() || error.is::<super::register::Refusal>() {
        return error.into_response();
    }
    let status = error.status();
    let refused = if status.is_server_error() {
        Error::internal(error)
    } else {
        Error::new(Code::InvalidRequest, "The request cannot be understood.").status(status).log(error.to_string())
    };
    poem::error::ResponseError::as_response(&refused)
}

fn preflight(allow: &'static str, allowed: bool) -> Response {
    let response = Response::builder().status(StatusCode::NO_CONTENT).header(header::ALLOW, allow);
    if !allowed {
        return response.finish();
    }
    response
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, allow)
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, DPoP")
        .header(header::ACCESS_CONTROL_MAX_AGE, "600")
        .finish()
}

fn too_large(error: impl std::fmt::Display) -> Error {
    let refused = Error::invalid_request("The body is larger than 64 kB, or broke off.");
    refused.status(StatusCode::PAYLOAD_TOO_LARGE).log(error.to_string())
}

/// The context of a protocol handler.
pub(super) type Server<'a> = Data<&'a Ctx>;
