//! Registered applications (OAuth clients).

use sea_orm::entity::prelude::*;

/// An OAuth client (RFC 7591 section 2 gives the names).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_application")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// `client_id`.
    #[sea_orm(unique)]
    pub client_id: String,
    /// `client_name`.
    pub name: String,
    /// `public` or `confidential` (RFC 6749 section 2.1).
    pub client_type: String,
    /// `grant_types`, space-delimited.
    pub grant_types: String,
    /// `redirect_uris`, one a line.
    pub redirect_uris: String,
    /// `post_logout_redirect_uris`, one a line.
    pub post_logout_redirect_uris: String,
    /// Browser origins that may call the token endpoint, one a line.
    pub allowed_origins: String,
    /// `id_token_signed_response_alg`.
    pub algorithm: String,
    /// Scopes that it may be granted, space-delimited.
    pub scope: String,
    /// Scopes granted where none is asked, space-delimited.
    pub default_scope: String,
    /// Whether PKCE is required; always true for a public application.
    pub require_pkce: bool,
    /// Whether people are asked: `always`, `remember` or `trusted`.
    pub consent: String,
    /// Seconds.
    pub access_token_lifetime: i32,
    /// Seconds.
    pub id_token_lifetime: i32,
    /// Seconds from the login, at most.
    pub refresh_token_lifetime: i32,
    /// Seconds without use.
    pub refresh_token_idle_lifetime: i32,
    /// `client_uri`: home page, or empty.
    pub client_uri: String,
    /// `logo_uri`, or empty.
    pub logo_uri: String,
    /// `policy_uri`, or empty.
    pub policy_uri: String,
    /// `tos_uri`, or empty.
    pub tos_uri: String,
    /// What else RFC 7591 registers, as a JSON object.
    pub metadata: String,
    /// A disabled application has no live credentials.
    pub is_active: bool,
    /// The public application that comes with the server.
    pub is_default: bool,
    /// Who registered it: `administrator`, `dynamic` (itself, RFC 7591) or `document` (a client ID metadata document).
    pub origin: String,
    /// The superuser who registered it.
    pub created_by: Option<i32>,
    /// When.
    pub created: i64,
    /// Last change.
    pub updated: i64,
    /// The identifier by which it is asked for as a resource server (RFC 8707), if it is one.
    #[sea_orm(unique)]
    pub resource_identifier: Option<String>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
