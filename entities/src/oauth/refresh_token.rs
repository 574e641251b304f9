//! Refresh tokens.

use sea_orm::entity::prelude::*;

/// A refresh token. A consumed row stays until it expires, so that its reuse is noticed.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_refresh_token")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// The grant it belongs to.
    pub grant_id: i32,
    /// The key that its bearer must prove to hold (`cnf`, RFC 7800), as a JSON object.
    pub cnf: Option<String>,
    /// When.
    pub created: i64,
    /// When it stops working, idle or absolute.
    pub expires: i64,
    /// When it was exchanged for its successor.
    pub consumed: Option<i64>,
    /// The token that replaced it.
    pub successor: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The grant it belongs to.
    #[sea_orm(belongs_to = "super::grant::Entity", from = "Column::GrantId", to = "super::grant::Column::Id")]
    Grant,
}

impl Related<super::grant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
