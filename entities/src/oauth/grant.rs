//! Grants: one authorization of an application by a person, and all tokens that come of it.

use sea_orm::entity::prelude::*;

/// An authorization: the family of the code and of every token that comes of it. To revoke the family is to set `revoked` here.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_grant")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The application.
    pub application_id: i32,
    /// The person.
    pub user_id: i32,
    /// The session in which it was given.
    pub sid: String,
    /// What was granted, space-delimited.
    pub scope: String,
    /// When the person had logged in.
    pub auth_time: i64,
    /// How.
    pub amr: String,
    /// The `nonce` of the request.
    pub nonce: Option<String>,
    /// Where its tokens may be used (RFC 8707), one a line; empty for this server's API.
    pub resources: String,
    /// `authorization_details` (RFC 9396) as a JSON array, or empty.
    pub authorization_details: String,
    /// The `claims` of the request (`OpenID` Connect Core 5.5) as a JSON object, or empty.
    pub claims: String,
    /// The authentication context class that was reached.
    pub acr: String,
    /// When.
    pub created: i64,
    /// When a token was last issued or used, to the minute.
    pub last_used: i64,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The person.
    #[sea_orm(
        belongs_to = "crate::accounts::user::Entity",
        from = "Column::UserId",
        to = "crate::accounts::user::Column::Id"
    )]
    User,
    /// The application.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
}

impl Related<crate::accounts::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
