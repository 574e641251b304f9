//! What a part sells for, by quantity.

use sea_orm::entity::prelude::*;

use crate::exact::{Money, Quantity};

/// A price from a quantity on.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_sale_price")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part.
    pub part: i32,
    /// From how many on.
    pub quantity: Quantity,
    /// The price of one.
    pub price: Money,
    /// Its currency.
    pub price_currency: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
