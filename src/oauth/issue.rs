//! The one place that mints tokens (RFC 6749 sections 1.4, 1.5, 5.1, 6).

use entities::{
    accounts::user,
    oauth::{access_token, grant, refresh_token},
};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use serde::Serialize;
use serde_json::Value;

use jsonwebtoken::Algorithm;

use super::{
    application::{Application, GrantType, metadata::tokens::Format},
    at_jwt,
    confirmation::Confirmation,
    error::{Code, Error},
    oidc::id_token,
    resource,
};
use crate::{
    accounts::rights,
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    scope::{Scope, Scopes},
    secret::{self, Kind},
    signing::SigningError,
};

/// What a grant gives, before the ID token is signed.
#[expect(clippy::struct_field_names, reason = "as the RFC names it")]
pub(super) struct Issued {
    pub(super) access_token: Minted,
    pub(super) refresh_token: Option<String>,
    pub(super) scopes: Scopes,
    /// The key that the access token is bound to.
    pub(super) confirmation: Option<Confirmation>,
    /// For whom, and by which grant; none where the application acts for itself.
    pub(super) person: Option<(user::Model, grant::Model)>,
    /// What kind of token it is (RFC 8693 section 2.2.1); only in exchange for another.
    pub(super) issued_token_type: Option<&'static str>,
}

/// An access token whose row is stored.
pub(super) struct Minted {
    /// In seconds.
    pub(super) expires_in: i64,
    spelling: Spelling,
}

enum Spelling {
    Opaque(String),
    Jwt(Algorithm, Box<at_jwt::Claims>),
}

impl Minted {
    /// The token itself. Of a JWT this signs it, so it comes after the commit: signing would hold the one writer of SQLite
    /// for its time.
    pub(super) async fn value(self, ctx: &Ctx) -> Result<String, SigningError> {
        match self.spelling {
            Spelling::Opaque(value) => Ok(value),
            Spelling::Jwt(algorithm, claims) => at_jwt::sign(ctx, algorithm, &claims).await,
        }
    }
}

/// The token response (RFC 6749 section 5.1, `OpenID` Connect Core 3.1.3.3).
#[derive(Debug, Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always said: it may be less than was asked for.
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// What was granted in detail (RFC 9396 section 7), which may be less than was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<Value>,
}

/// The answer to the client. Signing comes after the commit: it would hold the one writer of SQLite for its time.
pub(super) async fn respond(ctx: &Ctx, application: &Application, issued: Issued) -> Result<TokenResponse, Error> {
    let Issued { access_token, refresh_token, scopes, confirmation, person, issued_token_type } = issued;
    let expires_in = access_token.expires_in;
    let access_token = access_token.value(ctx).await?;
    let id_token = match &person {
        Some((user, grant)) if scopes.contains(Scope::OpenId) => {
            let beside = id_token::Beside { access_token: Some(&access_token), code: None };
            Some(id_token::mint(ctx, application, grant, user, beside).await?)
        }
        _ => None,
    };
    let details = person.as_ref().map(|(_, grant)| grant.authorization_details.as_str()).unwrap_or_default();
    let scope = scopes.to_string();
    Ok(TokenResponse {
        access_token,
        issued_token_type,
        token_type: Confirmation::token_type(confirmation.as_ref()),
        expires_in,
        refresh_token,
        scope,
        id_token,
        authorization_details: at_jwt::json(details),
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
    /// The token that it is given in exchange for, which it does not outlive.
    pub(super) subject: Option<&'a access_token::Model>,
    /// Who acts with it for somebody else.
    pub(super) act: Option<&'a str>,
    /// How it is written; as its resource server or its application wants it, where this does not say.
    pub(super) format: Option<Format>,
}

impl<'a> Mint<'a> {
    /// A token by a grant, for the resources that were granted.
    pub(super) fn new(application: &'a Application, grant: Option<&'a grant::Model>, scopes: &'a Scopes) -> Self {
        let audience = grant.map_or("", |grant| grant.resources.as_str());
        Self { application, grant, scopes, audience, confirmation: None, subject: None, act: None, format: None }
    }
}

/// Mints an access token.
pub(super) async fn access_token(ctx: &Ctx, tx: &Tx, mint: Mint<'_>) -> Result<Minted, DbErr> {
    let Mint { application, grant, scopes, audience, confirmation, subject, act, format } = mint;
    let now = ctx.clock.now();
    let expires = now + i64::from(application.access_token_lifetime);
    let expires = subject.map_or(expires, |subject| expires.min(subject.expires));
    let cnf = confirmation.map(Confirmation::text);
    let scope = scopes.to_string();
    // Details name what the person allowed one application; what is given in exchange goes by scope alone.
    let details = grant.filter(|_| subject.is_none()).map(|grant| grant.authorization_details.clone());
    let authorization_details = details.unwrap_or_default();
    let format = match format {
        Some(format) => format,
        None => resource::format(&**tx, application, audience).await?,
    };
    let (digest, spelling) = match format {
        Format::Opaque => {
            let value = Kind::AccessToken.generate(ctx.rng);
            (secret::digest(&value), Spelling::Opaque(value))
        }
        Format::Jwt => {
            let user = match grant {
                Some(grant) => user::Entity::find_by_id(grant.user_id).one(&**tx).await?,
                None => None,
            };
            let jti = secret::hex(&ctx.rng.bytes::<20>());
            let digest = at_jwt::digest(&jti);
            let content = at_jwt::Content {
                jti,
                audience,
                scope: &scope,
                created: now,
                expires,
                authorization_details: &authorization_details,
                cnf: cnf.as_deref(),
                act,
            };
            let claims = at_jwt::claims(ctx, application, user.as_ref().zip(grant), content);
            (digest, Spelling::Jwt(id_token::algorithm(application), Box::new(claims)))
        }
    };
    let row = access_token::ActiveModel {
        digest: Set(digest),
        application_id: Set(application.id),
        grant_id: Set(grant.map(|grant| grant.id)),
        user_id: Set(grant.map(|grant| grant.user_id)),
        scope: Set(scope),
        audience: Set(audience.to_owned()),
        authorization_details: Set(authorization_details),
        cnf: Set(cnf),
        act: Set(act.map(str::to_owned)),
        created: Set(now),
        expires: Set(expires),
        subject_id: Set(subject.map(|subject| subject.id)),
        ..Default::default()
    };
    access_token::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(Minted { expires_in: expires - now, spelling })
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
