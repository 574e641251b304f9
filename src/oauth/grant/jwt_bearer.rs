//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 sections 2.1 and 3): another issuer, whom the operator
//! trusts, says who somebody is.
//!
//! No ID token and no refresh token: nobody logged in here, and the issuer can be asked again (RFC 7521 section 4.1).

use std::sync::Arc;

use entities::{accounts::user, oauth::grant};
use jsonwebtoken::jwk::JwkSet;
use sea_orm::{ActiveValue::Set, DbErr, QuerySelect as _, prelude::*};

use super::Asking;
use crate::{
    accounts::rights,
    config::{SubjectIs, TrustedIssuer},
    ctx::Ctx,
    db::Tx,
    oauth::{
        application::{Application, GrantType},
        error::{Code, Error},
        issue::{self, Issued, Mint},
        jws::{self, Claims, JwsError, Unverified},
        replay, resource,
        token::scope_parameter,
    },
    scope::{Scope, Scopes},
};

/// How far ahead an assertion may expire, in seconds.
const LONGEST: i64 = 3600;

/// Exchanges the assertion of a trusted issuer for an access token.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    let Asking { application, form, .. } = asking;
    if !application.allows(GrantType::JwtBearer) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use the JWT bearer grant."));
    }
    let assertion = form.required("assertion", "The parameter assertion is missing.")?;
    let asked = scope_parameter(form)?;
    let resources = resource::lines(&resource::asked(ctx, form).await?);
    let (issuer, claims) = verified(ctx, application, assertion).await?;
    let person = person(ctx, issuer, &claims).await?;

    let granted = Scopes::parse_known(&issuer.scope).map(|(scopes, _)| scopes).unwrap_or_default();
    let nothing_asked = asked.is_none();
    let asked = asked.unwrap_or_else(|| application.default_scope());
    let rights = rights::of_user(ctx.db.reader(), &person).await?;
    let scopes = asked
        .narrowed_to(&application.scope())
        .narrowed_to(&granted)
        .filtered(|scope| rights.covers(scope) && !matches!(scope, Scope::OpenId | Scope::OfflineAccess));
    if scopes.is_empty() && !nothing_asked {
        return Err(Error::new(Code::InvalidScope, "Nothing of what is asked for is allowed."));
    }
    let given = Given { person: &person, claims: &claims, scopes, resources };
    ctx.db.write(|tx| async move { give(ctx, &tx, asking, given).await }).await.map_err(Error::from)
}

struct Given<'a> {
    person: &'a user::Model,
    claims: &'a Claims,
    scopes: Scopes,
    resources: String,
}

async fn give(ctx: &Ctx, tx: &Tx, asking: &Asking, given: Given<'_>) -> Result<Issued, DbErr> {
    let Asking { application, confirmation, .. } = asking;
    let Given { person, claims, scopes, resources } = given;
    let now = ctx.clock.now();
    let grant = grant::ActiveModel {
        // No session of ours gave it, so none that ends takes it away.
        sid: Set(String::new()),
        amr: Set(String::new()),
        auth_time: Set(claims.time("iat").ok().flatten().unwrap_or(now)),
        resources: Set(resources),
        ..super::new_grant(application.id, person.id, &scopes, now)
    };
    let grant = grant.insert(&**tx).await?;
    let mint = Mint { confirmation: confirmation.as_ref(), ..Mint::new(application, Some(&grant), &scopes) };
    let access_token = issue::access_token(ctx, tx, mint).await?;
    let confirmation = confirmation.clone();
    Ok(Issued { access_token, refresh_token: None, scopes, confirmation, person: None, issued_token_type: None })
}

fn refused(log: impl Into<String>) -> Error {
    Error::invalid_grant("The assertion is not valid, or not for this client.").log(log)
}

/// An assertion that passes every rule of RFC 7523 section 3, with who issued it.
async fn verified<'a>(
    ctx: &'a Ctx,
    application: &Application,
    assertion: &str,
) -> Result<(&'a TrustedIssuer, Claims), Error> {
    let unverified = Unverified::parse(assertion).map_err(|error| refused(error.to_string()))?;
    let named = unverified.peek().text("iss").unwrap_or_default();
    let issuer = ctx.config.oauth.trusted_issuers.iter().find(|issuer| issuer.issuer == named);
    let issuer = issuer.ok_or_else(|| refused("its issuer is not trusted"))?;
    if !issuer.applications.contains(&application.client_id) {
        return Err(refused("its issuer does not speak to this client"));
    }
    let claims = checked(ctx, issuer, unverified).await.map_err(|error| refused(error.to_string()))?;
    // "The JWT MAY contain a jti": here it must, and counts once.
    let jti = claims.text("jti").unwrap_or_default();
    if !replay::first_use(ctx, "jwt-bearer", &format!("{}\n{jti}", issuer.issuer), ctx.clock.now() + LONGEST + 60)
        .await?
    {
        return Err(refused("it was used already"));
    }
    Ok((issuer, claims))
}

async fn checked(ctx: &Ctx, issuer: &TrustedIssuer, unverified: Unverified<'_>) -> Result<Claims, JwsError> {
    let types = ["", "JWT", "authorization-grant+jwt"];
    let claims = match unverified.clone().verify(&keys(ctx, issuer, false).await, &jws::ALGORITHMS, &types) {
        // A key that came since the set was read.
        Err(JwsError::NoKey) => unverified.verify(&keys(ctx, issuer, true).await, &jws::ALGORITHMS, &types)?,
        done => done?,
    };
    claims.expiry(ctx.clock.now(), LONGEST)?;
    claims.required("jti")?;
    claims.required("sub")?;
    // "The JWT MUST contain an aud (audience) claim containing a value that identifies the authorization server as an
    // intended audience."
    let accepted = [ctx.config.issuer(), ctx.config.url("/o/token/"), ctx.config.url("/o/token")];
    if !claims.audience().iter().any(|aud| accepted.iter().any(|own| own == aud)) {
        return Err(JwsError::Claim("aud"));
    }
    Ok(claims)
}

/// The keys of an issuer; none where they cannot be had, which the log says.
async fn keys(ctx: &Ctx, issuer: &TrustedIssuer, again: bool) -> JwkSet {
    let none = JwkSet { keys: Vec::new() };
    let text: Arc<[u8]> = match (&issuer.jwks, &issuer.jwks_uri) {
        (Some(jwks), _) => jwks.as_bytes().into(),
        (None, Some(uri)) => {
            let fetched = if again { ctx.documents.get_again(uri).await } else { ctx.documents.get(uri).await };
            match fetched {
                Ok(text) => text,
                Err(_) => return none,
            }
        }
        (None, None) => return none,
    };
    jws::key_set(&text).unwrap_or_else(|error| {
        tracing::warn!(issuer = issuer.issuer, %error, "the keys of a trusted issuer cannot be used");
        none
    })
}

/// The person whom the assertion means, as the operator says that its subjects are to be read.
async fn person(ctx: &Ctx, issuer: &TrustedIssuer, claims: &Claims) -> Result<user::Model, Error> {
    let name =
        claims.text(issuer.claim.as_deref().unwrap_or("sub")).filter(|name| !name.is_empty() && name.len() <= 254);
    let name = name.ok_or_else(|| refused("the claim that names the person is missing"))?;
    let all = user::Entity::find();
    let found = match issuer.subject {
        SubjectIs::Username => all.filter(user::Column::Username.eq(name)),
        SubjectIs::Sub => all.filter(user::Column::Sub.eq(name)),
        // Whoever typed somebody else's address into their own account is not taken for them.
        SubjectIs::Email => all.filter(user::Column::Email.eq(name)).filter(user::Column::EmailVerified.eq(true)),
    };
    let mut found = found.limit(2).all(ctx.db.reader()).await?;
    let person = if found.len() == 1 { found.pop() } else { None };
    person.filter(|person| person.is_active).ok_or_else(|| refused("nobody here is meant"))
}
