//! `/o/bc-authorize/` (CIBA core sections 7.1 to 7.3, and 13).

use entities::{accounts::user, oauth::decoupled_request};
use poem::{Request, Response, Route, handler, http::StatusCode, post};
use sea_orm::{ActiveValue::Set, Condition, DbErr, prelude::*};
use serde::{Deserialize, Serialize};

use super::{hint, parameters::Parameters};
use crate::{
    accounts::session::Origin,
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    oauth::{
        application::{Application, GrantType},
        client,
        decoupled::{INTERVAL, Kind},
        error::{Code, Error},
        protocol::{self, Cors, Form, Server},
        resource,
    },
    scope::{Scope, Scopes},
    secret::{self, Kind as Value, Purpose},
};

/// The longest message that a person can be expected to compare.
const MAX_MESSAGE: usize = 100;

/// The most requests that may wait for one person: of one application, and of all.
const MAX_WAITING: (u64, u64) = (2, 10);

/// The most requests in an hour by one application to one person, decided or not, so that nobody says yes to be left alone.
const MAX_HOURLY: u64 = 10;

/// The longest life that an application may ask for, in seconds.
const MAX_SECONDS: i64 = 1800;

pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/bc-authorize", "POST", Cors::Registered, post(ask))
}

/// CIBA core section 7.3.
#[derive(Debug, Serialize)]
struct Answer {
    auth_req_id: String,
    expires_in: i64,
    interval: i32,
}

/// What a ping needs, as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Notification {
    pub(super) auth_req_id: String,
    pub(super) token: String,
}

/// `POST /o/bc-authorize/`. "The Client MUST authenticate to the Backchannel Authentication Endpoint".
#[handler]
async fn ask(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    let application = client::authenticate(&ctx, request, &form).await?;
    if application.is_public() || !application.allows(GrantType::Ciba) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use backchannel authentication."));
    }
    let parameters = Parameters::of(&ctx, &application, &form).await?;
    let scopes = scopes(&application, &parameters)?;
    let message = binding_message(&parameters)?;
    let seconds = requested_expiry(&parameters, ctx.config.oauth.ciba_seconds)?;
    let token = notification_token(&application, &parameters)?;
    let resources = resource::parse(&ctx, &parameters.resources()).await?;
    // Last: what is wrong with the request itself says nothing about people.
    let person = hint::person(&ctx, &application, &parameters).await?;

    let (now, auth_req_id) = (ctx.clock.now(), Value::AuthReqId.generate(ctx.rng));
    let origin = Origin::of(&ctx, request);
    let digest = secret::digest(&auth_req_id);
    let row = decoupled_request::ActiveModel {
        kind: Set(Kind::Ciba.name().to_owned()),
        digest: Set(digest.clone()),
        user_code: Set(None),
        application_id: Set(application.id),
        user_id: Set(Some(person.id)),
        scope: Set(scopes.to_string()),
        resources: Set(resource::lines(&resources)),
        binding_message: Set(message),
        address: Set(origin.address),
        user_agent: Set(origin.user_agent.chars().take(300).collect()),
        interval: Set(INTERVAL),
        created: Set(now),
        expires: Set(now + seconds),
        notification: Set(token.map(|token| sealed(&ctx, &digest, &auth_req_id, token))),
        notify_tries: Set(0),
        ..Default::default()
    };
    let (person, application) = (&person, &application);
    let stored = ctx.db.write(|tx| async move { store(&tx, row, person, application, now).await }).await?;
    if !stored {
        return Err(Error::new(Code::AccessDenied, "Too many requests to this person.").status(StatusCode::FORBIDDEN));
    }
    Ok(protocol::json(StatusCode::OK, &Answer { auth_req_id, expires_in: seconds, interval: INTERVAL }))
}

/// "CIBA authentication requests MUST contain the openid scope value."
fn scopes(application: &Application, parameters: &Parameters) -> Result<Scopes, Error> {
    let text = parameters.get("scope").ok_or_else(|| Error::invalid_request("The parameter scope is missing."))?;
    let asked = Scopes::parse(text).map_err(|error| Error::new(Code::InvalidScope, error.description()))?;
    if !asked.contains(Scope::OpenId) {
        return Err(Error::new(Code::InvalidScope, "The scope must contain openid."));
    }
    let scopes = asked.narrowed_to(&application.scope());
    if !scopes.contains(Scope::OpenId) {
        return Err(Error::new(Code::InvalidScope, "The client is not allowed the scope openid."));
    }
    Ok(scopes)
}

/// "The binding message ... should be relatively short and use a limited set of plain text characters." Nothing in it may
/// hide or turn what stands around it.
fn binding_message(parameters: &Parameters) -> Result<Option<String>, Error> {
    let Some(message) = parameters.get("binding_message") else { return Ok(None) };
    let plain = |c: char| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation();
    if message.chars().count() > MAX_MESSAGE || !message.chars().all(plain) {
        let text =
            "The binding_message is too long, or holds characters other than letters, digits and plain punctuation.";
        return Err(Error::new(Code::InvalidBindingMessage, text));
    }
    Ok(Some(message.to_owned()))
}

/// "A positive integer allowing the client to request the `expires_in` value for the `auth_req_id` the server will return."
fn requested_expiry(parameters: &Parameters, usual: i64) -> Result<i64, Error> {
    match parameters.get("requested_expiry").map(str::parse::<u32>) {
        None => Ok(usual),
        Some(Ok(seconds)) if seconds > 0 => Ok(i64::from(seconds).min(MAX_SECONDS)),
        Some(_) => Err(Error::invalid_request("The requested_expiry is no positive number of seconds.")),
    }
}

/// "REQUIRED if the Client is registered to use Ping or Push modes. It is a bearer token provided by the Client that will be
/// used by the `OpenID` Provider to authenticate the callback request to the Client."
fn notification_token<'a>(application: &Application, parameters: &'a Parameters) -> Result<Option<&'a str>, Error> {
    if !application.metadata.ciba.is_pinged() {
        return Ok(None);
    }
    let missing = "The parameter client_notification_token is missing.";
    let token = parameters.get("client_notification_token").ok_or_else(|| Error::invalid_request(missing))?;
    // "The length of the token MUST NOT exceed 1024 characters and it MUST conform to the syntax for Bearer credentials".
    let syntax = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if token.len() > 1024 || !token.bytes().all(syntax) {
        return Err(Error::invalid_request("The client_notification_token is no bearer token."));
    }
    Ok(Some(token))
}

fn sealed(ctx: &Ctx, digest: &str, auth_req_id: &str, token: &str) -> Vec<u8> {
    let notification = Notification { auth_req_id: auth_req_id.to_owned(), token: token.to_owned() };
    let text = serde_json::to_vec(&notification).unwrap_or_default();
    ctx.key.seal(Purpose::Notification, digest, &text)
}

/// Whether there was room. Nobody can be flooded with questions until they say yes.
async fn store(
    tx: &Tx,
    row: decoupled_request::ActiveModel,
    person: &user::Model,
    application: &Application,
    now: Timestamp,
) -> Result<bool, DbErr> {
    use decoupled_request::{Column, Entity};
    let theirs = || Entity::find().filter(Column::UserId.eq(person.id)).filter(Column::Kind.eq(Kind::Ciba.name()));
    let own = || theirs().filter(Column::ApplicationId.eq(application.id));
    let waiting = || Condition::all().add(Column::Decided.is_null()).add(Column::Expires.gt(now));
    let full = own().filter(waiting()).count(&**tx).await? >= MAX_WAITING.0
        || theirs().filter(waiting()).count(&**tx).await? >= MAX_WAITING.1
        || own().filter(Column::Created.gt(now - 3600)).count(&**tx).await? >= MAX_HOURLY;
    if full {
        return Ok(false);
    }
    Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(true)
}
