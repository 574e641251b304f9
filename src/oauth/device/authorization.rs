//! `/o/device-authorization/` (RFC 8628 sections 3.1 and 3.2).

use entities::oauth::decoupled_request;
use poem::{Request, Response, Route, handler, http::StatusCode, post};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use serde::Serialize;

use super::user_code;
use crate::{
    accounts::session::Origin,
    ctx::Ctx,
    db::{self, Tx},
    oauth::{
        application::GrantType,
        client,
        decoupled::{INTERVAL, Kind},
        error::{Code, Error},
        protocol::{self, Cors, Form, Server},
        resource,
        token::scope_parameter,
    },
    secret::{self, Kind as Value},
};

/// The most requests of one application from one address that may wait at a time.
const MAX_WAITING: u64 = 50;

pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/device-authorization", "POST", Cors::Registered, post(ask))
}

/// RFC 8628 section 3.2.
#[derive(Debug, Serialize)]
struct Answer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i32,
}

/// `POST /o/device-authorization/`. "The client authentication requirements of Section 3.2.1 of \[RFC6749\] apply to requests
/// on this endpoint".
#[handler]
async fn ask(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    let application = client::authenticate(&ctx, request, &form).await?;
    if !application.allows(GrantType::DeviceCode) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use the device authorization grant."));
    }
    let asked = scope_parameter(&form)?;
    let scopes = match &asked {
        Some(asked) => asked.narrowed_to(&application.scope()),
        None => application.default_scope(),
    };
    if scopes.is_empty() && asked.is_some() {
        return Err(Error::new(Code::InvalidScope, "The client is allowed none of the scopes that it asks for."));
    }
    let resources = resource::asked(&ctx, &form).await?;
    let (now, seconds) = (ctx.clock.now(), ctx.config.oauth.device_seconds);
    let origin = Origin::of(&ctx, request);
    let row = decoupled_request::ActiveModel {
        kind: Set(Kind::Device.name().to_owned()),
        application_id: Set(application.id),
        user_id: Set(None),
        scope: Set(scopes.to_string()),
        resources: Set(resource::lines(&resources)),
        binding_message: Set(None),
        address: Set(origin.address),
        user_agent: Set(origin.user_agent.chars().take(300).collect()),
        interval: Set(INTERVAL),
        created: Set(now),
        expires: Set(now + seconds),
        notify_tries: Set(0),
        ..Default::default()
    };
    let (device_code, user_code) = store(&ctx, row).await?;
    let user_code = user_code::shown(&user_code);
    let verification_uri = ctx.config.url("/o/device/");
    let answer = Answer {
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        device_code,
        user_code,
        verification_uri,
        expires_in: seconds,
        interval: INTERVAL,
    };
    Ok(protocol::json(StatusCode::OK, &answer))
}

/// Stores a request under new codes, and returns them. Of a hundred billion user codes two are the same now and then.
async fn store(ctx: &Ctx, row: decoupled_request::ActiveModel) -> Result<(String, String), Error> {
    for _ in 0..5 {
        let (device_code, user_code) = (Value::DeviceCode.generate(ctx.rng), user_code::generate(ctx.rng));
        let row = decoupled_request::ActiveModel {
            digest: Set(secret::digest(&device_code)),
            user_code: Set(Some(user_code.clone())),
            ..row.clone()
        };
        match ctx.db.write(|tx| async move { insert(&tx, row).await }).await {
            Ok(true) => return Ok((device_code, user_code)),
            Ok(false) => {
                return Err(Error::new(Code::TemporarilyUnavailable, "Too many requests wait for a person already.")
                    .status(StatusCode::TOO_MANY_REQUESTS));
            }
            Err(error) if db::violation(&error).is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::internal("no free user code was found"))
}

/// Whether there was room.
async fn insert(tx: &Tx, row: decoupled_request::ActiveModel) -> Result<bool, DbErr> {
    use decoupled_request::{Column, Entity};
    let waiting = Entity::find()
        .filter(Column::ApplicationId.eq(*row.application_id.as_ref()))
        .filter(Column::Address.eq(row.address.as_ref().as_str()))
        .filter(Column::Decided.is_null())
        .filter(Column::Expires.gt(*row.created.as_ref()));
    if waiting.count(&**tx).await? >= MAX_WAITING {
        return Ok(false);
    }
    Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(true)
}
