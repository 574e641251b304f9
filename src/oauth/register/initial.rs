//! Initial access tokens (RFC 7591 section 1.2): made by administrators, stored as digests, good for a number of
//! registrations until a day.

use entities::oauth::initial_access_token::{self, ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, DbErr, QueryOrder as _, prelude::*};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    secret::{self, Kind},
};

/// The bounds of a token's life, in seconds.
pub const SECONDS: (i64, i64) = (60, 366 * 86_400);

/// The most registrations that one token allows.
pub const MAX_USES: i32 = 10_000;

/// A token and its value, which is shown this once.
#[derive(Debug)]
pub struct Issued {
    /// The row.
    pub token: initial_access_token::Model,
    /// What the client sends.
    pub value: String,
}

/// Makes one.
pub async fn create(ctx: &Ctx, created_by: Option<i32>, name: &str, seconds: i64, uses: i32) -> Result<Issued, DbErr> {
    let now = ctx.clock.now();
    let value = Kind::InitialAccess.generate(ctx.rng);
    let row = ActiveModel {
        digest: Set(secret::digest(&value)),
        name: Set(name.chars().filter(|c| !c.is_control()).take(255).collect()),
        created_by: Set(created_by),
        created: Set(now),
        expires: Set(now.saturating_add(seconds.clamp(SECONDS.0, SECONDS.1))),
        uses_left: Set(uses.clamp(1, MAX_USES)),
        ..Default::default()
    };
    let token = ctx.db.write(|tx| async move { row.insert(&*tx).await }).await?;
    Ok(Issued { token, value })
}

/// All of them, the newest first.
pub async fn list(ctx: &Ctx) -> Result<Vec<initial_access_token::Model>, DbErr> {
    Entity::find().order_by_desc(Column::Id).all(ctx.db.reader()).await
}

/// Ends one; false if there is none with this id.
pub async fn revoke(ctx: &Ctx, id: i32) -> Result<bool, DbErr> {
    let done = ctx.db.write(|tx| async move { Entity::delete_by_id(id).exec(&*tx).await }).await?;
    Ok(done.rows_affected > 0)
}

/// The live token of that value.
pub(super) async fn find(ctx: &Ctx, value: &str) -> Result<Option<initial_access_token::Model>, DbErr> {
    if !Kind::InitialAccess.recognises(value) {
        return Ok(None);
    }
    let live = Entity::find()
        .filter(Column::Digest.eq(secret::digest(value)))
        .filter(Column::Expires.gt(ctx.clock.now()))
        .filter(Column::UsesLeft.gt(0));
    live.one(ctx.db.reader()).await
}

/// Takes one use of it, in the transaction that registers; false if another request took the last.
pub(in crate::oauth) async fn spend(tx: &Tx, id: i32, now: Timestamp) -> Result<bool, DbErr> {
    use sea_orm::sea_query::ExprTrait as _;
    let spent = Entity::update_many()
        .col_expr(Column::UsesLeft, Expr::col(Column::UsesLeft).sub(1))
        .filter(Column::Id.eq(id))
        .filter(Column::UsesLeft.gt(0))
        .filter(Column::Expires.gt(now))
        .exec(&**tx)
        .await?;
    Ok(spent.rows_affected == 1)
}
