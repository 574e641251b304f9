//! Access tokens as the resource server meets them (RFC 6750).

use entities::{
    accounts::user,
    oauth::{access_token, application, grant},
};
use sea_orm::{DbErr, prelude::*};

use super::{application::Application, at_jwt, authorization_details::Details, resource};
use crate::{
    ctx::Ctx,
    scope::Scopes,
    secret::{self, Kind},
    signing::SigningError,
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

    /// Whether it is for this server's own endpoints: a resource server that is sent a token must not use it here.
    pub fn is_for_api(&self, ctx: &Ctx) -> bool {
        resource::is_for_api(ctx, &self.token.audience)
    }
}

/// The token of that value, if it is alive: neither it nor its grant was revoked, it has not expired, and application and
/// person are active. One statement.
pub async fn live(ctx: &Ctx, value: &str) -> Result<Option<Live>, DbErr> {
    let Some(digest) = digest(ctx, value).await? else { return Ok(None) };
    let found = access_token::Entity::find()
        .filter(access_token::Column::Digest.eq(digest))
        .find_also_related(application::Entity)
        .find_also_related(user::Entity)
        .find_also(access_token::Entity, grant::Entity)
        .one(ctx.db.reader())
        .await?;
    let Some((token, Some(application), user, grant)) = found else { return Ok(None) };
    let scopes = Scopes::parse_known(&token.scope).map(|(scopes, _)| scopes).unwrap_or_default();
    let live = Live { application: application.into(), user, token, scopes, grant };
    Ok(Some(live).filter(|live| is_live(ctx, live)))
}

/// By what the row of a token is found; none for what is no access token of ours: a refresh token, an ID token or a typo is
/// not even looked up.
pub(super) async fn digest(ctx: &Ctx, value: &str) -> Result<Option<String>, DbErr> {
    if Kind::AccessToken.recognises(value) {
        return Ok(Some(secret::digest(value)));
    }
    match at_jwt::read(ctx, value).await {
        Ok(digest) => Ok(digest),
        Err(SigningError::Db(error)) => Err(error),
        Err(error) => Err(DbErr::Custom(error.to_string())),
    }
}

fn is_live(ctx: &Ctx, live: &Live) -> bool {
    let Live { application, user, token, grant, .. } = live;
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
