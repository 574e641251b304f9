//! Who you are: people, their passwords, sessions, API tokens, groups and rights.

pub mod api_token;
mod asking;
pub mod author;
mod change_password;
pub mod credential;
pub mod group;
mod home;
mod login;
pub mod logout_notice;
pub mod owner;
pub mod page;
pub mod password_rules;
pub mod person;
pub mod rights;
pub mod second_factor;
pub mod session;
mod sessions;
pub mod setup;
mod waiting;

pub use asking::{Asking, Asks};
pub use page::{confirm, frame, local_path, login_url, must_be_recent, pages, require_login, require_superuser};
use poem::Route;
pub use waiting::Waiting;

use crate::web::{Methods, get, post};

/// `/`.
pub fn start() -> Methods {
    get(login::start)
}

/// Everything under `/accounts`.
pub fn routes() -> Route {
    Route::new()
        .at("/", get(home::show))
        .at("/login", get(login::show).post(login::submit))
        .at("/login/", get(login::show).post(login::submit))
        .at("/login/code/", get(login::second_step::restart).post(login::second_step::submit))
        .at("/logout", get(login::ask_logout).post(login::logout))
        .at("/logout/", get(login::ask_logout).post(login::logout))
        .at("/password/", get(change_password::show).post(change_password::submit))
        .at("/second-factor/", get(second_factor::overview))
        .at("/second-factor/set-up/", get(second_factor::set_up_form).post(second_factor::set_up))
        .at("/second-factor/codes/", post(second_factor::renew_codes))
        .at("/second-factor/remove/", post(second_factor::remove_own))
        .at("/sessions/", get(sessions::show).post(home::end))
        .at("/setup/", get(setup::show).post(setup::submit))
}
