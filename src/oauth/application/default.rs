//! The application that comes with the server: public, first party, known to every client by its `client_id`.

use entities::oauth::application;
use sea_orm::{ActiveValue::Set, DbErr, IntoActiveModel, prelude::*};

use super::{Algorithm, ClientType, Consent, GrantType, Origin, find};
use crate::{ctx::Ctx, oauth::withdraw, scope::Scopes};

/// The `client_id` that command-line and mobile clients carry.
pub const CLIENT_ID: &str = "zDFnsiRheJIOKNx6aCQ0quBxECg1QBHtVFDPloJ6";

/// Where the documentation page receives its code.
pub const DOCUMENTATION_PATH: &str = "/api-doc/oauth2-redirect.html";

/// Where a client on the person's own machine listens. Matching is exact but for the port, so each path that native
/// clients commonly use is listed.
const LOOPBACK: [&str; 6] = [
    "http://127.0.0.1",
    "http://127.0.0.1/",
    "http://127.0.0.1/callback",
    "http://[::1]",
    "http://[::1]/",
    "http://[::1]/callback",
];

/// Makes the default application, or brings it to what this version and the configuration say. What it is belongs to the
/// server, so no page edits it; `oauth.default_application = false` turns it off.
pub async fn ensure_default(ctx: &Ctx) -> Result<(), DbErr> {
    let now = ctx.clock.now();
    let site = ctx.config.url(DOCUMENTATION_PATH);
    let redirect_uris = LOOPBACK.join("\n") + "\n" + &site;
    let scope = Scopes::all().to_string();
    let is_active = ctx.config.oauth.default_application;
    let existing = find(ctx.db.reader(), CLIENT_ID).await?.map(|application| application.row);
    let up_to_date = existing.as_ref().is_some_and(|row| {
        row.redirect_uris == redirect_uris && row.scope == scope && row.is_active == is_active && row.is_default
    });
    if up_to_date {
        return Ok(());
    }
    let made = existing.is_none();
    // What it was given does not come back with it.
    let turned_off = existing.as_ref().filter(|row| row.is_active && !is_active).map(|row| row.id);
    let mut row = existing.map_or_else(|| fresh(now), IntoActiveModel::into_active_model);
    row.redirect_uris = Set(redirect_uris);
    row.scope = Set(scope);
    row.is_active = Set(is_active);
    row.is_default = Set(true);
    row.updated = Set(now);
    let stored = ctx
        .db
        .write(|tx| async move {
            if let Some(id) = turned_off {
                withdraw::from_application(&tx, id, now).await?;
            }
            if made { row.insert(&*tx).await } else { row.update(&*tx).await }
        })
        .await;
    match stored {
        // Another process started at the same moment and made it.
        Err(error) if made && crate::db::violation(&error).is_some() => Ok(()),
        other => other.map(drop),
    }
}

fn fresh(now: i64) -> application::ActiveModel {
    let grants = [GrantType::AuthorizationCode.name(), GrantType::RefreshToken.name()].join(" ");
    application::ActiveModel {
        client_id: Set(CLIENT_ID.to_owned()),
        name: Set("Stockade default application".to_owned()),
        client_type: Set(ClientType::Public.name().to_owned()),
        grant_types: Set(grants),
        post_logout_redirect_uris: Set(String::new()),
        allowed_origins: Set(String::new()),
        algorithm: Set(Algorithm::Rs256.name().to_owned()),
        // Who asks for nothing learns who they are, and no more.
        default_scope: Set("openid".to_owned()),
        require_pkce: Set(true),
        consent: Set(Consent::Trusted.name().to_owned()),
        access_token_lifetime: Set(3600),
        id_token_lifetime: Set(3600),
        refresh_token_lifetime: Set(30 * 86_400),
        refresh_token_idle_lifetime: Set(14 * 86_400),
        client_uri: Set(String::new()),
        logo_uri: Set(String::new()),
        policy_uri: Set(String::new()),
        tos_uri: Set(String::new()),
        origin: Set(Origin::Administrator.name().to_owned()),
        created_by: Set(None),
        created: Set(now),
        ..Default::default()
    }
}
