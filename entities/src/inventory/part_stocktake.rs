//! How much of a part was counted, and when.

use sea_orm::entity::prelude::*;

use crate::exact::{Money, Quantity};

/// A count.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_stocktake")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part.
    pub part: i32,
    /// When.
    pub date: Date,
    /// How many stock items.
    pub item_count: i32,
    /// How much in all.
    pub quantity: Quantity,
    /// What it was worth at least.
    pub cost_min: Option<Money>,
    /// In this currency.
    pub cost_min_currency: String,
    /// What it was worth at most.
    pub cost_max: Option<Money>,
    /// In this currency.
    pub cost_max_currency: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
