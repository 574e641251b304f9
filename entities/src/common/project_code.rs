//! Project codes.

use sea_orm::entity::prelude::*;

/// A code.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_code")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The code; unique.
    pub code: String,
    /// What it stands for.
    pub description: String,
    /// Whether it is in use.
    pub active: bool,
    /// The owner who answers for it.
    pub responsible: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
