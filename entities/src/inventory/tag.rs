//! Tags: words that people put on things.

use sea_orm::entity::prelude::*;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tag")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// As it was first written.
    pub name: String,
    /// In lower case; unique.
    pub folded: String,
    /// As an address has it.
    pub slug: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
