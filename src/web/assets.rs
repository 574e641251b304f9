//! `/static/`: style sheets, scripts and images, embedded in the binary.
//!
//! A file is found by its exact name in a table, so there is no path to climb. Pages link with [`asset`], which puts a
//! part of the content's digest into the address: such an address may be kept forever.

use std::{collections::HashMap, sync::LazyLock};

use poem::{
    Endpoint, IntoResponse as _, Request, Response, Route,
    http::{HeaderValue, Method, StatusCode, header},
};
use sha2::{Digest as _, Sha256};

use crate::secret::hex;

struct Asset {
    kind: &'static str,
    bytes: &'static [u8],
    version: String,
}

macro_rules! assets {
    ($($name:literal => $kind:expr,)*) => {
        [$(($name, $kind, &include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/", $name))[..])),*]
    };
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";

static ASSETS: LazyLock<HashMap<&'static str, Asset>> = LazyLock::new(|| {
    let all = assets! {
        "css/stockade.css" => CSS,
        "js/stockade.js" => JS,
        "js/session.js" => JS,
        "img/logo.svg" => SVG,
        "img/favicon.svg" => SVG,
        "img/blank_image.png" => PNG,
        "img/blank_image.thumbnail.png" => PNG,
        "swagger-ui/swagger-ui.css" => CSS,
        "swagger-ui/swagger-ui-bundle.js" => JS,
        "swagger-ui/page.css" => CSS,
        "swagger-ui/start.js" => JS,
        "swagger-ui/redirect.js" => JS,
    };
    let asset = |(name, kind, bytes): (_, _, &'static [u8])| {
        let version = hex(&Sha256::digest(bytes)).chars().take(16).collect();
        (name, Asset { kind, bytes, version })
    };
    all.into_iter().map(asset).collect()
});

/// The address of a file under `static/`, for templates.
pub fn asset(name: &str) -> String {
    match ASSETS.get(name) {
        Some(asset) => format!("/static/{name}?v={}", asset.version),
        None => format!("/static/{name}"),
    }
}

/// Everything under `/static`.
pub fn routes() -> Route {
    Route::new().at("/*path", Static)
}

struct Static;

impl Endpoint for Static {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let name = request.raw_path_param("path").unwrap_or_default();
        let Some(asset) = ASSETS.get(name) else { return Ok(StatusCode::NOT_FOUND.into_response()) };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let allow = Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, "GET, HEAD");
            return Ok(allow.finish());
        }
        let tag = format!("\"{}\"", asset.version);
        let current = request.uri().query().and_then(|query| query.strip_prefix("v=")) == Some(&asset.version);
        let keep = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = request.header(header::IF_NONE_MATCH).unwrap_or_default();
        let known = known
            .split(',')
            .any(|t| matches!(t.trim().trim_start_matches("W/"), "*") || t.trim().trim_start_matches("W/") == tag);
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::builder().content_type(asset.kind).body(asset.bytes)
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // An SVG opened by itself is a document, and gets to load nothing.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        );
        if let Ok(tag) = HeaderValue::try_from(tag) {
            headers.insert(header::ETAG, tag);
        }
        Ok(response)
    }
}
