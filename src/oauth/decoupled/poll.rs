//! "Is it decided?", asked at the token endpoint (RFC 8628 section 3.5, CIBA core 11).

use entities::{
    accounts::user,
    oauth::{decoupled_request, grant},
};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::{INTERVAL, Kind};
use crate::{
    ctx::Ctx,
    db::Tx,
    oauth::{
        application::Application,
        error::{Code, Error},
        grant::{locked, not_good, stands},
        issue,
        resource::{self, Resource},
    },
};

/// A request that was approved, and for which resources its first token is to be.
pub(in crate::oauth) struct Approved {
    pub(in crate::oauth) grant: grant::Model,
    pub(in crate::oauth) user: user::Model,
    pub(in crate::oauth) audience: String,
}

/// The grant of a request that was approved, spent by this call; or what to tell the application, which is committed too:
/// how often it asked must be remembered.
pub(in crate::oauth) async fn poll(
    ctx: &Ctx,
    tx: &Tx,
    application: &Application,
    kind: Kind,
    digest: &str,
    asked: &[Resource],
) -> Result<Result<Approved, Error>, DbErr> {
    use decoupled_request::{Column, Entity};
    let now = ctx.clock.now();
    // Locked: of two that spend one code, the second sees what the first did.
    let by_digest = Entity::find().filter(Column::Digest.eq(digest)).filter(Column::Kind.eq(kind.name()));
    let found = by_digest.lock_exclusive().one(&**tx).await?;
    // Bound to whom it was given to: another's poll changes nothing.
    let Some(row) = found.filter(|row| row.application_id == application.id) else { return Ok(Err(not_good())) };

    if row.consumed.is_some() {
        // Whoever has a spent code has the client's own copy, so what came of it may be in two hands.
        if let Some(grant_id) = row.grant_id {
            tracing::warn!(
                client_id = application.client_id,
                grant_id,
                "a spent request was replayed; its grant is revoked"
            );
            issue::revoke_grant(tx, grant_id, now).await?;
        }
        return Ok(Err(not_good()));
    }
    if row.expires <= now {
        return Ok(Err(Error::new(Code::ExpiredToken, "The request has expired; start a new one.")));
    }
    match (row.decided, row.grant_id) {
        (None, _) => wait(tx, &row, now).await.map(Err),
        (Some(_), None) => Ok(Err(Error::new(Code::AccessDenied, "The person did not allow it."))),
        (Some(_), Some(grant_id)) => {
            let Some((grant, user)) = locked(tx, application, grant_id).await? else { return Ok(Err(not_good())) };
            if !stands(&grant, &user) {
                return Ok(Err(not_good()));
            }
            // A request for another resource than those that were granted spends nothing.
            let audience = match resource::among(ctx, asked, &grant.resources) {
                Ok(audience) => audience,
                Err(refused) => return Ok(Err(refused)),
            };
            let spent =
                Entity::update_many().col_expr(Column::Consumed, Expr::value(now)).filter(Column::Id.eq(row.id));
            spent.exec(&**tx).await?;
            Ok(Ok(Approved { grant, user, audience }))
        }
    }
}

/// "the authorization request is still pending and polling should continue, but the interval MUST be increased by 5 seconds
/// for this and all subsequent requests."
async fn wait(tx: &Tx, row: &decoupled_request::Model, now: i64) -> Result<Error, DbErr> {
    use decoupled_request::{Column, Entity};
    let hurried = row.polled.is_some_and(|polled| now - polled < i64::from(row.interval));
    let interval = if hurried { row.interval.saturating_add(INTERVAL) } else { row.interval };
    Entity::update_many()
        .col_expr(Column::Polled, Expr::value(now))
        .col_expr(Column::Interval, Expr::value(interval))
        .filter(Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    Ok(if hurried {
        Error::new(Code::SlowDown, "Ask less often: wait five seconds more between two requests.")
    } else {
        Error::new(Code::AuthorizationPending, "The person has not decided yet.")
    })
}
