//! The revocation endpoint (RFC 7009).

use entities::oauth::{access_token as row, grant, refresh_token};
use poem::{Request, Response, Route, handler, http::StatusCode, post};
use sea_orm::{DbErr, prelude::*};

use super::{
    access_token,
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
    let (now, application) = (ctx.clock.now(), &application);
    let found = match access_token::digest(&ctx, token).await? {
        Some(digest) => {
            ctx.db.write(|tx| async move { end_access_token(&tx, application, &digest, now).await }).await?
        }
        None if Kind::RefreshToken.recognises(token) => {
            ctx.db.write(|tx| async move { end_refresh_token(&tx, application, token, now).await }).await?
        }
        None => Found::Nothing,
    };
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

/// Ends an access token, and with it the whole grant: "If the token passed to the request is an access token, the server MAY
/// revoke the respective refresh token as well." One that was given in exchange for another application's takes only what
/// was exchanged for it in turn: the grant is not this application's to end.
async fn end_access_token(tx: &Tx, application: &Application, digest: &str, now: Timestamp) -> Result<Found, DbErr> {
    let by_digest = row::Entity::find().filter(row::Column::Digest.eq(digest));
    let Some(token) = by_digest.one(&**tx).await? else { return Ok(Found::Nothing) };
    if token.application_id != application.id {
        return Ok(Found::Anothers);
    }
    match token.grant_id.filter(|_| token.subject_id.is_none()) {
        // It is deleted with the grant: whoever works on a family locks its grant first.
        Some(grant_id) => issue::revoke_grant(tx, grant_id, now).await?,
        None => row::Entity::delete_by_id(token.id).exec(&**tx).await.map(drop)?,
    }
    Ok(Found::Ended)
}

/// Ends a refresh token: "If the particular token is a refresh token and the authorization server supports the revocation
/// of access tokens, then the authorization server SHOULD also invalidate all access tokens based on the same authorization
/// grant."
async fn end_refresh_token(tx: &Tx, application: &Application, value: &str, now: Timestamp) -> Result<Found, DbErr> {
    let by_digest = refresh_token::Column::Digest.eq(secret::digest(value));
    let found = refresh_token::Entity::find().filter(by_digest).find_also_related(grant::Entity).one(&**tx).await?;
    let Some((_, Some(grant))) = found else { return Ok(Found::Nothing) };
    if grant.application_id != application.id {
        return Ok(Found::Anothers);
    }
    issue::revoke_grant(tx, grant.id, now).await?;
    Ok(Found::Ended)
}
