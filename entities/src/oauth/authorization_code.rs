//! Authorization codes.

use sea_orm::entity::prelude::*;

/// An authorization code (RFC 6749 section 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_authorization_code")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the code, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// The grant it opens.
    pub grant_id: i32,
    /// The redirect URI of the request, as sent.
    pub redirect_uri: String,
    /// PKCE challenge, S256 (RFC 7636).
    pub code_challenge: Option<String>,
    /// The thumbprint of the key to which the code is bound (RFC 9449 section 10).
    pub dpop_jkt: Option<String>,
    /// When.
    pub created: i64,
    /// When it stops working.
    pub expires: i64,
    /// When it was redeemed.
    pub consumed: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The grant it opens.
    #[sea_orm(belongs_to = "super::grant::Entity", from = "Column::GrantId", to = "super::grant::Column::Id")]
    Grant,
}

impl Related<super::grant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
