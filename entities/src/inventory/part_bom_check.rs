//! Who checked the bill of material of a part.

use sea_orm::entity::prelude::*;

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_bom_check")]
pub struct Model {
    /// The part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// What the bill was.
    pub checksum: String,
    /// Whether it still is that.
    pub valid: bool,
    /// Who checked it.
    pub checked_by: Option<i32>,
    /// When.
    pub checked: Date,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
