//! The resource server's half: from a request to a principal, and the decision "role AND scope".
//!
//! An operation takes [`Auth`] and says what it needs in `#[oai(scope = ...)]`; nothing else decides. It fails closed: an
//! operation that `rest::Guarded` has not seen grants nothing.

mod auth;
mod authenticate;
mod cache;
mod metadata;
mod principal;
mod refused;

pub use auth::{Auth, Recent, Required, Visitor, intern};
pub use authenticate::authenticate;
pub use cache::Cache;
pub use metadata::{add_to, url as metadata_url};
pub use principal::{Principal, Subject, Via};
pub use refused::Refused;
