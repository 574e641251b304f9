//! Parts.

use sea_orm::entity::prelude::*;

use crate::exact::Quantity;

/// A part: a kind of thing, not a thing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Its name; unique together with `ipn` and `revision`.
    pub name: String,
    /// The internal part number, or empty.
    pub ipn: String,
    /// What it is.
    pub description: String,
    /// Its revision, or empty.
    pub revision: String,
    /// Words by which to find it.
    pub keywords: Option<String>,
    /// A page about it.
    pub link: Option<String>,
    /// Its unit of measure, or empty.
    pub units: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// Its category.
    pub category: Option<i32>,
    /// The template that it is a variant of.
    pub variant_of: Option<i32>,
    /// The part that it is a revision of.
    pub revision_of: Option<i32>,
    /// Where it usually lies.
    pub default_location: Option<i32>,
    /// The owner who answers for it.
    pub responsible: Option<i32>,
    /// Who made the record.
    pub creation_user: Option<i32>,
    /// When.
    pub creation_date: Option<Date>,
    /// Days after which its stock expires; 0 for never.
    pub default_expiry: i32,
    /// Stock below this is low.
    pub minimum_stock: Quantity,
    /// Stock above this is high.
    pub maximum_stock: Quantity,
    /// In use; an active part cannot be deleted.
    pub active: bool,
    /// Can be built of other parts.
    pub assembly: bool,
    /// Can be built into other parts.
    pub component: bool,
    /// Is used up without being counted.
    pub consumable: bool,
    /// Has variants.
    pub is_template: bool,
    /// Cannot be deleted or have its bill of material changed.
    pub locked: bool,
    /// Can be bought.
    pub purchaseable: bool,
    /// Can be sold.
    pub salable: bool,
    /// Can have test results.
    pub testable: bool,
    /// Has its things told apart.
    pub trackable: bool,
    /// Is not a material thing.
    #[sea_orm(column_name = "virtual")]
    pub is_virtual: bool,
    /// Its picture's file name.
    pub image: Option<String>,
    /// What stands in the barcode that is on it; nothing without one.
    pub barcode_data: String,
    /// By what that is looked up.
    pub barcode_hash: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its category.
    #[sea_orm(
        belongs_to = "super::part_category::Entity",
        from = "Column::Category",
        to = "super::part_category::Column::Id"
    )]
    Category,
}

impl Related<super::part_category::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Category.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
