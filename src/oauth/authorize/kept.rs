//! Authorization requests that this server keeps: those that were pushed (RFC 9126), and signed ones once they are
//! verified (RFC 9101), so that a person who takes time to log in is not stopped by the age of a signature.

use entities::oauth::pushed_request::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use url::form_urlencoded;

use super::{Parameters, target::Astray};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    oauth::application::Application,
    secret::{self, Kind},
    web::form::Form,
};

/// RFC 9126 section 2.2: "`expires_in` ... The request URI lifetime is at the discretion of the authorization server but will
/// typically be relatively short". In this time the browser has to come with it.
pub(in crate::oauth) const SECONDS: i64 = 60;

/// So long a person then has to log in and to read what is asked.
const OPENED_SECONDS: i64 = 600;

/// RFC 9126 section 2.2: what such a `request_uri` starts with.
const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Keeps a request that was checked; its `request_uri`.
pub(super) async fn keep<'a>(
    ctx: &Ctx,
    application: &Application,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, DbErr> {
    let value = Kind::PushedRequest.generate(ctx.rng);
    let now = ctx.clock.now();
    let row = ActiveModel {
        digest: Set(secret::digest(&value)),
        application_id: Set(application.id),
        parameters: Set(form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()),
        created: Set(now),
        expires: Set(now + SECONDS),
        opened: Set(None),
        consumed: Set(None),
        ..Default::default()
    };
    ctx.db.write(|tx| async move { Entity::insert(row).exec_without_returning(&*tx).await }).await?;
    Ok(format!("{URN}{value}"))
}

/// The address at which the browser goes on.
pub(super) fn address(application: &Application, request_uri: &str) -> String {
    let pairs = [("client_id", application.client_id.as_str()), ("request_uri", request_uri)];
    format!("{}?{}", super::PATH, form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// Whether a `request_uri` is of this kind.
pub(super) fn is_kept(request_uri: &str) -> bool {
    request_uri.starts_with(URN)
}

const GONE: &str = "The request to which the application refers (request_uri) is not known, has expired, was used \
                    already, or belongs to another application. Please start again in the application.";

/// The request behind a `request_uri`. RFC 9126 section 2.2: "the `request_uri` value ... MUST be bound to the client
/// identifier of the authorization request". It is spent when it is answered, not when it is looked at: the person may
/// have to log in, or load the page again (section 4).
pub(super) async fn open(
    ctx: &Ctx,
    application: &Application,
    parameters: Parameters,
    request_uri: &str,
) -> Result<Parameters, Astray> {
    let now = ctx.clock.now();
    let value = request_uri.strip_prefix(URN).unwrap_or_default();
    if !Kind::PushedRequest.recognises(value) {
        return Err(Astray::Wrong(GONE));
    }
    let row = Entity::find().filter(Column::Digest.eq(secret::digest(value))).one(ctx.db.reader()).await?;
    let row = row.filter(|row| row.application_id == application.id && row.consumed.is_none() && row.expires > now);
    let row = row.ok_or(Astray::Wrong(GONE))?;
    if row.opened.is_none() {
        opened(ctx, row.id, now).await?;
    }
    let kept = Form::parse(row.parameters.as_bytes()).map_err(|_| Astray::Wrong(GONE))?;
    Ok(parameters.counting(row.id, kept))
}

async fn opened(ctx: &Ctx, id: i32, now: Timestamp) -> Result<(), DbErr> {
    ctx.db
        .write(|tx| async move {
            Entity::update_many()
                .col_expr(Column::Opened, Expr::value(now))
                .col_expr(Column::Expires, Expr::value(now + OPENED_SECONDS))
                .filter(Column::Id.eq(id))
                .filter(Column::Opened.is_null())
                .exec(&*tx)
                .await
                .map(drop)
        })
        .await
}

/// Spends the request that was kept, if it was; false if another was faster. RFC 9126 section 7.3: "the authorization
/// server ... SHOULD treat `request_uri` values as one-time use."
pub(super) async fn spend(tx: &Tx, parameters: &Parameters, now: Timestamp) -> Result<bool, DbErr> {
    let Some(id) = parameters.kept() else { return Ok(true) };
    let spent = Entity::update_many()
        .col_expr(Column::Consumed, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Consumed.is_null())
        .exec(&**tx)
        .await?;
    Ok(spent.rows_affected == 1)
}

/// What a person reads whose request was answered meanwhile, in another window perhaps.
pub(super) fn gone() -> Astray {
    Astray::Wrong(GONE)
}
