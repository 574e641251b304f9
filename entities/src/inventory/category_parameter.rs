//! What the parts of a category should tell.

use sea_orm::entity::prelude::*;

/// A template on a category.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "category_parameter")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The category.
    pub category: i32,
    /// The template.
    pub template: i32,
    /// The value that a new part gets, or nothing.
    pub default_value: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
