//! Addresses of companies.

use sea_orm::entity::prelude::*;

/// Where a company is, or wants its parcels.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Whose.
    pub company: i32,
    /// What people call it.
    pub title: String,
    /// The one to use where none is named; a company has one at most.
    #[sea_orm(column_name = "primary")]
    pub is_primary: bool,
    /// First line.
    pub line1: String,
    /// Second line.
    pub line2: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub postal_city: String,
    /// Province.
    pub province: String,
    /// Country.
    pub country: String,
    /// For the carrier.
    pub shipping_notes: String,
    /// For us.
    pub internal_shipping_notes: String,
    /// A page about it.
    pub link: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The company.
    #[sea_orm(belongs_to = "super::company::Entity", from = "Column::Company", to = "super::company::Column::Id")]
    Company,
}

impl ActiveModelBehavior for ActiveModel {}
