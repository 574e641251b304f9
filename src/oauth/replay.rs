//! What may be used once only, in the database, so that all nodes know it: the `jti` of a client assertion (RFC 7523 section
//! 3, item 7), of a DPoP proof (RFC 9449 section 11.1), and of whatever else is signed for one use.

use entities::oauth::replay::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait as _, sea_query::OnConflict};

use crate::{clock::Timestamp, ctx::Ctx, secret};

/// Whether this is the first use of `key` among things of that kind. It is remembered until a time from which on the caller
/// refuses it for its age anyway (leeway included). Of several that ask at once, on one node or on many, one hears yes.
///
/// `key` holds whatever makes the thing unique, such as who signed it and its `jti`; put a character between them that the
/// first cannot contain.
pub async fn first_use(ctx: &Ctx, kind: &str, key: &str, until: Timestamp) -> Result<bool, DbErr> {
    let digest = secret::digest(&format!("{kind}\n{key}"));
    let row = ActiveModel { digest: Set(digest), expires: Set(until) };
    let insert = Entity::insert(row).on_conflict(OnConflict::column(Column::Digest).do_nothing().to_owned());
    ctx.db.note(|tx| async move { insert.exec_without_returning(&*tx).await }).await.map(|inserted| inserted == 1)
}
