//! Which parts are related.

use sea_orm::entity::prelude::*;

/// A pair of parts, in either order.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_related")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// One.
    #[sea_orm(column_name = "part_1")]
    pub part_1: i32,
    /// The other.
    #[sea_orm(column_name = "part_2")]
    pub part_2: i32,
    /// Why.
    pub note: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
