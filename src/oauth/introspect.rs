//! The introspection endpoint (RFC 7662).
//!
//! A confidential client may look at its own tokens, and at no other's: what this server's own API accepts it asks itself.

use entities::{
    accounts::user,
    oauth::{grant, refresh_token},
};
use poem::{Request, Response, Route, handler, http::StatusCode, post};
use sea_orm::{DbErr, prelude::*};
use serde::Serialize;

use super::{
    access_token,
    application::Application,
    client,
    error::{Code, Error},
    protocol::{self, Cors, Form, Server},
    subject,
};
use crate::{
    ctx::Ctx,
    secret::{self, Kind},
};

/// The endpoint.
pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/introspect", "POST", Cors::Registered, post(introspect))
}

/// RFC 7662 section 2.2.
#[derive(Debug, Default, Serialize)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
}

/// `POST /o/introspect/`.
#[handler]
async fn introspect(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    let application = client::authenticate(&ctx, request, &form).await?;
    if application.is_public() {
        // RFC 7662 section 2.1: "the endpoint MUST also require some form of authorization to access this endpoint".
        return Err(Error::new(Code::UnauthorizedClient, "A public client cannot introspect tokens.")
            .status(StatusCode::FORBIDDEN));
    }
    let token = form.required("token", "The parameter token is missing.")?;
    form.once("token_type_hint")?;
    // "If the introspection call is properly authorized but the token is not active, does not exist on this server, or
    // the protected resource is not allowed to introspect this particular token, then ... active set to false ... SHOULD
    // NOT include any additional information."
    let found = match of_access_token(&ctx, &application, token).await? {
        Some(found) => Some(found),
        None => of_refresh_token(&ctx, &application, token).await?,
    };
    Ok(protocol::json(StatusCode::OK, &found.unwrap_or_default()))
}

async fn of_access_token(ctx: &Ctx, own: &Application, value: &str) -> Result<Option<Introspection>, DbErr> {
    let live = access_token::live(ctx, value).await?.filter(|live| live.application.id == own.id);
    Ok(live.map(|live| Introspection {
        active: true,
        scope: Some(live.scopes.to_string()),
        token_type: Some("Bearer"),
        exp: Some(live.token.expires),
        iat: Some(live.token.created),
        sub: Some(live.user.as_ref().map_or_else(|| subject::of_client(own), |user| subject::of(ctx, own, user))),
        username: live.user.map(|user| user.username),
        aud: Some(ctx.config.url("/api/")),
        ..about(ctx, own)
    }))
}

async fn of_refresh_token(ctx: &Ctx, own: &Application, value: &str) -> Result<Option<Introspection>, DbErr> {
    if !Kind::RefreshToken.recognises(value) {
        return Ok(None);
    }
    let found = refresh_token::Entity::find()
        .filter(refresh_token::Column::Digest.eq(secret::digest(value)))
        .find_also_related(grant::Entity)
        .one(ctx.db.reader())
        .await?;
    let Some((token, Some(grant))) = found else { return Ok(None) };
    let Some(user) = user::Entity::find_by_id(grant.user_id).one(ctx.db.reader()).await? else { return Ok(None) };
    let live = grant.application_id == own.id
        && token.consumed.is_none()
        && token.expires > ctx.clock.now()
        && super::grant::stands(&grant, &user);
    Ok(live.then(|| Introspection {
        active: true,
        scope: Some(grant.scope),
        exp: Some(token.expires),
        iat: Some(token.created),
        sub: Some(subject::of(ctx, own, &user)),
        username: Some(user.username),
        ..about(ctx, own)
    }))
}

fn about(ctx: &Ctx, own: &Application) -> Introspection {
    Introspection { client_id: Some(own.client_id.clone()), iss: Some(ctx.config.issuer()), ..Introspection::default() }
}
