//! Who you are: people, their passwords, sessions, API tokens, groups and rights.

pub mod page;
pub mod rights;
pub mod session;

pub use page::{confirm, frame, local_path, login_url, pages, require_login, require_superuser};
use poem::Route;

/// Everything under `/accounts`.
pub fn routes() -> Route {
    Route::new()
}
