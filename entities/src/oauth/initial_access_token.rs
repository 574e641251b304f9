//! Tokens that let an application register itself.

use sea_orm::entity::prelude::*;

/// An initial access token (RFC 7591 section 1.2).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_initial_access_token")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// What whoever made it calls it.
    pub name: String,
    /// The superuser who made it; none for the command line.
    pub created_by: Option<i32>,
    /// When.
    pub created: i64,
    /// When it stops working.
    pub expires: i64,
    /// How many registrations it is still good for.
    pub uses_left: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who made it.
    #[sea_orm(
        belongs_to = "crate::accounts::user::Entity",
        from = "Column::CreatedBy",
        to = "crate::accounts::user::Column::Id"
    )]
    User,
}

impl Related<crate::accounts::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
