//! Redirect URIs that were refused lately, kept for the administrator: the browser sees only a plain message.
//!
//! Anybody can cause such a refusal, so what it may cost is bounded: so many rows an application, and no more writes in a
//! minute than there are rows.

use entities::oauth::redirect_mismatch;
use sea_orm::{ActiveValue::Set, DbErr, QueryOrder, QuerySelect, prelude::*, sea_query::OnConflict};

use super::Application;
use crate::{ctx::Ctx, db::Tx};

/// How many are kept.
pub const KEPT: usize = 20;

/// The most bytes of a refused URI that are kept: an index entry of PostgreSQL cannot hold 2,700.
const MAX_LENGTH: usize = 2000;

/// Remembers a redirect URI that the application asked for and that is not registered.
pub async fn record_mismatch(ctx: &Ctx, application: &Application, uri: &str) -> Result<(), DbErr> {
    let now = ctx.clock.now();
    // PostgreSQL cannot store NUL.
    let mut uri = uri.replace('\0', "");
    uri.truncate(uri.floor_char_boundary(MAX_LENGTH));
    let recent = recent(ctx, application.id).await?;
    let fresh = recent.iter().filter(|row| row.seen > now - 60);
    if fresh.clone().any(|row| row.redirect_uri == uri) || fresh.count() >= KEPT {
        return Ok(());
    }
    let application_id = application.id;
    ctx.db.write(|tx| async move { store(&tx, application_id, uri, now).await }).await
}

async fn store(tx: &Tx, application_id: i32, uri: String, now: i64) -> Result<(), DbErr> {
    use redirect_mismatch::{ActiveModel, Column, Entity};
    let row = ActiveModel {
        application_id: Set(application_id),
        redirect_uri: Set(uri),
        seen: Set(now),
        ..Default::default()
    };
    let again =
        OnConflict::columns([Column::ApplicationId, Column::RedirectUri]).update_column(Column::Seen).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(&**tx).await?;
    let of_this = Entity::find().filter(Column::ApplicationId.eq(application_id));
    let newest: Vec<i32> = of_this
        .select_only()
        .column(Column::Id)
        .order_by_desc(Column::Seen)
        .order_by_desc(Column::Id)
        .limit(KEPT as u64)
        .into_tuple()
        .all(&**tx)
        .await?;
    Entity::delete_many()
        .filter(Column::ApplicationId.eq(application_id))
        .filter(Column::Id.is_not_in(newest))
        .exec(&**tx)
        .await
        .map(drop)
}

/// The refused URIs, newest first.
pub async fn recent(ctx: &Ctx, application_id: i32) -> Result<Vec<redirect_mismatch::Model>, DbErr> {
    redirect_mismatch::Entity::find()
        .filter(redirect_mismatch::Column::ApplicationId.eq(application_id))
        .order_by_desc(redirect_mismatch::Column::Seen)
        .order_by_desc(redirect_mismatch::Column::Id)
        .limit(KEPT as u64)
        .all(ctx.db.reader())
        .await
}
