//! What is known of a thing.

use sea_orm::entity::prelude::*;

/// A parameter. It hangs on the object that `model_type` and `model_id` name.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "parameter")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What it is of.
    pub template: i32,
    /// The model's name, such as `part`.
    pub model_type: String,
    /// The object's key.
    pub model_id: i32,
    /// Its value as written.
    pub data: String,
    /// The value as a number of the template's unit, if it is one.
    pub data_numeric: Option<f64>,
    /// A remark.
    pub note: String,
    /// When it last changed.
    pub updated: Option<i64>,
    /// Who changed it.
    pub updated_by: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
