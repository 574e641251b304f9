//! People who can log in.

use sea_orm::entity::prelude::*;

/// A person who can log in.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Opaque identifier told to applications (OpenID Connect Core 2, `sub`); never changes, never reassigned.
    #[sea_orm(unique)]
    pub sub: String,
    /// Login name, unique, at most 150 characters.
    #[sea_orm(unique)]
    pub username: String,
    /// Argon2id (PHC) or Django `pbkdf2_sha256$` hash; anything without `$` is no usable password.
    pub password: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Email address, or empty.
    pub email: String,
    /// Whether the address was proved to be theirs.
    pub email_verified: bool,
    /// An inactive user has no rights and no live credentials.
    pub is_active: bool,
    /// May use staff operations.
    pub is_staff: bool,
    /// May do everything.
    pub is_superuser: bool,
    /// When the account was made, in seconds since 1970.
    pub date_joined: i64,
    /// Last login with a password, in seconds since 1970.
    pub last_login: Option<i64>,
    /// When the password last changed: sessions and grants from before are dead.
    pub credentials_changed_at: i64,
    /// The shared secret of their second factor, sealed under the server key; none where they have none.
    pub totp: Option<String>,
    /// The last time step of which a code was accepted: no code is good twice.
    pub totp_step: i64,
}

/// Without the password's hash, so that no log can show it.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("user").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
