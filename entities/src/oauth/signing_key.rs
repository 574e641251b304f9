//! Keys that sign ID tokens.

use sea_orm::entity::prelude::*;

/// A signing key; the private half is sealed under the server key.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_signing_key")]
pub struct Model {
    /// Key id: the RFC 7638 thumbprint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// JWS algorithm: `RS256`, `ES256` or `EdDSA`.
    pub algorithm: String,
    /// PKCS #8, sealed.
    pub private_key: Vec<u8>,
    /// The public JWK, as JSON.
    pub public_jwk: String,
    /// When it was made and published.
    pub created: i64,
    /// When it starts to sign.
    pub active_from: i64,
    /// When it stopped signing.
    pub retired: Option<i64>,
    /// When it is no longer published.
    pub expires: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
