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
    Ok(waiting.map(|(application, redirect_uri)| Asking {
        application: application.name.clone(),
        redirect_uri,
        logo: super::logo::address(&application),
        links: links(&application),
    }))
}

/// What people may want to read before they log in.
fn links(application: &super::application::Application) -> Vec<(&'static str, String)> {
    let all = [("Privacy policy", &application.policy_uri), ("Terms of use", &application.tos_uri)];
    all.into_iter().filter(|(_, uri)| !uri.is_empty()).map(|(name, uri)| (name, uri.clone())).collect()
}
