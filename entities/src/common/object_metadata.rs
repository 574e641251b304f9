//! What programs keep with a thing.

use sea_orm::entity::prelude::*;

/// The metadata of the object that `model_type` and `model_id` name.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "object_metadata")]
pub struct Model {
    /// The model's name, such as `part`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub model_type: String,
    /// The object's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub model_id: i32,
    /// A JSON object.
    pub value: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
