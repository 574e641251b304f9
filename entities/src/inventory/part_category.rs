//! Part categories: a tree.

use sea_orm::entity::prelude::*;

/// A category of parts. The last four columns follow from `parent` and `name`, and are kept with them.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part_category")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Unique among the children of `parent`.
    pub name: String,
    /// What belongs in it.
    pub description: String,
    /// The category above; none for a root.
    pub parent: Option<i32>,
    /// Where its parts usually lie.
    pub default_location: Option<i32>,
    /// Keywords for its parts.
    pub default_keywords: Option<String>,
    /// Holds categories only, no parts.
    pub structural: bool,
    /// An icon's name, or empty.
    pub icon: String,
    /// `parent`, or 0: what the unique index needs, since nulls are all different.
    pub siblings: i32,
    /// How deep; 0 for a root.
    pub level: i32,
    /// The ids from the root down to this: `/1/3/`. A subtree is a range of it.
    pub path: String,
    /// The names from the root down to this: `Electronics/Capacitors`.
    pub pathstring: String,
    /// The names with a separator that sorts before every letter, so that its order is depth-first.
    pub sort_key: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
