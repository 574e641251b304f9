//! What a group may do in each role.

use sea_orm::entity::prelude::*;

/// The rights of a group in one role (InvenTree's `ruleset`).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_set")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The group.
    pub group_id: i32,
    /// The role's name.
    pub name: String,
    /// May read.
    pub can_view: bool,
    /// May create.
    pub can_add: bool,
    /// May modify.
    pub can_change: bool,
    /// May remove.
    pub can_delete: bool,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The group.
    #[sea_orm(belongs_to = "super::group::Entity", from = "Column::GroupId", to = "super::group::Column::Id")]
    Group,
}

impl Related<super::group::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Group.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
