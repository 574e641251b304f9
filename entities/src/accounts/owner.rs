//! Users and groups as possible owners of things.

use sea_orm::entity::prelude::*;

/// A user or a group, as something that can own (InvenTree's `owner`). Exactly one of the two is set.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "owner")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The user.
    #[sea_orm(unique)]
    pub user_id: Option<i32>,
    /// The group.
    #[sea_orm(unique)]
    pub group_id: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
