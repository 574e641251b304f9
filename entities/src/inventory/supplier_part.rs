//! Parts as suppliers sell them.

use sea_orm::entity::prelude::*;

use crate::exact::Quantity;

/// A part as one supplier sells it.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_part")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part.
    pub part: i32,
    /// Who sells it.
    pub supplier: i32,
    /// The supplier's number.
    pub sku: String,
    /// As whom makes it.
    pub manufacturer_part: Option<i32>,
    /// Can be bought.
    pub active: bool,
    /// The one to buy where none is named; a part has one at most.
    #[sea_orm(column_name = "primary")]
    pub is_primary: bool,
    /// The supplier's description.
    pub description: Option<String>,
    /// A page about it.
    pub link: Option<String>,
    /// A remark.
    pub note: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// On what it comes: reel, tube.
    pub packaging: Option<String>,
    /// How much a pack holds, as written.
    pub pack_quantity: String,
    /// How much a pack holds, in the part's unit.
    pub pack_quantity_native: Quantity,
    /// What the supplier has.
    pub available: Quantity,
    /// When that was known.
    pub availability_updated: Option<i64>,
    /// When the record last changed.
    pub updated: Option<i64>,
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
    /// Who sells it.
    #[sea_orm(belongs_to = "super::company::Entity", from = "Column::Supplier", to = "super::company::Column::Id")]
    Supplier,
    /// As whom makes it.
    #[sea_orm(
        belongs_to = "super::manufacturer_part::Entity",
        from = "Column::ManufacturerPart",
        to = "super::manufacturer_part::Column::Id"
    )]
    ManufacturerPart,
}

impl ActiveModelBehavior for ActiveModel {}
