//! Which application waits behind a `next` of the login page, so that the page may name it.
//!
//! Only an application that is really served, with a redirect URI that is really its own, is named: nobody gets to put a
//! name of their choice, or an address into the page's `form-action`.

use sea_orm::DbErr;

use super::authorize;
use crate::{accounts::Asking, ctx::Ctx};

/// The application that asks for authorization at this local address.
pub async fn find(ctx: Ctx, next: String) -> Result<Option<Asking>, DbErr> {
    let address = next.split('#').next().unwrap_or_default();
    let Some(("/o/authorize" | "/o/authorize/", query)) = address.split_once('?') else { return Ok(None) };
    let waiting = authorize::waiting(&ctx, query).await?;
    Ok(waiting.map(|(application, redirect_uri)| Asking { application: application.name.clone(), redirect_uri }))
}
