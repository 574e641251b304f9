//! The authorization server (RFC 6749, `OpenID` Connect Core): one file per endpoint, grant or check.

pub mod application;
pub mod asking;
pub mod oidc;
pub mod redirect_uri;
pub mod withdraw;

use poem::Route;

/// Everything under `/o`.
pub fn routes() -> Route {
    Route::new()
}
