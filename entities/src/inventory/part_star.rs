//! Who follows which part.

use sea_orm::entity::prelude::*;

/// A star.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_star")]
pub struct Model {
    /// The part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// Who follows it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
