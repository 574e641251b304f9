//! Serving them. Whatever a file holds, a browser must not run it in this server's name: its type is the one that its
//! name says, is not guessed (`nosniff`), and a document that is one after all has no rights (`sandbox`).

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Route,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::CookieJarManager,
};

use poem_openapi::OAuthScopes;

use super::{PARTS, RESULTS, file::is_extension, folder};
use crate::{
    access::{Cache, Refused, Required, Visitor},
    ctx::Ctx,
    inventory::{part::Parts, stock::StockItems},
    rest::{ApiError, Resource as _},
    scope::Need,
};

/// Everything under `/media`.
pub fn routes(ctx: &Ctx) -> BoxEndpoint<'static> {
    Route::new()
        .at(format!("/{PARTS}/:file"), Files { folder: PARTS, need: Parts::VIEW })
        .at(format!("/{RESULTS}/:file"), Files { folder: RESULTS, need: StockItems::VIEW })
        .data(Arc::new(Cache::new(ctx.rng)))
        .with(CookieJarManager::new())
        .boxed()
}

/// The files of one folder, and what it takes to read them.
struct Files {
    folder: &'static str,
    need: Need,
}

impl Endpoint for Files {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(match self.file(&request).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        })
    }
}

impl Files {
    async fn file(&self, request: &Request) -> poem::Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(StatusCode::METHOD_NOT_ALLOWED.into_response());
        }
        let who = Visitor::of(request).await?.0.ok_or(Refused::Anonymous)?;
        Required::parse(&[OAuthScopes::name(&self.need)]).ok_or(Refused::Right)?.check(&who)?;
        let ctx = request.data::<Ctx>().ok_or(ApiError::NoEndpoint)?;
        let name = request.raw_path_param("file").unwrap_or_default();
        let kind = kind(name).ok_or(ApiError::Other(StatusCode::NOT_FOUND, "Not found.".into()))?;
        let tag = format!("\"{name}\"");
        let known = request.headers().get_all(header::IF_NONE_MATCH).iter().any(|v| v.as_bytes() == tag.as_bytes());
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let read = tokio::fs::read(folder(ctx, self.folder).join(name)).await;
            let bytes = read.map_err(|_| ApiError::Other(StatusCode::NOT_FOUND, "Not found.".into()))?;
            bytes.into_response()
        };
        if *request.method() == Method::HEAD {
            response.set_body(());
        }
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, kind),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (header::CONTENT_DISPOSITION, if kind.starts_with("image/") { "inline" } else { "attachment" }),
            // It never changes, but whether the caller may still see it is asked each time.
            (header::CACHE_CONTROL, "private, no-cache"),
            (header::VARY, "Authorization, Cookie"),
            (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

/// The type that a name says; none where it cannot be the name of a file of ours, so that there is no path to climb.
fn kind(name: &str) -> Option<&'static str> {
    let (stem, extension) = name.split_once('.')?;
    let extension = extension.strip_prefix("thumbnail.").unwrap_or(extension);
    let digest = stem.len() == 64 && stem.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let kind = match extension {
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        // Nothing that a browser would run.
        _ if is_extension(extension) => "application/octet-stream",
        _ => return None,
    };
    digest.then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn only_a_name_of_ours_is_looked_for() {
        let digest = "0".repeat(64);
        assert_eq!(kind(&format!("{digest}.png")), Some("image/png"));
        assert_eq!(kind(&format!("{digest}.thumbnail.jpg")), Some("image/jpeg"));
        assert_eq!(kind(&format!("{digest}.html")), Some("application/octet-stream"));
        for name in ["", "x.png", "..", "%2e%2e", &format!("{digest}.png.html"), &format!("../{digest}.png")] {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
