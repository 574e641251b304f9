//! Companies.

use sea_orm::entity::prelude::*;

/// A company: a customer, a supplier, a manufacturer, or several of these.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Its name; unique together with `email`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its website, or empty.
    pub website: String,
    /// Its telephone number, or empty.
    pub phone: String,
    /// Its address for email.
    pub email: Option<String>,
    /// The currency of its prices.
    pub currency: String,
    /// Whom to ask for.
    pub contact: String,
    /// A page about it.
    pub link: String,
    /// Its number for taxes.
    pub tax_id: String,
    /// A picture's place.
    pub image: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// In use.
    pub active: bool,
    /// Buys from us.
    pub is_customer: bool,
    /// Makes parts.
    pub is_manufacturer: bool,
    /// Sells to us.
    pub is_supplier: bool,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
