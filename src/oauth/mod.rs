//! The authorization server (RFC 6749, `OpenID` Connect Core): one file per endpoint, grant or check.

pub mod access_token;
pub mod application;
pub mod applications;
pub mod asking;
mod at_jwt;
pub mod authorization_details;
pub mod authorize;
pub mod authorized;
pub mod ciba;
pub mod client;
pub mod client_keys;
mod confirm;
pub mod confirmation;
mod cors;
mod decoupled;
mod device;
pub mod dpop;
pub mod error;
mod grant;
pub mod holder;
mod introspect;
mod issue;
pub mod jws;
pub mod logo;
pub mod oidc;
mod par;
mod pkce;
mod protocol;
pub mod redirect_uri;
pub mod register;
pub mod replay;
pub mod resource;
mod revoke;
pub mod show;
pub mod subject;
mod sweep;
pub mod token;
pub mod withdraw;

use std::sync::Arc;

pub use oidc::discovery::well_known;
pub use oidc::logout::deliver as deliver_logouts;
use poem::{Endpoint, IntoEndpoint, Route};
pub use sweep::sweep;

/// Everything under `/o`.
pub fn routes() -> Route {
    let routes = applications::add_to(Route::new());
    let routes = authorized::add_to(routes);
    let routes = authorize::add_to(routes);
    let routes = par::add_to(routes);
    let routes = token::add_to(routes);
    let routes = device::add_to(routes);
    let routes = ciba::add_to(routes);
    let routes = revoke::add_to(routes);
    let routes = introspect::add_to(routes);
    let routes = oidc::discovery::add_to(routes);
    let routes = oidc::userinfo::add_to(routes);
    let routes = register::add_to(routes);
    let routes = logo::add_to(routes);
    oidc::logout::add_to(routes)
}

/// A page with and without the trailing slash.
fn both(routes: Route, path: &str, page: impl IntoEndpoint<Endpoint: Endpoint + 'static>) -> Route {
    let page = Arc::new(page.into_endpoint());
    routes.at(path, page.clone()).at(format!("{path}/"), page)
}
