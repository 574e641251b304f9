//! What is tested on the stock of a part.

use sea_orm::entity::prelude::*;

/// A test.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_test_template")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part; its variants have the test too.
    pub part: i32,
    /// What it is called.
    pub test_name: String,
    /// The letters and digits of its name, in lower case.
    pub key: String,
    /// What is done.
    pub description: Option<String>,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether it must be passed.
    pub required: bool,
    /// Whether a result has a value.
    pub requires_value: bool,
    /// Whether a result has a file.
    pub requires_attachment: bool,
    /// The values that a result may have, separated by commas; empty for any.
    pub choices: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
