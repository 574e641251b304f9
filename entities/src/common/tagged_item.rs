//! Which tags a thing has.

use sea_orm::entity::prelude::*;

/// A tag on the object that `model_type` and `model_id` name.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tagged_item")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The model's name, such as `part`.
    pub model_type: String,
    /// The object's key.
    pub model_id: i32,
    /// The tag.
    pub tag: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
