//! Access tokens.

use sea_orm::entity::prelude::*;

/// An access token. A row is a live token until `expires`; revoking deletes it.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_access_token")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// Whom it was issued to.
    pub application_id: i32,
    /// The grant it belongs to; none for `client_credentials`.
    pub grant_id: Option<i32>,
    /// For whom it acts; none for `client_credentials`.
    pub user_id: Option<i32>,
    /// What it may, space-delimited.
    pub scope: String,
    /// Where it may be used (RFC 8707), one a line; empty for this server's API.
    pub audience: String,
    /// `authorization_details` (RFC 9396) as a JSON array, or empty.
    pub authorization_details: String,
    /// The key that its bearer must prove to hold (`cnf`, RFC 7800), as a JSON object.
    pub cnf: Option<String>,
    /// Who acts for the person (`act`, RFC 8693 section 4.1), as a JSON object.
    pub act: Option<String>,
    /// When.
    pub created: i64,
    /// When it stops working.
    pub expires: i64,
    /// The token that it was exchanged for (RFC 8693), with which it dies.
    pub subject_id: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The grant it belongs to.
    #[sea_orm(belongs_to = "super::grant::Entity", from = "Column::GrantId", to = "super::grant::Column::Id")]
    Grant,
    /// Whom it was issued to.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
    /// For whom it acts.
    #[sea_orm(
        belongs_to = "crate::accounts::user::Entity",
        from = "Column::UserId",
        to = "crate::accounts::user::Column::Id"
    )]
    User,
}

impl Related<super::grant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grant.def()
    }
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl Related<crate::accounts::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
