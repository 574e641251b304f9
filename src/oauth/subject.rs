//! Who somebody is to an application: `sub` (`OpenID` Connect Core 2 and 8). The one place that says it, for ID tokens,
//! userinfo, introspection, access tokens and logout tokens alike.

use entities::accounts::user;

use super::application::Application;
use crate::ctx::Ctx;

/// The `sub` of a person. Stable, never reassigned, and at most 255 ASCII characters.
pub fn of(_: &Ctx, _: &Application, user: &user::Model) -> String {
    user.sub.clone()
}

/// The `sub` of an application that acts for itself. Never equal to a person's, which has no colon (RFC 9700 section
/// 4.15.1).
pub fn of_client(application: &Application) -> String {
    format!("client:{}", application.client_id)
}
