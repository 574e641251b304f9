//! Taking back what was given, many grants at once: an application that is disabled, a person who changes their mind.
//!
//! A grant that carries `revoked` is dead with every code and refresh token of its family; access tokens are deleted, so
//! that looking one up stays one row.

use entities::oauth::{access_token, consent, grant};
use sea_orm::{DbErr, QuerySelect, QueryTrait as _, UpdateMany, prelude::*};

use crate::{clock::Timestamp, db::Tx};

/// Ends every token of an application, whoever gave it.
pub async fn from_application(tx: &Tx, application_id: i32, now: Timestamp) -> Result<(), DbErr> {
    revoke(now).filter(grant::Column::ApplicationId.eq(application_id)).exec(&**tx).await?;
    access_tokens(tx, application_id).await
}

/// Ends the access tokens of an application; what may be refreshed comes back.
pub async fn access_tokens(tx: &Tx, application_id: i32) -> Result<(), DbErr> {
    let theirs = access_token::Column::ApplicationId.eq(application_id);
    access_token::Entity::delete_many().filter(theirs).exec(&**tx).await.map(drop)
}

/// Ends one access token; whether it was there.
pub async fn access_token(tx: &Tx, id: i32) -> Result<bool, DbErr> {
    Ok(access_token::Entity::delete_by_id(id).exec(&**tx).await?.rows_affected > 0)
}

/// Ends one grant with everything that came of it; whether it was alive.
pub async fn grant(tx: &Tx, id: i32, now: Timestamp) -> Result<bool, DbErr> {
    let revoked = revoke(now).filter(grant::Column::Id.eq(id)).exec(&**tx).await?.rows_affected;
    access_token::Entity::delete_many().filter(access_token::Column::GrantId.eq(id)).exec(&**tx).await?;
    Ok(revoked > 0)
}

/// Ends every token that a person gave an application, and forgets that they allowed it anything. Whether there was
/// something to take back.
pub async fn from_person(tx: &Tx, user_id: i32, application_id: i32, now: Timestamp) -> Result<bool, DbErr> {
    let theirs = || grant::Column::UserId.eq(user_id);
    let given = || grant::Column::ApplicationId.eq(application_id);
    let grants = grant::Entity::find().select_only().column(grant::Column::Id).filter(theirs()).filter(given());
    // The grants first: whoever works on a family locks its grant first, so that nobody waits in a circle.
    let revoked = revoke(now).filter(theirs()).filter(given()).exec(&**tx).await?.rows_affected;
    access_token::Entity::delete_many()
        .filter(access_token::Column::GrantId.in_subquery(grants.into_query()))
        .exec(&**tx)
        .await?;
    let remembered = consent::Entity::delete_by_id((user_id, application_id)).exec(&**tx).await?.rows_affected;
    Ok(revoked + remembered > 0)
}

fn revoke(now: Timestamp) -> UpdateMany<grant::Entity> {
    grant::Entity::update_many()
        .col_expr(grant::Column::Revoked, Expr::value(now))
        .filter(grant::Column::Revoked.is_null())
}
