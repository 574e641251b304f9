//! The introspection endpoint (RFC 7662), in JSON or as a signed JWT (RFC 9701).
//!
//! A confidential client may look at its own tokens, and a resource server at those that are for it; at no other's: what
//! this server's own API accepts it asks itself.

use entities::{
    accounts::user,
    oauth::{application, grant, refresh_token},
};
use poem::{
    Request, Response, Route, handler,
    http::{HeaderValue, StatusCode, header},
    post,
};
use sea_orm::{DbErr, prelude::*};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    access_token,
    application::Application,
    at_jwt, client,
    confirmation::Confirmation,
    error::{Code, Error},
    protocol::{self, Cors, Form, Server},
    resource, subject,
};
use crate::{
    ctx::Ctx,
    secret::{self, Kind},
};

/// RFC 9701 section 4: by which a resource server asks for a signed answer, and what it gets.
const SIGNED: &str = "application/token-introspection+jwt";

/// The JWT type of a signed answer (section 5).
const TYP: &str = "token-introspection+jwt";

/// The endpoint.
pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/introspect", "POST", Cors::Registered, post(introspect))
}

/// RFC 7662 section 2.2, with the members of RFC 9396, 9449 (and 8705), 8693 and 9470.
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
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Value>,
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
    let found = found.unwrap_or_default();
    if wants_jwt(request) {
        return signed(&ctx, &application, &found).await;
    }
    let mut response = protocol::json(StatusCode::OK, &found);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Whether the answer is to be a JWT. Named exactly: what takes anything gets JSON.
fn wants_jwt(request: &Request) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case(SIGNED))
}

/// RFC 9701 section 5: "iss", "aud" ("MUST identify the resource server receiving the token introspection response"), "iat",
/// and the answer as it is. "sub" and "exp" on the top level are left out, so that the whole is taken for no other JWT.
async fn signed(ctx: &Ctx, application: &Application, found: &Introspection) -> Result<Response, Error> {
    let claims = json!({
        "iss": ctx.config.issuer(),
        "aud": application.client_id,
        "iat": ctx.clock.now(),
        "token_introspection": found,
    });
    let jwt = ctx.signing.sign(application.metadata.tokens.introspection_algorithm(), TYP, &claims).await?;
    Ok(protocol::jwt(SIGNED, jwt))
}

async fn of_access_token(ctx: &Ctx, own: &Application, value: &str) -> Result<Option<Introspection>, DbErr> {
    let Some(live) = access_token::live(ctx, value).await? else { return Ok(None) };
    let audience = resource::audience(ctx, &live.token.audience);
    let is_for_own = own.resource_identifier.as_ref().is_some_and(|identifier| audience.contains(identifier));
    if live.application.id != own.id && !is_for_own {
        return Ok(None);
    }
    let access_token::Live { application, user, token, scopes, grant } = live;
    let grant = grant.filter(|grant| !grant.amr.is_empty());
    let cnf = token.cnf.as_deref().map(Confirmation::read);
    Ok(Some(Introspection {
        active: true,
        scope: Some(scopes.to_string()),
        token_type: Some(Confirmation::token_type(cnf.as_ref())),
        exp: Some(token.expires),
        iat: Some(token.created),
        nbf: Some(token.created),
        sub: Some(
            user.as_ref().map_or_else(|| subject::of_client(&application), |user| subject::of(ctx, &application, user)),
        ),
        username: user.map(|user| user.username),
        aud: Some(at_jwt::one_or_many(audience)),
        // Of one that is no JWT, a name that is no secret.
        jti: at_jwt::jti(value).or_else(|| token.digest.get(..32).map(str::to_owned)),
        auth_time: grant.as_ref().map(|grant| grant.auth_time),
        acr: grant.as_ref().map(at_jwt::acr_of),
        authorization_details: at_jwt::json(&token.authorization_details),
        cnf: token.cnf.as_deref().and_then(at_jwt::json),
        act: token.act.as_deref().and_then(at_jwt::json),
        ..about(ctx, &application)
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

fn about(ctx: &Ctx, application: &application::Model) -> Introspection {
    Introspection {
        client_id: Some(application.client_id.clone()),
        iss: Some(ctx.config.issuer()),
        ..Introspection::default()
    }
}
