//! Which application waits behind a `next` of the login page, so that the page may name it.
//!
//! Only an application that is really served, with a redirect URI that is really its own, is named: nobody gets to put a
//! name of their choice, or an address into the page's `form-action`.

use sea_orm::DbErr;
use url::form_urlencoded;

use super::application;
use crate::{accounts::Asking, ctx::Ctx};

/// The application that asks for authorization at this local address.
pub async fn find(ctx: Ctx, next: String) -> Result<Option<Asking>, DbErr> {
    let address = next.split('#').next().unwrap_or_default();
    let Some(("/o/authorize" | "/o/authorize/", query)) = address.split_once('?') else { return Ok(None) };
    let parameter = |name: &str| {
        let mut values =
            form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
        // A parameter that comes twice makes no valid request (RFC 6749 section 3.1).
        values.next().filter(|_| values.next().is_none())
    };
    let Some(client_id) = parameter("client_id") else { return Ok(None) };
    let Some(application) = application::find(ctx.db.reader(), &client_id).await? else { return Ok(None) };
    let redirect_uri = match parameter("redirect_uri") {
        Some(uri) => Some(uri.into_owned()),
        None => application.redirect_uris().next().map(str::to_owned),
    };
    Ok(redirect_uri
        .filter(|uri| application.is_active && application.may_redirect_to(uri))
        .map(|redirect_uri| Asking { application: application.name.clone(), redirect_uri }))
}
