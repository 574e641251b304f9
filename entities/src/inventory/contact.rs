//! People at companies.

use sea_orm::entity::prelude::*;

/// Somebody at a company.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Where.
    pub company: i32,
    /// Who.
    pub name: String,
    /// Telephone number, or empty.
    pub phone: String,
    /// Address for email, or empty.
    pub email: String,
    /// What for.
    pub role: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The company.
    #[sea_orm(belongs_to = "super::company::Entity", from = "Column::Company", to = "super::company::Column::Id")]
    Company,
}

impl ActiveModelBehavior for ActiveModel {}
