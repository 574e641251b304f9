//! Which tags a part has.

use sea_orm::entity::prelude::*;

/// A tag on a part.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_tag")]
pub struct Model {
    /// The part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// The tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
