//! What was scanned.

use sea_orm::entity::prelude::*;

/// A scan of a barcode.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "barcode_scan")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What stood in it.
    pub data: String,
    /// When.
    pub timestamp: i64,
    /// The address that it was sent to.
    pub endpoint: Option<String>,
    /// What was sent with it: JSON.
    pub context: Option<String>,
    /// What was answered: JSON.
    pub response: Option<String>,
    /// Whether something was found.
    pub result: bool,
    /// Who scanned it.
    pub user: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
