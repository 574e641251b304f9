//! Dynamic client registration (RFC 7591, `OpenID` Connect Dynamic Client Registration 1.0) and its management (RFC 7592).
//!
//! Off unless the configuration says otherwise; then by an initial access token, or open within a quota. What registers
//! itself passes the same checks as what an administrator registers, may hold only what `oauth.registration` lists, and
//! is never taken for verified.

mod documents;
pub mod initial;
mod manage;
mod members;
mod refusal;
mod statement;

pub use documents::{ensure, find_or_fetch};
use poem::{FromRequest, Request, RequestBody, Response, Route, get, handler, http::StatusCode, http::header, post};
use sea_orm::{ActiveValue::Set, PaginatorTrait as _, prelude::*};
use serde_json::{Map, Value};

use entities::oauth::{application as row, registration};

pub(super) use self::refusal::Refusal;
use super::{
    application::{self, Grantor, Origin, Refused, Source, Stored},
    protocol::{self, Cors, Server},
};
use crate::{
    config::RegistrationPolicy,
    ctx::Ctx,
    limiter::Guess,
    secret::{self, Kind},
    web::client_address,
};

/// The largest registration.
const MAX_BYTES: usize = 64 * 1024;

/// The time over which registrations of one address are counted.
const WINDOW: i64 = 3600;

/// The path of the registration endpoint.
pub const PATH: &str = "/register/";

/// Whether applications may register themselves.
pub fn is_on(ctx: &Ctx) -> bool {
    ctx.config.oauth.registration.policy != RegistrationPolicy::Off
}

/// The endpoints.
pub(super) fn add_to(routes: Route) -> Route {
    let manage = get(manage::read).put(manage::replace).delete(manage::remove);
    let routes = protocol::add_if(routes, "/register", is_on, "POST", Cors::Everybody, post(register));
    protocol::add_if(routes, "/register/:client_id", is_on, "GET, PUT, DELETE", Cors::Everybody, manage)
}

/// The metadata of a request: one JSON object.
struct Metadata(Map<String, Value>);

impl<'a> FromRequest<'a> for Metadata {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let kind = request.content_type().unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            let refused = Refusal::metadata("The body must be application/json.");
            return Err(refused.status(StatusCode::UNSUPPORTED_MEDIA_TYPE).into());
        }
        let bytes = body.take()?.into_bytes_limit(MAX_BYTES).await.map_err(|_| {
            Refusal::metadata("The body is larger than 64 kB, or broke off.").status(StatusCode::PAYLOAD_TOO_LARGE)
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            _ => Err(Refusal::metadata("The body must be one JSON object.").into()),
        }
    }
}

/// The token of an `Authorization: Bearer` header.
fn bearer(request: &Request) -> Option<&str> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).into_iter();
    let (header, None) = (headers.next()?.to_str().ok()?, headers.next()) else { return None };
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// `POST /o/register/` (RFC 7591 section 3).
#[handler]
async fn register(request: &Request, ctx: Server<'_>, metadata: Metadata) -> Result<Response, Refusal> {
    let ctx = ctx.0;
    let address = client_address(request, &ctx.config.trusted_proxies);
    let guess = [Guess::address(address)];
    let (given, now) = (bearer(request), ctx.clock.now());
    let token = match given {
        Some(value) => {
            let attempt = ctx.limiter.attempt(&guess).await.map_err(|_| Refusal::too_many())?;
            let found = initial::find(ctx, value).await?;
            if found.is_none() {
                attempt.wrong();
                return Err(Refusal::token());
            }
            attempt.right();
            found
        }
        None if ctx.config.oauth.registration.policy == RegistrationPolicy::Open => None,
        None => return Err(Refusal::token()),
    };
    let origin = network(&guess);
    if token.is_none() {
        within_quota(ctx, &origin).await?;
    }
    let stated = statement::apply(ctx, metadata.0).await?;
    let draft = members::draft(ctx, &stated.members, token.is_some())?;
    let management = Kind::Registration.generate(ctx.rng);
    let source = Source::Dynamic {
        registration: registration::ActiveModel {
            digest: Set(Some(secret::digest(&management))),
            address: Set(origin),
            initial_access_token: Set(token.as_ref().map(|token| token.name.clone()).unwrap_or_default()),
            software_statement: Set(stated.issuer),
            created: Set(now),
            ..Default::default()
        },
        token: token.map(|token| token.id),
    };
    let stored = application::register_from(ctx, &Grantor::operator(), &draft, source).await;
    match stored {
        Ok(Stored { application, secret }) => {
            tracing::info!(application = application.id, "an application registered itself");
            let body = members::told(ctx, &application, &management, secret.as_deref());
            Ok(protocol::json(StatusCode::CREATED, &body))
        }
        // Another request spent the last use of the token.
        Err(Refused::Missing) => Err(Refusal::token()),
        Err(refused) => Err(refused.into()),
    }
}

/// An address as registrations are counted by it.
fn network(guess: &[Guess]) -> String {
    match guess {
        [Guess::Address(address)] => address.to_string(),
        _ => String::new(),
    }
}

/// RFC 7591 section 5: "the authorization server MUST ... protect the client registration endpoint ... rate-limited or
/// otherwise limited" where it is open.
async fn within_quota(ctx: &Ctx, address: &str) -> Result<(), Refusal> {
    let config = &ctx.config.oauth.registration;
    let since = ctx.clock.now() - WINDOW;
    let recent = registration::Entity::find()
        .filter(registration::Column::Address.eq(address))
        .filter(registration::Column::Created.gt(since))
        .count(ctx.db.reader())
        .await?;
    if recent >= config.per_hour {
        return Err(Refusal::too_many());
    }
    let all = row::Entity::find().filter(row::Column::Origin.eq(Origin::Dynamic.name()));
    if all.count(ctx.db.reader()).await? >= config.quota {
        tracing::warn!("the quota of applications that register themselves is used up");
        return Err(Refusal::too_many());
    }
    Ok(())
}
