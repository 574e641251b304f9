//! The frame around every `/api` answer: one router for all features, Django REST's errors, `InvenTree`'s headers.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route,
    endpoint::{BoxEndpoint, make_sync},
    get,
    http::{HeaderName, HeaderValue, Method, Uri, header},
};
use poem_openapi::{OpenApi, OpenApiService};

use super::{error, guard::Guarded};
use crate::{access::Cache, ctx::Ctx};

/// The API version that `InvenTree`'s clients read.
pub const API_VERSION: u32 = 534;
/// The `InvenTree` release whose contract this is.
pub const INVENTREE_VERSION: &str = "1.5.0";

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
    let document = service.spec();
    let schema = make_sync(move |_| document.clone().with_content_type("application/json"));
    Route::new()
        .at("/schema/", get(schema))
        .nest("/", service)
        .data(Arc::new(Cache::new(ctx.rng)))
        .around(frame)
        .boxed()
}

/// The path of a request as the client wrote it; the router has taken off where all this is mounted.
pub(super) fn full_path(uri: &Uri) -> String {
    format!("/api{}", uri.path())
}

async fn frame<E: Endpoint<Output: IntoResponse>>(inner: Arc<E>, request: Request) -> poem::Result<Response> {
    let method = request.method().clone();
    let uri = request.uri().clone();
    let site = request.data::<Ctx>().cloned();
    let mut response = match inner.call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => {
            let path = full_path(&uri);
            let url = site.map_or_else(|| path.clone(), |ctx| ctx.config.url(&path));
            error::response(error, &method, &url)
        }
    };
    if method == Method::HEAD {
        response.set_body(());
    }
    let headers = response.headers_mut();
    // The client compares the whole value, so no `charset` (which JSON does not have: RFC 8259 section 11).
    if headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json;")) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(HeaderName::from_static("x-inventree-api"), HeaderValue::from(API_VERSION));
    for (name, value) in [
        (HeaderName::from_static("x-inventree-version"), INVENTREE_VERSION),
        (header::VARY, "Authorization, Cookie"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    Ok(response)
}
