//! Who you are: people, their passwords, sessions, API tokens, groups and rights.

pub mod api_token;
pub mod author;
pub mod credential;
pub mod group;
pub mod owner;
pub mod page;
pub mod password_rules;
pub mod person;
pub mod rights;
pub mod session;

pub use page::{confirm, frame, local_path, login_url, pages, require_login, require_superuser};
use poem::Route;

/// Everything under `/accounts`.
pub fn routes() -> Route {
    Route::new()
}
