//! Files and links that hang on things.

use sea_orm::entity::prelude::*;

/// An attachment: a file or a link. It hangs on the object that `model_type` and `model_id` name.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The model's name, such as `part`.
    pub model_type: String,
    /// The object's key.
    pub model_id: i32,
    /// What the file is called; empty for a link.
    pub filename: String,
    /// What it is called on the disk: nothing that a person wrote.
    pub stored: Option<String>,
    /// The address, of a link.
    pub link: Option<String>,
    /// A remark.
    pub comment: String,
    /// Whether it is a picture that could be read.
    pub is_image: bool,
    /// Whether there is a small picture of it.
    pub has_thumbnail: bool,
    /// When it was sent.
    pub upload_date: Date,
    /// Who sent it.
    pub upload_user: Option<i32>,
    /// How many bytes it has.
    pub file_size: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
