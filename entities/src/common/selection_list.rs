//! Lists to select from.

use sea_orm::entity::prelude::*;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_list")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What it is called; unique.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it can be used.
    pub active: bool,
    /// Whether it cannot be changed.
    pub locked: bool,
    /// Where it comes from.
    pub source_string: String,
    /// The entry that is chosen where none is.
    pub default_entry: Option<i32>,
    /// When it was made.
    pub created: i64,
    /// When it last changed.
    pub last_updated: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
