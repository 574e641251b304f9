//! Settings of the installation that differ from their default.

use sea_orm::entity::prelude::*;

/// A global setting that somebody changed; what is not here has its default.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    /// Its key, in capitals.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Its value as text, in the spelling of its type.
    pub value: String,
    /// When it was changed.
    pub updated: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
