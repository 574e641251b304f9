//! Pictures in notes.

use sea_orm::entity::prelude::*;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notes_image")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What its file is called.
    pub image: String,
    /// Who sent it.
    pub user: Option<i32>,
    /// When it was sent.
    pub date: i64,
    /// The model in whose notes it is.
    pub model_type: Option<String>,
    /// The object in whose notes it is.
    pub model_id: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
