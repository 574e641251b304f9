//! Stock locations: a tree.

use sea_orm::entity::prelude::*;

/// A place where stock lies. The last columns follow from `parent` and `name`, and are kept with them.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_location")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Unique among the children of `parent`.
    pub name: String,
    /// What belongs there.
    pub description: String,
    /// The location around it; none for a root.
    pub parent: Option<i32>,
    /// The owner who answers for it.
    pub owner: Option<i32>,
    /// An icon's name, instead of its type's.
    pub custom_icon: Option<String>,
    /// Holds locations only, no stock.
    pub structural: bool,
    /// Is not ours: what lies there is elsewhere.
    pub external: bool,
    /// What kind it is.
    pub location_type: Option<i32>,
    /// `parent`, or 0: what the unique index needs, since nulls are all different.
    pub siblings: i32,
    /// How deep; 0 for a root.
    pub level: i32,
    /// The ids from the root down to this: `/1/3/`. A subtree is a range of it.
    pub path: String,
    /// The names from the root down to this: `Hall/Shelf`.
    pub pathstring: String,
    /// The names with a separator that sorts before every letter, so that its order is depth-first.
    pub sort_key: String,
    /// What stands in the barcode that is on it; nothing without one.
    pub barcode_data: String,
    /// By what that is looked up.
    pub barcode_hash: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What kind it is.
    #[sea_orm(
        belongs_to = "super::stock_location_type::Entity",
        from = "Column::LocationType",
        to = "super::stock_location_type::Column::Id"
    )]
    LocationType,
}

impl ActiveModelBehavior for ActiveModel {}
