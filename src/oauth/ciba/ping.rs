//! Telling an application that the person has decided (CIBA core section 10.2). Only that: the tokens it fetches itself.
//!
//! Told at once, and again with growing pauses until the request has expired; what is due is in the database, so that a
//! restart forgets nothing and two nodes do not both tell.

use std::time::Duration;

use entities::oauth::decoupled_request::{Column, Entity, Model};
use poem::http::{HeaderMap, HeaderValue, header};
use sea_orm::{DbErr, QuerySelect as _, prelude::*, sea_query::ExprTrait as _};
use serde_json::json;

use super::request::Notification;
use crate::{clock::Timestamp, ctx::Ctx, egress::Limits, oauth::application, secret::Purpose};

/// Pauses after a failure, in seconds.
const PAUSES: [i64; 6] = [5, 15, 30, 60, 120, 300];

/// What an answer may cost: nobody reads it.
const LIMITS: Limits = Limits { bytes: 4096, time: Duration::from_secs(5) };

/// How many are told in one round.
const BATCH: u64 = 50;

/// Tells one in the background.
pub(super) fn soon(ctx: &Ctx, id: i32) {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        let told = async {
            let row = Entity::find_by_id(id).one(ctx.db.reader()).await?;
            match row {
                Some(row) => tell(&ctx, row).await,
                None => Ok(()),
            }
        };
        if let Err(error) = told.await {
            tracing::error!(%error, "a ping could not be sent");
        }
    });
}

/// Tells everybody to whom it is due.
pub async fn deliver(ctx: &Ctx) -> Result<(), DbErr> {
    let due = Entity::find().filter(Column::NotifyAt.lte(ctx.clock.now())).limit(BATCH).all(ctx.db.reader()).await?;
    let told = futures_util::future::join_all(due.into_iter().map(|row| tell(ctx, row))).await;
    told.into_iter().collect()
}

async fn tell(ctx: &Ctx, row: Model) -> Result<(), DbErr> {
    let now = ctx.clock.now();
    let Some(due) = row.notify_at.filter(|due| *due <= now) else { return Ok(()) };
    let next = usize::try_from(row.notify_tries).ok().and_then(|tries| PAUSES.get(tries)).map(|pause| now + pause);
    let next = next.filter(|next| *next < row.expires);
    if !claim(ctx, row.id, due, next).await? {
        return Ok(());
    }
    // A client that is gone, or registered otherwise by now, is not told.
    let Some(application) = application::by_id(ctx.db.reader(), row.application_id).await? else { return Ok(()) };
    let Some(endpoint) = application.metadata.ciba.notified_at() else { return Ok(()) };
    let Some((headers, body)) = message(ctx, &row) else { return Ok(()) };
    let answer = ctx.egress.post_with(endpoint, headers, body, &LIMITS).await;
    // A client that says no means it; one that does not answer, or cannot, is asked again.
    let is_done = answer.is_ok_and(|answer| !answer.status.is_server_error());
    if is_done && next.is_some() {
        set_due(ctx, row.id, None).await?;
    }
    Ok(())
}

/// Takes a ping for this node: of several that see it due, one sends it.
async fn claim(ctx: &Ctx, id: i32, due: Timestamp, next: Option<Timestamp>) -> Result<bool, DbErr> {
    ctx.db
        .write(|tx| async move {
            let claimed = Entity::update_many()
                .col_expr(Column::NotifyAt, Expr::value(next))
                .col_expr(Column::NotifyTries, Expr::col(Column::NotifyTries).add(1))
                .filter(Column::Id.eq(id))
                .filter(Column::NotifyAt.eq(due))
                .exec(&*tx)
                .await?;
            Ok::<_, DbErr>(claimed.rows_affected == 1)
        })
        .await
}

async fn set_due(ctx: &Ctx, id: i32, at: Option<Timestamp>) -> Result<(), DbErr> {
    ctx.db
        .write(|tx| async move {
            let update = Entity::update_many().col_expr(Column::NotifyAt, Expr::value(at)).filter(Column::Id.eq(id));
            update.exec(&*tx).await.map(drop)
        })
        .await
}

/// "the OP will make an HTTP POST Request to the endpoint with ... the `client_notification_token` ... as a bearer token ...
/// and the `auth_req_id`".
fn message(ctx: &Ctx, row: &Model) -> Option<(HeaderMap, Vec<u8>)> {
    let sealed = row.notification.as_deref()?;
    let opened = ctx.key.open(Purpose::Notification, &row.digest, sealed).ok()?;
    let Notification { auth_req_id, token } = serde_json::from_slice(&opened).ok()?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some((headers, json!({ "auth_req_id": auth_req_id }).to_string().into_bytes()))
}
