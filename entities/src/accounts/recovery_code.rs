//! Recovery codes, each good for one login instead of a code of the second factor.

use sea_orm::entity::prelude::*;

/// A code that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Whose.
    pub user_id: i32,
    /// HMAC of the code under the server key.
    pub digest: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
