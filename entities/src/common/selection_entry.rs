//! What lists offer.

use sea_orm::entity::prelude::*;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_entry")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The list.
    pub list: i32,
    /// What is stored where it is chosen; unique in its list.
    pub value: String,
    /// What people read.
    pub label: String,
    /// What it means.
    pub description: String,
    /// Whether it can be chosen.
    pub active: bool,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
