//! What the API says of itself as a protected resource (RFC 9728), so that a client that knows nothing but its address
//! finds the authorization server.

use poem::{Endpoint, Request, Response, Route, http::header};
use serde_json::{Value, json};

use crate::{ctx::Ctx, scope::Scope};

/// Where the metadata of the API are: RFC 9728 section 3.1 inserts the well-known part between the host and the path.
const PATH: &str = "/.well-known/oauth-protected-resource/api";

/// The absolute address of the metadata, for `resource_metadata` in every challenge (RFC 9728 section 5.1).
pub fn url(ctx: &Ctx) -> String {
    ctx.config.url(PATH)
}

/// Adds the documents below `/.well-known`: of the API, and of this host as a whole, for clients that cut off the path.
pub fn add_to(routes: Route) -> Route {
    let routes = routes.at("/oauth-protected-resource", Metadata("")).at("/oauth-protected-resource/", Metadata(""));
    routes.at("/oauth-protected-resource/api", Metadata("/api")).at("/oauth-protected-resource/api/", Metadata("/api"))
}

/// The metadata of the resource at a path.
struct Metadata(&'static str);

impl Metadata {
    /// RFC 9728 section 2, and section 3.3: "The resource value returned MUST be identical to the protected resource's
    /// resource identifier value into which the well-known URI path suffix was inserted".
    fn document(&self, ctx: &Ctx) -> Value {
        json!({
            "resource": ctx.config.url(self.0),
            "resource_name": ctx.config.instance,
            "authorization_servers": [ctx.config.issuer()],
            "scopes_supported": Scope::all().map(|scope| scope.to_string()).collect::<Vec<_>>(),
            "bearer_methods_supported": ["header"],
            "resource_documentation": ctx.config.url("/api-doc/"),
        })
    }
}

impl Endpoint for Metadata {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        use poem::http::{Method, StatusCode};
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused = Response::builder().status(StatusCode::METHOD_NOT_ALLOWED);
            return Ok(refused.header(header::ALLOW, "GET, HEAD").finish());
        }
        let Some(ctx) = request.data::<Ctx>() else { return Err(StatusCode::INTERNAL_SERVER_ERROR.into()) };
        let answer = Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "public, max-age=300")
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let body = if request.method() == Method::HEAD { String::new() } else { self.document(ctx).to_string() };
        Ok(answer.body(body))
    }
}
