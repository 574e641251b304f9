//! What supplier parts cost.

use sea_orm::entity::prelude::*;

use crate::exact::{Money, Quantity};

/// The price of a supplier part from some quantity on.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_price_break")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The supplier part.
    pub part: i32,
    /// From how many.
    pub quantity: Quantity,
    /// Each.
    pub price: Option<Money>,
    /// In this currency.
    pub price_currency: String,
    /// When it last changed.
    pub updated: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The supplier part.
    #[sea_orm(
        belongs_to = "super::supplier_part::Entity",
        from = "Column::Part",
        to = "super::supplier_part::Column::Id"
    )]
    Part,
}

impl ActiveModelBehavior for ActiveModel {}
