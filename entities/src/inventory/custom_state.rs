//! States that people add to those that there are.

use sea_orm::entity::prelude::*;

/// A state of one's own, which rules take for one of those that there are.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_state")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// To which states it is added: `StockStatus`.
    pub reference_status: String,
    /// Its number, which none of those has.
    pub key: i32,
    /// The number of the state that it is to all rules.
    pub logical_key: i32,
    /// Its name in programs.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// The colour of its badge.
    pub color: String,
    /// Of what it is the state: `stockitem`.
    pub model: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
