//! What was used once, and may not be used again.

use sea_orm::entity::prelude::*;

/// One use of something that has one.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_replay")]
pub struct Model {
    /// The SHA-256 of what kind of thing it is and which one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// From when on it is refused for its age anyway, so that it need not be remembered.
    pub expires: i64,
}

/// This table refers to no other.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
