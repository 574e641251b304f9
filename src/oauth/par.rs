//! Pushed authorization requests (RFC 9126): the application sends its request by itself, authenticated, and the browser
//! carries only a reference to it.

use poem::{Request, Response, Route, handler, http::StatusCode, post};
use serde_json::json;

use super::{
    authorize, client, dpop,
    error::Error,
    protocol::{self, Cors, Form, Server},
};

/// The endpoint.
pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/par", "POST", Cors::Registered, post(par))
}

/// `POST /o/par/`.
#[handler]
async fn par(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    // "authenticates the client in the same way as at the token endpoint" (section 2.1).
    let application = client::authenticate(&ctx, request, &form).await?;
    let key = dpop::at_endpoint(&ctx, request).await?;
    let pushed = authorize::push(&ctx, application, &form, key).await?;
    Ok(protocol::json(
        StatusCode::CREATED,
        &json!({ "request_uri": pushed.request_uri, "expires_in": pushed.expires_in }),
    ))
}
