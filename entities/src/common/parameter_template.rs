//! What parameters there are.

use sea_orm::entity::prelude::*;

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parameter_template")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What it is called.
    pub name: String,
    /// The same in lower case; unique.
    pub folded: String,
    /// The unit of its values, or nothing.
    pub units: String,
    /// What it says.
    pub description: String,
    /// The model on which its parameters may hang; any where there is none.
    pub model_type: Option<String>,
    /// Whether its values are yes and no.
    pub checkbox: bool,
    /// The values that it may have, separated by commas; empty for any.
    pub choices: String,
    /// The list of values that it may have.
    pub selectionlist: Option<i32>,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether a value may be there once only: 0 no, 1 on its model, 2 on all.
    pub unique: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
