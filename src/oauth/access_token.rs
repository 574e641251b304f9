//! Access tokens as the resource server meets them (RFC 6750).

use entities::{
    accounts::user,
    oauth::{access_token, application, grant},
};
use sea_orm::{DbErr, prelude::*};

use super::{application::Application, authorization_details::Details};
use crate::{
    ctx::Ctx,
    scope::Scopes,
    secret::{self, Kind},
};

/// A live access token.
#[derive(Debug, Clone)]
pub struct Live {
    /// Whom it was issued to.
    pub application: Application,
    /// For whom it acts; none where the application acts for itself.
    pub user: Option<user::Model>,
    /// The grant it belongs to; none where the application acts for itself.
    pub grant: Option<grant::Model>,
    /// Its row.
    pub token: access_token::Model,
    /// What it may.
    pub scopes: Scopes,
}

impl Live {
    /// What it may, by its scopes and by what was granted in detail (RFC 9396). Both were granted.
    pub fn may(&self) -> Scopes {
        self.scopes.union(&Details::of_row(&self.token.authorization_details).scopes())
    }
}

/// The token of that value, if it is alive: neither it nor its grant was revoked, it has not expired, and application and
/// person are active. One statement.
pub async fn live(ctx: &Ctx, value: &str) -> Result<Option<Live>, DbErr> {
    // A refresh token, an ID token or a typo is not even looked up.
    if !Kind::AccessToken.recognises(value) {
        return Ok(None);
    }
    let found = access_token::Entity::find()
        .filter(access_token::Column::Digest.eq(secret::digest(value)))
        .find_also_related(application::Entity)
        .find_also_related(user::Entity)
        .find_also(access_token::Entity, grant::Entity)
        .one(ctx.db.reader())
        .await?;
    let Some((token, Some(application), user, grant)) = found else { return Ok(None) };
    let scopes = Scopes::parse_known(&token.scope).map(|(scopes, _)| scopes).unwrap_or_default();
    let live = Live { application: application.into(), user, grant, token, scopes };
    Ok(Some(live).filter(|live| is_live(ctx, live)))
}

fn is_live(ctx: &Ctx, live: &Live) -> bool {
    let Live { application, user, grant, token, .. } = live;
    let person = match (token.user_id, user, grant) {
        (None, None, None) => true,
        (Some(_), Some(user), Some(grant)) => {
            user.is_active && grant.revoked.is_none() && token.created >= user.credentials_changed_at
        }
        // Half of a token: something was deleted under it.
        _ => false,
    };
    person && application.is_active && token.expires > ctx.clock.now()
}
