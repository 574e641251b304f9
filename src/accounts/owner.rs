//! Owners: every person and every group has one row, made together with them, so that anything can belong to either.

use entities::accounts::owner;
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};

use crate::db::Tx;

/// The row of a new person.
pub(super) async fn of_person(tx: &Tx, user_id: i32) -> Result<owner::Model, DbErr> {
    owner::ActiveModel { user_id: Set(Some(user_id)), ..Default::default() }.insert(&**tx).await
}

/// The row of a new group.
pub(super) async fn of_group(tx: &Tx, group_id: i32) -> Result<owner::Model, DbErr> {
    owner::ActiveModel { group_id: Set(Some(group_id)), ..Default::default() }.insert(&**tx).await
}
