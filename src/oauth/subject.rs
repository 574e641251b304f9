//! Who somebody is to an application: `sub` (`OpenID` Connect Core 2 and 8). The one place that says it, for ID tokens,
//! userinfo, introspection, access tokens and logout tokens alike.

use entities::accounts::user;

use super::application::{Application, metadata::subject::host};
use crate::{ctx::Ctx, secret::Purpose};

/// The `sub` of a person. Stable, never reassigned, and at most 255 ASCII characters.
///
/// Pairwise, it is a keyed digest of the sector and the person: applications of one sector know a person by the same
/// name, those of two cannot compare notes, and nobody without the server key can turn it back (`OpenID` Connect Core
/// 8.1: "It MUST be ... deterministic ... not reversible by any party other than the OpenID Provider").
pub fn of(ctx: &Ctx, application: &Application, user: &user::Model) -> String {
    if application.metadata.subject.is_pairwise() {
        ctx.key.mac_text(Purpose::PairwiseSubject, &[&sector(application), &user.sub])
    } else {
        user.sub.clone()
    }
}

/// The sector of an application: the host of its `sector_identifier_uri`, else that of its redirect URIs, else (they have
/// none, as with a scheme of its own) the application itself.
fn sector(application: &Application) -> String {
    let listed = host(&application.metadata.subject.sector_identifier_uri);
    let own = || application.redirect_uris().next().and_then(host);
    listed.or_else(own).unwrap_or_else(|| of_client(application))
}

/// The `sub` of an application that acts for itself. Never equal to a person's, which has no colon (RFC 9700 section
/// 4.15.1).
pub fn of_client(application: &Application) -> String {
    format!("client:{}", application.client_id)
}
