//! Units that somebody defined.

use sea_orm::entity::prelude::*;

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_unit")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Its name; unique.
    pub name: String,
    /// Its symbol, or nothing; unique.
    pub symbol: String,
    /// What one of it is, in other units.
    pub definition: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
