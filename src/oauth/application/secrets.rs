//! Checking a `client_secret` (RFC 6749 section 2.3.1).
//!
//! Only SHA-256 of a secret is stored: 192 random bits need no slow hash. An old secret stays valid beside its successor
//! for the overlap that the administrator chose.

use entities::oauth::application_secret;
use sea_orm::{Condition, DbErr, QueryOrder, prelude::*};

use super::Application;
use crate::{
    ctx::Ctx,
    secret::{self, Kind},
};

/// Whether this is a live secret of the application. A public application has none. Guesses are the caller's to limit.
///
/// Whatever is wrong costs the same, so that how long a refusal takes does not tell which clients there are.
pub async fn verify_secret(ctx: &Ctx, application: &Application, given: &str) -> Result<bool, DbErr> {
    let digest = secret::digest(given);
    let live = live(ctx, application.id).await?;
    // Every one is compared, in constant time, whichever matches.
    let matches = live.iter().fold(false, |found, row| secret::same(&row.digest, &digest) | found);
    Ok(matches && application.is_active && !application.is_public() && Kind::ClientSecret.recognises(given))
}

/// The secrets that work now, newest first.
pub async fn live(ctx: &Ctx, application_id: i32) -> Result<Vec<application_secret::Model>, DbErr> {
    let now = ctx.clock.now();
    application_secret::Entity::find()
        .filter(application_secret::Column::ApplicationId.eq(application_id))
        .filter(
            Condition::any()
                .add(application_secret::Column::Expires.is_null())
                .add(application_secret::Column::Expires.gt(now)),
        )
        .order_by_desc(application_secret::Column::Id)
        .all(ctx.db.reader())
        .await
}
