//! Browser sessions.

use sea_orm::entity::prelude::*;

/// A browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the `sessionid` cookie, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// Identifier told to applications (OpenID Connect Session Management, `sid`).
    #[sea_orm(unique)]
    pub sid: String,
    /// Who is logged in.
    pub user_id: i32,
    /// When this session id was issued.
    pub created: i64,
    /// When the person last proved who they are (`auth_time`).
    pub auth_time: i64,
    /// How they did, space-delimited (RFC 8176).
    pub amr: String,
    /// Last request, to the minute.
    pub last_seen: i64,
    /// When it ends at the latest.
    pub expires: i64,
    /// The browser, as it names itself.
    pub user_agent: String,
    /// Where from.
    pub address: String,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who is logged in.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
