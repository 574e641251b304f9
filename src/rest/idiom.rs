//! The frame around every `/api` answer: one router for all features, Django REST's errors, `InvenTree`'s headers.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route,
    endpoint::BoxEndpoint,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
};
use poem_openapi::{OpenApi, OpenApiService};

use super::{
    browse::Visit,
    error::{self, ApiError},
    guard::Guarded,
};
use crate::{
    access::{self, Cache},
    ctx::Ctx,
    oauth::dpop,
};

/// The API version that `InvenTree`'s clients read.
pub const API_VERSION: u32 = 534;
/// The `InvenTree` release whose contract this is.
pub const INVENTREE_VERSION: &str = "1.5.0";

/// Where the document is.
const DOCUMENT: &str = "/schema/";

/// The API with its document.
pub fn service<A: OpenApi + 'static>(api: A) -> OpenApiService<Guarded<A>, ()> {
    OpenApiService::new(Guarded(api), "Stockade", env!("CARGO_PKG_VERSION"))
        .description(
            "The inventory API, compatible with InvenTree's. Right = what the user's roles allow AND what the \
             token's scopes allow.",
        )
        .server("/api")
}

/// Everything under `/api`: the features' operations, guarded, and the document that describes them.
pub fn routes<A: OpenApi + 'static>(ctx: &Ctx, api: A) -> BoxEndpoint<'static> {
    let service = service(api);
    Route::new()
        .at(DOCUMENT, Schema { json: service.spec(), yaml: service.spec_yaml() })
        .nest("/", service)
        .data(Arc::new(Cache::new(ctx.rng)))
        .around(frame)
        .boxed()
}

/// The path of a request as the client wrote it; the router has taken off where all this is mounted.
pub(super) fn full_path(uri: &Uri) -> String {
    format!("/api{}", uri.path())
}

/// The document, as `?format=` says, else as `Accept` does, else as JSON.
struct Schema {
    json: String,
    yaml: String,
}

/// What clients call YAML.
const YAML: [&str; 4] = ["application/vnd.oai.openapi", "application/yaml", "application/x-yaml", "text/yaml"];

impl Endpoint for Schema {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let body = error::not_allowed(request.method()).to_string().with_content_type("application/json");
            let answer = body.with_header(header::ALLOW, "GET, HEAD").with_status(StatusCode::METHOD_NOT_ALLOWED);
            return Ok(answer.into_response());
        }
        let accept = request.header(header::ACCEPT).unwrap_or_default().to_ascii_lowercase();
        let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
        let mut known = kinds.filter(|kind| YAML.contains(kind) || kind.ends_with("json") || *kind == "*/*");
        let yaml = match Format::of(request.uri()) {
            Format::Yaml => true,
            Format::Json => false,
            _ => known.next().is_some_and(|kind| YAML.contains(&kind)),
        };
        let (body, kind) = if yaml { (&self.yaml, "application/yaml") } else { (&self.json, "application/json") };
        Ok(body.clone().with_content_type(kind).into_response())
    }
}

/// What `?format=` asks for, which Django REST reads before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Unsaid,
    Json,
    /// The page for people; see [`super::browse`].
    Api,
    /// Of the document only.
    Yaml,
    Unknown,
}

impl Format {
    fn of(uri: &Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        match pairs.filter(|(name, _)| name == "format").last().as_ref().map(|(_, value)| value.as_ref()) {
            None | Some("") => Self::Unsaid,
            Some("json") => Self::Json,
            Some("api") => Self::Api,
            Some("yaml") => Self::Yaml,
            Some(_) => Self::Unknown,
        }
    }

    fn is_served_at(self, uri: &Uri, browsable: bool) -> bool {
        match self {
            Self::Unsaid | Self::Json => true,
            Self::Api => browsable,
            Self::Yaml => uri.path() == DOCUMENT,
            Self::Unknown => false,
        }
    }
}

async fn frame<E: Endpoint<Output: IntoResponse>>(inner: Arc<E>, mut request: Request) -> poem::Result<Response> {
    let method = request.method().clone();
    let uri = request.uri().clone();
    let (site, nonce) = (request.data::<Ctx>().cloned(), dpop::supply(&request));
    let metadata = site.as_ref().map(access::metadata_url);
    let format = Format::of(&uri);
    let visit = match format {
        Format::Unsaid | Format::Api if uri.path() != DOCUMENT => Visit::of(&mut request, format == Format::Api).await,
        _ => Ok(None),
    };
    let (visit, answer) = match visit {
        Ok(visit) if format.is_served_at(&uri, visit.is_some()) => (visit, inner.call(request).await),
        Ok(visit) => (visit, Err(ApiError::Other(StatusCode::NOT_FOUND, "Not found.".to_owned()).into())),
        Err(error) => (None, Err(error)),
    };
    let mut response = match answer {
        Ok(response) => response.into_response(),
        Err(error) => {
            let path = full_path(&uri);
            let url = site.map_or_else(|| path.clone(), |ctx| ctx.config.url(&path));
            error::response(error, &method, &url)
        }
    };
    if let Some(visit) = visit {
        response = visit.show(response).await;
    }
    if method == Method::HEAD {
        response.set_body(());
    }
    let headers = response.headers_mut();
    if let Some(nonce) = nonce {
        headers.insert(dpop::NONCE, nonce);
    }
    // RFC 9728 section 5.1: in every challenge, in this one place.
    if let (header::Entry::Occupied(mut challenges), Some(metadata)) =
        (headers.entry(header::WWW_AUTHENTICATE), metadata)
    {
        for challenge in challenges.iter_mut() {
            let text = challenge.to_str().ok().filter(|text| text.starts_with("Bearer ") || text.starts_with("DPoP "));
            let told = text.map(|text| HeaderValue::try_from(format!("{text}, resource_metadata=\"{metadata}\"")));
            if let Some(Ok(told)) = told {
                *challenge = told;
            }
        }
    }
    // The client compares the whole value, so no `charset` (which JSON does not have: RFC 8259 section 11).
    if headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json;")) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(HeaderName::from_static("x-inventree-api"), HeaderValue::from(API_VERSION));
    for (name, value) in [
        (HeaderName::from_static("x-inventree-version"), INVENTREE_VERSION),
        (header::VARY, "Accept, Authorization, Cookie"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    Ok(response)
}
