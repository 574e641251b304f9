//! Parts as manufacturers make them.

use sea_orm::entity::prelude::*;

/// A part as one manufacturer makes it.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manufacturer_part")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part.
    pub part: i32,
    /// Who makes it.
    pub manufacturer: i32,
    /// The manufacturer's number.
    pub mpn: Option<String>,
    /// The manufacturer's description.
    pub description: Option<String>,
    /// A page about it.
    pub link: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// What stands in the barcode that is on it; nothing without one.
    pub barcode_data: String,
    /// By what that is looked up.
    pub barcode_hash: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The part.
    #[sea_orm(belongs_to = "super::part::Entity", from = "Column::Part", to = "super::part::Column::Id")]
    Part,
    /// Who makes it.
    #[sea_orm(belongs_to = "super::company::Entity", from = "Column::Manufacturer", to = "super::company::Column::Id")]
    Manufacturer,
}

impl ActiveModelBehavior for ActiveModel {}
