//! What happened to stock.

use sea_orm::entity::prelude::*;

/// Something that happened to a stock item; it stays when the item is gone.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_tracking")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The item, while there is one.
    pub item: Option<i32>,
    /// Its part.
    pub part: Option<i32>,
    /// When.
    pub date: i64,
    /// What.
    pub tracking_type: i32,
    /// Why.
    pub notes: Option<String>,
    /// Who did it.
    pub user: Option<i32>,
    /// What it changed: JSON.
    pub deltas: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The item.
    #[sea_orm(belongs_to = "super::stock_item::Entity", from = "Column::Item", to = "super::stock_item::Column::Id")]
    Item,
}

impl ActiveModelBehavior for ActiveModel {}
