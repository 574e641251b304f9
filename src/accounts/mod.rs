//! Who you are: people, their passwords, sessions, API tokens, groups and rights.

pub mod rights;
pub mod session;

use poem::Route;

/// Everything under `/accounts`.
pub fn routes() -> Route {
    Route::new()
}
