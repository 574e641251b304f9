//! How many rows a list has.
//!
//! Counting costs more than the page itself as soon as a table is large, and clients page through a list by one request
//! after another. So a page that is not full counts itself, and another count is remembered by its [`Stamp`](crate::ctx::Stamp):
//! exact for what this process writes, and at most a second old for what another process does.

use std::future::Future;

use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait, QuerySelect as _, QueryTrait as _, Select, sea_query::Expr};

use crate::{ctx::Ctx, secret};

/// A page's rows and how many there are in all. `rows` reads the page; `narrowed` is the whole list.
pub(super) async fn counted<E: EntityTrait, M>(
    ctx: &Ctx,
    narrowed: Select<E>,
    (limit, offset): (u64, u64),
    rows: impl Future<Output = Result<Vec<M>, DbErr>>,
) -> Result<(Vec<M>, u64), DbErr> {
    let rows = rows.await?;
    let found = rows.len() as u64;
    let ends_here = found < limit && (found > 0 || offset == 0);
    let count = if ends_here { offset + found } else { count(ctx, narrowed).await? };
    Ok((rows, count))
}

async fn count<E: EntityTrait>(ctx: &Ctx, narrowed: Select<E>) -> Result<u64, DbErr> {
    let db = ctx.db.reader();
    let statement = narrowed.select_only().expr(Expr::cust("COUNT(*)")).build(db.get_database_backend());
    let (key, stamp) = (secret::digest(&statement.to_string()), ctx.stamp());
    if let Some((read, count)) = ctx.counts.get(&key)
        && read == stamp
    {
        return Ok(count);
    }
    let row = db.query_one_raw(statement).await?;
    let count = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
    let count = count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    ctx.counts.insert(key, (stamp, count));
    Ok(count)
}
