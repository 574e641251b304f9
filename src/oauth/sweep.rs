//! Removes what has expired, a batch at a time, so that the one writer of SQLite is never held for long.

use entities::{
    accounts::session,
    oauth::{access_token, authorization_code, decoupled_request, grant, pushed_request, refresh_token, replay},
};
use sea_orm::{Condition, DbErr, QuerySelect as _, QueryTrait as _, prelude::*, sea_query::SelectStatement};

use crate::{clock::Timestamp, ctx::Ctx};

/// How many rows one transaction removes.
const BATCH: u64 = 500;

/// Expired rows are kept a little longer, so that a replay just after the expiry is still recognised as one.
const KEEP: i64 = 3600;

/// Removes every expired code, request, token, session and grant; returns how many.
pub async fn sweep(ctx: &Ctx) -> Result<u64, DbErr> {
    let before = ctx.clock.now() - KEEP;
    let mut removed = 0;
    removed += remove(
        ctx,
        authorization_code::Entity,
        authorization_code::Column::Id,
        expired(authorization_code::Column::Expires, before),
    )
    .await?;
    removed +=
        remove(ctx, access_token::Entity, access_token::Column::Id, expired(access_token::Column::Expires, before))
            .await?;
    removed +=
        remove(ctx, refresh_token::Entity, refresh_token::Column::Id, expired(refresh_token::Column::Expires, before))
            .await?;
    removed += remove(ctx, session::Entity, session::Column::Id, expired(session::Column::Expires, before)).await?;
    // Nobody looks at these after their time: what they stand for is refused for its age.
    let pushed = pushed_request::Column::Expires;
    removed += remove(ctx, pushed_request::Entity, pushed_request::Column::Id, expired(pushed, before + KEEP)).await?;
    let digest = replay::Column::Digest;
    removed += remove(ctx, replay::Entity, digest, expired(replay::Column::Expires, before + KEEP)).await?;
    let requests = expired(decoupled_request::Column::Expires, before);
    removed += remove(ctx, decoupled_request::Entity, decoupled_request::Column::Id, requests).await?;
    removed += remove(ctx, grant::Entity, grant::Column::Id, childless(before)).await?;
    Ok(removed)
}

fn expired(column: impl ColumnTrait, before: Timestamp) -> Condition {
    Condition::all().add(column.lt(before))
}

/// Grants of which neither code nor token is left.
fn childless(before: Timestamp) -> Condition {
    Condition::all()
        .add(grant::Column::Created.lt(before))
        .add(
            grant::Column::Id
                .not_in_subquery(grants_of(authorization_code::Entity, authorization_code::Column::GrantId)),
        )
        .add(grant::Column::Id.not_in_subquery(grants_of(refresh_token::Entity, refresh_token::Column::GrantId)))
        .add(grant::Column::Id.not_in_subquery(grants_of(access_token::Entity, access_token::Column::GrantId)))
        .add(
            grant::Column::Id.not_in_subquery(grants_of(decoupled_request::Entity, decoupled_request::Column::GrantId)),
        )
        .add(grant::Column::Id.not_in_subquery(last_of_sessions()))
}

/// While a session goes on, the last grant of each application in it says who has to be told when it ends.
fn last_of_sessions() -> SelectStatement {
    let live = session::Entity::find().select_only().column(session::Column::Sid).into_query();
    grant::Entity::find()
        .select_only()
        .column_as(grant::Column::Id.max(), "id")
        .filter(grant::Column::Sid.in_subquery(live))
        .group_by(grant::Column::Sid)
        .group_by(grant::Column::ApplicationId)
        .into_query()
}

/// The grants that a table's rows belong to. Without the NULLs, beside which nothing is ever `NOT IN`.
fn grants_of<E: EntityTrait>(_: E, column: E::Column) -> SelectStatement {
    E::find().select_only().column(column).filter(column.is_not_null()).into_query()
}

async fn remove<E: EntityTrait>(ctx: &Ctx, _: E, id: E::Column, which: Condition) -> Result<u64, DbErr> {
    let batch = || E::find().select_only().column(id).filter(which.clone()).limit(BATCH);
    let mut removed = 0;
    // Looked for by a reader first: nothing to do is no write.
    while E::find().filter(which.clone()).limit(1).one(ctx.db.reader()).await?.is_some() {
        let rows = batch().into_query();
        removed += ctx
            .db
            .write(|tx| async move {
                let delete = E::delete_many().filter(id.in_subquery(rows));
                delete.exec(&*tx).await.map(|done| done.rows_affected)
            })
            .await?;
    }
    Ok(removed)
}
