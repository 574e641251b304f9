//! Applications (OAuth clients): what a registration says, in types.
//!
//! RFC 6749 section 2, RFC 7591 section 2. The row is flat text; nothing outside this module reads its columns by hand.

pub mod default;
mod draft;
pub mod metadata;
pub mod mismatch;
mod registered;
pub mod secrets;
mod sector;
mod source;
mod store;
mod words;

use std::ops::Deref;

use entities::oauth::application;
use sea_orm::{ConnectionTrait, DbErr, prelude::*};

use super::{authorize::ResponseType, redirect_uri};
use crate::{scope::Scopes, secret};

pub use default::ensure_default;
pub use draft::{Draft, Grantor, REFRESH_SECONDS, TOKEN_SECONDS};
pub use metadata::{Metadata, client::Method};
pub use mismatch::record_mismatch;
pub(in crate::oauth) use registered::registered;
pub use secrets::verify_secret;
pub use source::Source;
pub use store::{Refused, Stored, delete, new_secret, random_client_id, register, register_from, set_active, update};
pub use words::{Algorithm, ClientType, Consent, GrantType, Origin};

/// A registered application: a row, read in types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its columns.
    pub row: application::Model,
    /// What else was registered.
    pub metadata: Metadata,
}

impl Deref for Application {
    type Target = application::Model;

    fn deref(&self) -> &application::Model {
        &self.row
    }
}

impl From<application::Model> for Application {
    fn from(row: application::Model) -> Self {
        let metadata = Metadata::parse(&row.metadata);
        Self { row, metadata }
    }
}

/// The application of that `client_id`, **active or not**: the caller looks at `is_active`.
pub async fn find(db: &impl ConnectionTrait, client_id: &str) -> Result<Option<Application>, DbErr> {
    // A longer one is not registered, and need not travel to the database.
    if client_id.is_empty() || client_id.len() > 255 || client_id.contains('\0') {
        return Ok(None);
    }
    let found = application::Entity::find().filter(application::Column::ClientId.eq(client_id)).one(db).await?;
    Ok(found.map(Application::from))
}

/// The application of that row id, **active or not**.
pub async fn by_id(db: &impl ConnectionTrait, id: i32) -> Result<Option<Application>, DbErr> {
    Ok(application::Entity::find_by_id(id).one(db).await?.map(Application::from))
}

impl Application {
    /// Tells one state of the registration from every other: whoever changes it says which one they saw.
    pub fn version(&self) -> String {
        secret::digest(&format!("{:?}", self.row)).chars().take(32).collect()
    }

    /// RFC 6749 section 2.1. What is not plainly confidential is public.
    pub fn client_type(&self) -> ClientType {
        ClientType::parse(&self.row.client_type).unwrap_or(ClientType::Public)
    }

    /// Whether it cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.client_type() == ClientType::Public
    }

    /// The grants it may use.
    pub fn grant_types(&self) -> Vec<GrantType> {
        self.row.grant_types.split_whitespace().filter_map(GrantType::parse).collect()
    }

    /// Whether it may use this grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        let listed = self.row.grant_types.split_whitespace().any(|name| name == grant.name());
        listed && !(self.is_public() && GrantType::CONFIDENTIAL.contains(&grant))
    }

    /// Whether it registered this response type.
    pub fn allows_response_type(&self, response_type: ResponseType) -> bool {
        self.metadata.authorization.allows(response_type)
    }

    /// Where codes may be sent.
    pub fn redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.row.redirect_uris.lines().filter(|line| !line.is_empty())
    }

    /// Whether codes may be sent there.
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris().any(|registered| redirect_uri::matches(registered, uri))
    }

    /// Where a logout may end.
    pub fn post_logout_redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.row.post_logout_redirect_uris.lines().filter(|line| !line.is_empty())
    }

    /// Browser origins that may call the token endpoint.
    pub fn allowed_origins(&self) -> impl Iterator<Item = &str> {
        self.row.allowed_origins.lines().filter(|line| !line.is_empty())
    }

    /// How its ID tokens are signed.
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::parse(&self.row.algorithm).unwrap_or(Algorithm::Rs256)
    }

    /// What it may be granted at most. A stored word that this version does not know gives nothing.
    pub fn scope(&self) -> Scopes {
        Scopes::parse_known(&self.row.scope).map(|(scopes, _)| scopes).unwrap_or_default()
    }

    /// What it is granted where a request asks for nothing.
    pub fn default_scope(&self) -> Scopes {
        let scopes = Scopes::parse_known(&self.row.default_scope).map(|(scopes, _)| scopes).unwrap_or_default();
        scopes.narrowed_to(&self.scope())
    }

    /// Whether a request without PKCE is refused. RFC 9700 section 2.1.1: public clients MUST use PKCE.
    pub fn requires_pkce(&self) -> bool {
        self.is_public() || self.row.require_pkce || self.metadata.client.is_fapi2()
    }

    /// What the registration says about asking people.
    pub fn consent(&self) -> Consent {
        Consent::parse(&self.row.consent).unwrap_or(Consent::Always)
    }

    /// Who registered it. What is not plainly an administrator's vouches for nobody.
    pub fn origin(&self) -> Origin {
        Origin::parse(&self.row.origin).unwrap_or(Origin::Dynamic)
    }

    /// Whether an administrator of this server looked at it. What registered itself may call itself anything.
    pub fn is_verified(&self) -> bool {
        self.origin() == Origin::Administrator
    }

    /// The host of the document that describes it, if one does.
    pub fn document_host(&self) -> Option<String> {
        (self.origin() == Origin::Document).then(|| metadata::subject::host(&self.row.client_id)).flatten()
    }

    /// Whether a consent once given answers later requests for the same scopes. A public application cannot prove who
    /// it is (RFC 6749 section 10.2), nor can one that registered itself, so people are asked again; unless it is the operator's
    /// own.
    pub fn remembers_consent(&self) -> bool {
        match self.consent() {
            Consent::Always => false,
            Consent::Remember => !self.is_public() && self.is_verified(),
            Consent::Trusted => self.is_verified(),
        }
    }
}
