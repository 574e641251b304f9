//! How applications registered themselves.

use sea_orm::entity::prelude::*;

/// A registration by RFC 7591, and the digest of the token that manages it (RFC 7592).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_registration")]
pub struct Model {
    /// What was registered.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: i32,
    /// SHA-256 of the `registration_access_token`, hexadecimal.
    pub digest: Option<String>,
    /// Where the request came from; an IPv6 address by its network.
    pub address: String,
    /// The name of the initial access token, or nothing where registration was open.
    pub initial_access_token: String,
    /// The issuer of the software statement that vouches for it.
    pub software_statement: Option<String>,
    /// When.
    pub created: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
