//! Device authorization (RFC 8628): for what has no browser, or no keyboard. The device shows a code; a person types it
//! here, sees who asks for what, and decides.

mod authorization;
mod pages;
mod user_code;

use poem::{Route, get};

use super::both;

/// The endpoint and its pages.
pub(super) fn add_to(routes: Route) -> Route {
    let routes = authorization::add_to(routes);
    let routes = both(routes, "/device", get(pages::show).post(pages::find));
    let routes = both(routes, "/device-confirm/:client_id/:user_code", get(pages::confirmation).post(pages::decide));
    both(routes, "/device-grant-status/:client_id/:user_code", get(pages::result))
}
