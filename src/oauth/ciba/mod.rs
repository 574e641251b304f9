//! Client-initiated backchannel authentication (`OpenID` Connect CIBA core 1.0): an application that knows whom it deals with
//! (on the telephone, at a counter) asks; the person finds the request here and decides. Poll and ping; no push, which
//! would send tokens to an address instead of to an authenticated client.

mod hint;
mod pages;
mod parameters;
mod ping;
mod request;

use poem::{Route, get};

use super::both;

pub use pages::waiting;
pub(super) use parameters::signing_algorithms;
pub use ping::deliver;

/// How applications learn of the decision, for the metadata too.
pub const DELIVERY_MODES: [&str; 2] = ["poll", "ping"];

/// The endpoint and its page.
pub(super) fn add_to(routes: Route) -> Route {
    let routes = request::add_to(routes);
    both(routes, "/ciba", get(pages::list).post(pages::decide))
}
