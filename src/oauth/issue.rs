//! The one place that mints tokens (RFC 6749 sections 1.4, 1.5, 5.1, 6).

use entities::{
    accounts::user,
    oauth::{access_token, grant, refresh_token},
};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use serde::Serialize;

use super::{
    application::{Application, GrantType},
    confirmation::Confirmation,
    error::{Code, Error},
    oidc::id_token,
};
use crate::{
    accounts::rights,
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    scope::{Scope, Scopes},
    secret::{self, Kind},
};

/// What a grant gives, before the ID token is signed.
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) scopes: Scopes,
    pub(super) expires_in: i32,
    /// The key that the access token is bound to.
    pub(super) confirmation: Option<Confirmation>,
    /// For whom, and by which grant; none where the application acts for itself.
    pub(super) person: Option<(user::Model, grant::Model)>,
}

/// The token response (RFC 6749 section 5.1, `OpenID` Connect Core 3.1.3.3).
#[derive(Debug, Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always said: it may be less than was asked for.
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// The answer to the client. Signing comes after the commit: it would hold the one writer of SQLite for its time.
pub(super) async fn respond(ctx: &Ctx, application: &Application, issued: Issued) -> Result<TokenResponse, Error> {
    let Issued { access_token, refresh_token, scopes, expires_in, confirmation, person } = issued;
    let id_token = match &person {
        Some((user, grant)) if scopes.contains(Scope::OpenId) => {
            let beside = id_token::Beside { access_token: Some(&access_token), code: None };
            Some(id_token::mint(ctx, application, grant, user, beside).await?)
        }
        _ => None,
    };
    let scope = scopes.to_string();
    Ok(TokenResponse {
        access_token,
        token_type: Confirmation::token_type(confirmation.as_ref()),
        expires_in,
        refresh_token,
        scope,
        id_token,
    })
}

/// What an access token is to say.
pub(super) struct Mint<'a> {
    pub(super) application: &'a Application,
    /// None where the application acts for itself.
    pub(super) grant: Option<&'a grant::Model>,
    pub(super) scopes: &'a Scopes,
    /// Where it may be used, one a line; empty for this server's API.
    pub(super) audience: &'a str,
    /// The key that its bearer must prove to hold.
    pub(super) confirmation: Option<&'a Confirmation>,
}

/// Mints an access token.
pub(super) async fn access_token(ctx: &Ctx, tx: &Tx, mint: Mint<'_>) -> Result<String, DbErr> {
    let Mint { application, grant, scopes, audience, confirmation } = mint;
    let now = ctx.clock.now();
    let value = Kind::AccessToken.generate(ctx.rng);
    let row = access_token::ActiveModel {
        digest: Set(secret::digest(&value)),
        application_id: Set(application.id),
        grant_id: Set(grant.map(|grant| grant.id)),
        user_id: Set(grant.map(|grant| grant.user_id)),
        scope: Set(scopes.to_string()),
        audience: Set(audience.to_owned()),
        authorization_details: Set(grant.map(|grant| grant.authorization_details.clone()).unwrap_or_default()),
        cnf: Set(confirmation.map(Confirmation::text)),
        act: Set(None),
        created: Set(now),
        expires: Set(now + i64::from(application.access_token_lifetime)),
        ..Default::default()
    };
    access_token::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(value)
}

/// Stores a refresh token, and returns its row's id.
pub(super) async fn refresh_token(
    ctx: &Ctx,
    tx: &Tx,
    application: &Application,
    grant: &grant::Model,
    confirmation: Option<&Confirmation>,
    value: &str,
) -> Result<i32, DbErr> {
    let now = ctx.clock.now();
    let row = refresh_token::ActiveModel {
        digest: Set(secret::digest(value)),
        grant_id: Set(grant.id),
        // RFC 9449 section 5: "The refresh tokens issued to public clients are bound"; a confidential client's are bound
        // by its own authentication, so that it may change its key.
        cnf: Set(confirmation.filter(|_| application.is_public()).map(Confirmation::text)),
        created: Set(now),
        expires: Set(refresh_expiry(application, grant, now)),
        consumed: Set(None),
        successor: Set(None),
        ..Default::default()
    };
    Ok(row.insert(&**tx).await?.id)
}

/// Idle and absolute lifetime, whichever ends first.
pub(super) fn refresh_expiry(application: &Application, grant: &grant::Model, now: Timestamp) -> Timestamp {
    let idle = now + i64::from(application.refresh_token_idle_lifetime);
    idle.min(grant.created + i64::from(application.refresh_token_lifetime))
}

/// Whether a grant comes with a refresh token.
pub(super) fn is_refreshable(application: &Application, scopes: &Scopes) -> bool {
    application.allows(GrantType::RefreshToken) || scopes.contains(Scope::OfflineAccess)
}

/// What a token of a person may carry now: asked (or all that was granted), still allowed to the application, and still
/// within the person's rights. RFC 6749 section 6: "The requested scope MUST NOT include any scope not originally granted."
pub(super) async fn current_scopes(
    tx: &Tx,
    application: &Application,
    user: &user::Model,
    grant: &grant::Model,
    asked: Option<&Scopes>,
) -> Result<Result<Scopes, Error>, DbErr> {
    let granted = Scopes::parse_known(&grant.scope).map(|(scopes, _)| scopes).unwrap_or_default();
    let asked = asked.unwrap_or(&granted);
    if !asked.is_subset(&granted) {
        return Ok(Err(Error::new(Code::InvalidScope, "The scope exceeds what was granted.")));
    }
    let rights = rights::of_user(&**tx, user).await?;
    let scopes = asked.narrowed_to(&application.scope()).filtered(|scope| rights.covers(scope));
    Ok(if scopes.is_empty() && !granted.is_empty() {
        Err(Error::new(Code::InvalidScope, "Nothing of what was granted is allowed any longer."))
    } else {
        Ok(scopes)
    })
}

/// Revokes a grant with all that came of it.
pub(super) async fn revoke_grant(tx: &Tx, grant_id: i32, now: Timestamp) -> Result<(), DbErr> {
    grant::Entity::update_many()
        .col_expr(grant::Column::Revoked, Expr::value(now))
        .filter(grant::Column::Id.eq(grant_id))
        .filter(grant::Column::Revoked.is_null())
        .exec(&**tx)
        .await?;
    access_token::Entity::delete_many().filter(access_token::Column::GrantId.eq(grant_id)).exec(&**tx).await.map(drop)
}

/// Notes that a grant was used, to the minute.
pub(super) async fn touch(tx: &Tx, grant: &grant::Model, now: Timestamp) -> Result<(), DbErr> {
    if now - grant.last_used < 60 {
        return Ok(());
    }
    grant::Entity::update_many()
        .col_expr(grant::Column::LastUsed, Expr::value(now))
        .filter(grant::Column::Id.eq(grant.id))
        .exec(&**tx)
        .await
        .map(drop)
}
