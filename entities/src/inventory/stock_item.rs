//! Stock items.

use sea_orm::entity::prelude::*;

use crate::exact::{Money, Quantity};

/// A quantity of a part in one place, or one thing with a serial number.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_item")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The part.
    pub part: i32,
    /// How much; 1 with a serial number.
    pub quantity: Quantity,
    /// The serial number, unique in the part's family.
    pub serial: Option<String>,
    /// The number in the serial number, for order; 0 without one.
    pub serial_int: i64,
    /// The batch.
    pub batch: Option<String>,
    /// Where it lies.
    pub location: Option<i32>,
    /// The item from which it was split.
    pub parent: Option<i32>,
    /// The item in which it is installed.
    pub belongs_to: Option<i32>,
    /// The build order that made it.
    pub build: Option<i32>,
    /// The build order that used it up.
    pub consumed_by: Option<i32>,
    /// The company that has it.
    pub customer: Option<i32>,
    /// The order by which it came.
    pub purchase_order: Option<i32>,
    /// The order by which it went.
    pub sales_order: Option<i32>,
    /// As what it was bought.
    pub supplier_part: Option<i32>,
    /// The owner who answers for it.
    pub owner: Option<i32>,
    /// Is deleted when none is left.
    pub delete_on_deplete: bool,
    /// When it expires.
    pub expiry_date: Option<Date>,
    /// Is being made.
    pub is_building: bool,
    /// A page about it.
    pub link: String,
    /// Markdown.
    pub notes: Option<String>,
    /// In what it is kept.
    pub packaging: Option<String>,
    /// One of the statuses.
    pub status: i32,
    /// A custom state within that status.
    pub status_custom_key: Option<i32>,
    /// When the record was made.
    pub creation_date: Option<i64>,
    /// When it last changed.
    pub updated: Option<i64>,
    /// When it was last counted.
    pub stocktake_date: Option<Date>,
    /// By whom.
    pub stocktake_user: Option<i32>,
    /// What one cost.
    pub purchase_price: Option<Money>,
    /// In this currency.
    pub purchase_price_currency: String,
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
    /// Where it lies.
    #[sea_orm(
        belongs_to = "super::stock_location::Entity",
        from = "Column::Location",
        to = "super::stock_location::Column::Id"
    )]
    Location,
    /// As what it was bought.
    #[sea_orm(
        belongs_to = "super::supplier_part::Entity",
        from = "Column::SupplierPart",
        to = "super::supplier_part::Column::Id"
    )]
    SupplierPart,
}

impl ActiveModelBehavior for ActiveModel {}
