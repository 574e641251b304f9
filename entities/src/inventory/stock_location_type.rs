//! Kinds of stock locations.

use sea_orm::entity::prelude::*;

/// A kind of location: shelf, drawer, van.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_location_type")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The icon of such locations, or empty.
    pub icon: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
