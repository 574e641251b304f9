//! The revocation endpoint (RFC 7009).

use entities::oauth::{access_token, grant, refresh_token};
use poem::{Request, Response, Route, handler, http::StatusCode, post};
use sea_orm::{DbErr, prelude::*};

use super::{
    application::Application,
    client,
    error::Error,
    issue,
    protocol::{self, Cors, Form, Server},
};
use crate::{
    clock::Timestamp,
    db::Tx,
    secret::{self, Kind},
};

/// The endpoint.
pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/revoke_token", "POST", Cors::Registered, post(revoke))
}

/// `POST /o/revoke_token/`. The `token_type_hint` is not needed: a token says what it is.
#[handler]
async fn revoke(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    let application = client::authenticate(&ctx, request, &form).await?;
    let token = form.required("token", "The parameter token is missing.")?;
    form.once("token_type_hint")?;
    let now = ctx.clock.now();
    let application = &application;
    let found = ctx.db.write(|tx| async move { end(&tx, application, token, now).await }).await?;
    match found {
        // "If this validation fails, the request is refused and the client is informed of the error."
        Found::Anothers => Err(Error::invalid_request("The token was issued to another client.")),
        // "The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if
        // the client submitted an invalid token."
        Found::Ended | Found::Nothing => Ok(protocol::json(StatusCode::OK, &serde_json::json!({}))),
    }
}

enum Found {
    Ended,
    Anothers,
    Nothing,
}

/// Ends a token, and with it the whole grant: "If the particular token is a refresh token and the authorization server
/// supports the revocation of access tokens, then the authorization server SHOULD also invalidate all access tokens based
/// on the same authorization grant. If the token passed to the request is an access token, the server MAY revoke the
/// respective refresh token as well."
async fn end(tx: &Tx, application: &Application, value: &str, now: Timestamp) -> Result<Found, DbErr> {
    let digest = secret::digest(value);
    let grant_id = if Kind::AccessToken.recognises(value) {
        let by_digest = access_token::Column::Digest.eq(digest);
        let Some(token) = access_token::Entity::find().filter(by_digest).one(&**tx).await? else {
            return Ok(Found::Nothing);
        };
        if token.application_id != application.id {
            return Ok(Found::Anothers);
        }
        // One of a grant is deleted with the grant: whoever works on a family locks its grant first.
        if token.grant_id.is_none() {
            access_token::Entity::delete_by_id(token.id).exec(&**tx).await?;
        }
        token.grant_id
    } else if Kind::RefreshToken.recognises(value) {
        let by_digest = refresh_token::Column::Digest.eq(digest);
        let found = refresh_token::Entity::find().filter(by_digest).find_also_related(grant::Entity).one(&**tx).await?;
        let Some((_, Some(grant))) = found else { return Ok(Found::Nothing) };
        if grant.application_id != application.id {
            return Ok(Found::Anothers);
        }
        Some(grant.id)
    } else {
        return Ok(Found::Nothing);
    };
    if let Some(grant_id) = grant_id {
        issue::revoke_grant(tx, grant_id, now).await?;
    }
    Ok(Found::Ended)
}
