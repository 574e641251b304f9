//! Back-channel logout (`OpenID` Connect Back-Channel Logout 1.0): tells applications that a session is over.
//!
//! What has to be told is in the database (see `accounts::logout_notice`), so that neither a restart nor an application
//! that is down for a while loses it. Of several instances, one delivers a notice: it moves `due` before it sends.

use std::time::Duration;

use entities::{
    accounts::user,
    oauth::{application, logout_notice},
};
use futures_util::future::join_all;
use sea_orm::{DbErr, QueryOrder as _, QuerySelect as _, prelude::*};
use serde_json::json;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    egress::Limits,
    oauth::{application::Application, oidc::id_token, subject},
    secret::hex,
    signing::SigningError,
};

/// Section 2.4: `typ`, so that a logout token is never taken for another JWT.
const TYP: &str = "logout+jwt";

/// Section 2.4: "The value ... MUST be a JSON object containing the member name ...".
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long a logout token is good for. Section 2.4 recommends two minutes at most.
const LIFETIME: i64 = 120;

/// How many are sent at once.
const BATCH: u64 = 50;

/// How long one application may take; nobody waits for it but itself.
const LIMITS: Limits = Limits { bytes: 16 * 1024, time: Duration::from_secs(5) };

/// For so long a notice belongs to the instance that took it.
const TAKEN: i64 = 60;

/// Seconds before the next attempt, by how many there were: about a day in all.
const PAUSES: [i64; 10] = [5, 30, 120, 300, 900, 1800, 3600, 7200, 21_600, 43_200];

/// Delivers what is due, all of it in parallel; how many there were.
pub async fn deliver(ctx: &Ctx) -> Result<usize, DbErr> {
    let now = ctx.clock.now();
    let due = logout_notice::Entity::find()
        .filter(logout_notice::Column::Due.lte(now))
        .order_by_asc(logout_notice::Column::Due)
        .limit(BATCH)
        .all(ctx.db.reader())
        .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let taken = take(ctx, due, now).await?;
    let outcomes = join_all(taken.iter().map(|notice| async move { (notice, send(ctx, notice).await) })).await;
    let now = ctx.clock.now();
    let outcomes = &outcomes;
    ctx.db
        .write(|tx| async move {
            for (notice, outcome) in outcomes {
                let pause = usize::try_from(notice.attempts).ok().and_then(|n| PAUSES.get(n));
                match (outcome, pause) {
                    (Outcome::Failed, Some(pause)) => {
                        logout_notice::Entity::update_many()
                            .col_expr(logout_notice::Column::Due, Expr::value(now + pause))
                            .col_expr(logout_notice::Column::Attempts, Expr::value(notice.attempts + 1))
                            .filter(logout_notice::Column::Id.eq(notice.id))
                            .exec(&*tx)
                            .await?;
                    }
                    _ => {
                        logout_notice::Entity::delete_by_id(notice.id).exec(&*tx).await?;
                    }
                }
            }
            Ok::<_, DbErr>(())
        })
        .await?;
    Ok(outcomes.len())
}

/// Those that no other instance took meanwhile.
async fn take(ctx: &Ctx, due: Vec<logout_notice::Model>, now: Timestamp) -> Result<Vec<logout_notice::Model>, DbErr> {
    ctx.db
        .write(|tx| async move {
            let mut taken = Vec::with_capacity(due.len());
            for notice in due {
                let moved = logout_notice::Entity::update_many()
                    .col_expr(logout_notice::Column::Due, Expr::value(now + TAKEN))
                    .filter(logout_notice::Column::Id.eq(notice.id))
                    .filter(logout_notice::Column::Due.eq(notice.due))
                    .exec(&*tx)
                    .await?;
                if moved.rows_affected == 1 {
                    taken.push(notice);
                }
            }
            Ok(taken)
        })
        .await
}

enum Outcome {
    /// The application knows, or there is nobody left to tell.
    Done,
    /// It has to be tried again.
    Failed,
}

async fn send(ctx: &Ctx, notice: &logout_notice::Model) -> Outcome {
    let token = match prepare(ctx, notice).await {
        Ok(Some(prepared)) => prepared,
        Ok(None) => return Outcome::Done,
        Err(error) => {
            tracing::error!(%error, "a logout token could not be made");
            return Outcome::Failed;
        }
    };
    let (uri, token) = token;
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    match ctx.egress.post(&uri, "application/x-www-form-urlencoded", body.into_bytes(), &LIMITS).await {
        // Section 2.8: "If the logout succeeded, the RP MUST respond with HTTP 200 OK." Some frameworks say 204.
        Ok(answer) if matches!(answer.status.as_u16(), 200 | 204) => Outcome::Done,
        Ok(answer) => {
            tracing::warn!(
                application = notice.application_id,
                status = answer.status.as_u16(),
                "a logout was refused"
            );
            Outcome::Failed
        }
        Err(error) => {
            tracing::warn!(application = notice.application_id, reason = error.log(), "a logout was not delivered");
            Outcome::Failed
        }
    }
}

/// Where to send, and what.
async fn prepare(ctx: &Ctx, notice: &logout_notice::Model) -> Result<Option<(String, String)>, SigningError> {
    let db = ctx.db.reader();
    let row = application::Entity::find_by_id(notice.application_id).one(db).await?.filter(|row| row.is_active);
    let person = user::Entity::find_by_id(notice.user_id).one(db).await?;
    let (Some(row), Some(person)) = (row, person) else { return Ok(None) };
    let application = Application::from(row);
    let uri = application.metadata.logout.backchannel_logout_uri.clone();
    if uri.is_empty() {
        return Ok(None);
    }
    let now = ctx.clock.now();
    // Section 2.4: no `nonce`, so that it cannot be abused as an ID token.
    let claims = json!({
        "iss": ctx.config.issuer(),
        "aud": application.client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": hex(&ctx.rng.bytes::<16>()),
        "sub": subject::of(ctx, &application, &person),
        "sid": notice.sid,
        "events": { EVENT: {} },
    });
    let token = ctx.signing.sign(id_token::algorithm(&application), TYP, &claims).await?;
    Ok(Some((uri, token)))
}
