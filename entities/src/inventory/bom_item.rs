//! What parts are built of.

use sea_orm::entity::prelude::*;

use crate::exact::Quantity;

/// A line of a bill of material.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bom_item")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What is built.
    pub part: i32,
    /// What goes into it.
    pub sub_part: i32,
    /// How much, in the unit of what goes into it.
    pub quantity: Quantity,
    /// How much, as it was written.
    pub raw_amount: String,
    /// How many pieces of that much.
    pub piece_count: i32,
    /// Where it goes.
    pub reference: String,
    /// A note.
    pub note: String,
    /// Whether its variants will do.
    pub allow_variants: bool,
    /// Whether the variants of what is built have this line too.
    pub inherited: bool,
    /// Whether it can be left out.
    pub optional: bool,
    /// Whether it is used without being counted.
    pub consumable: bool,
    /// How much is lost setting up.
    pub setup_quantity: Quantity,
    /// How many percent are lost.
    pub attrition: Quantity,
    /// In what multiples it is taken.
    pub rounding_multiple: Option<Quantity>,
    /// What the line was when it was checked, or empty.
    pub checksum: String,
    /// Whether it still is that.
    pub validated: bool,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
