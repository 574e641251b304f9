//! The client configuration endpoint (RFC 7592): read, replace, delete, by the registration access token.

use entities::oauth::registration;
use poem::{Request, Response, handler, http::StatusCode};
use sea_orm::prelude::*;

use super::{Metadata, bearer, members, refusal::Refusal, statement};
use crate::{
    ctx::Ctx,
    limiter::Guess,
    oauth::{
        application::{self, Application, Grantor, Origin},
        protocol::{self, Server},
    },
    secret::{self, Kind},
    web::client_address,
};

/// The application of the address, if the token is its own.
///
/// Section 3: "If the client does not exist on this server, the server MUST respond with HTTP 401 Unauthorized". A
/// disabled one is as good as gone: its token must not bring it back (threats 11).
async fn found<'a>(ctx: &Ctx, request: &'a Request) -> Result<(Application, &'a str), Refusal> {
    let guess = [Guess::address(client_address(request, &ctx.config.trusted_proxies))];
    let token = bearer(request).ok_or_else(Refusal::token)?;
    let attempt = ctx.limiter.attempt(&guess).await.map_err(|_| Refusal::too_many())?;
    let client_id = request.raw_path_param("client_id").unwrap_or_default();
    let found =
        if Kind::Registration.recognises(token) { application::find(ctx.db.reader(), client_id).await? } else { None };
    if let Some(application) = found.filter(|found| found.is_active && found.origin() == Origin::Dynamic) {
        let row = registration::Entity::find_by_id(application.id).one(ctx.db.reader()).await?;
        let digest = row.and_then(|row| row.digest).unwrap_or_default();
        if secret::same(&digest, &secret::digest(token)) {
            attempt.right();
            return Ok((application, token));
        }
    }
    attempt.wrong();
    Err(Refusal::token())
}

/// `GET /o/register/<client_id>/` (section 2.1).
#[handler]
pub(super) async fn read(request: &Request, ctx: Server<'_>) -> Result<Response, Refusal> {
    let (application, token) = found(&ctx, request).await?;
    Ok(protocol::json(StatusCode::OK, &members::told(&ctx, &application, token, None)))
}

/// `PUT /o/register/<client_id>/` (section 2.2): what is left out goes back to its default.
#[handler]
pub(super) async fn replace(request: &Request, ctx: Server<'_>, metadata: Metadata) -> Result<Response, Refusal> {
    let (application, token) = found(&ctx, request).await?;
    let mut metadata = metadata.0;
    // "The client MUST include its client_id field in the request, and it MUST be the same as its currently issued
    // client identifier."
    if metadata.get("client_id").and_then(|id| id.as_str()) != Some(&application.client_id) {
        return Err(Refusal::metadata("client_id: the one that is being changed must be given."));
    }
    // "This request MUST NOT include the registration_access_token, registration_client_uri,
    // client_secret_expires_at, or client_id_issued_at fields."
    for name in
        ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"]
    {
        if metadata.contains_key(name) {
            return Err(Refusal::metadata(format!("{name}: this is not the client's to set.")));
        }
    }
    // "If the client includes the client_secret field in the request, the value of this field MUST match the currently
    // issued client secret for that client."
    if let Some(given) = metadata.remove("client_secret") {
        let given = given.as_str().unwrap_or_default();
        if !application::verify_secret(&ctx, &application, given).await? {
            return Err(Refusal::metadata("client_secret: this is not the secret of the client."));
        }
    }
    let stated = statement::apply(&ctx, metadata).await?;
    let draft = members::draft(&ctx, &stated.members, false)?;
    let stored = application::update(&ctx, &Grantor::operator(), application.id, &draft, None).await?;
    let body = members::told(&ctx, &stored.application, token, stored.secret.as_deref());
    Ok(protocol::json(StatusCode::OK, &body))
}

/// `DELETE /o/register/<client_id>/` (section 2.3): "the authorization server SHOULD immediately invalidate all existing
/// authorization grants and currently active access tokens, all refresh tokens".
#[handler]
pub(super) async fn remove(request: &Request, ctx: Server<'_>) -> Result<Response, Refusal> {
    let (application, _) = found(&ctx, request).await?;
    application::delete(&ctx, application.id).await?;
    tracing::info!(application = application.id, "an application removed itself");
    Ok(Response::builder().status(StatusCode::NO_CONTENT).header("cache-control", "no-store").finish())
}
