//! `grant_type=authorization_code` (RFC 6749 section 4.1.3; RFC 7636 section 4.6; OAuth 2.1 section 4.1.3).

use entities::oauth::authorization_code;
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::{Asking, locked, not_good, stands};
use crate::{
    ctx::Ctx,
    db::Tx,
    oauth::{
        application::GrantType,
        confirmation::Confirmation,
        error::{Code, Error},
        issue::{self, Issued, Mint},
        pkce,
        resource::{self, Resource},
    },
    secret::{self, Kind},
};

/// Exchanges a code for tokens.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    let Asking { application, form, .. } = asking;
    if !application.allows(GrantType::AuthorizationCode) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use the authorization code grant."));
    }
    let code = form.required("code", "The parameter code is missing.")?;
    let (redirect_uri, verifier) = (form.once("redirect_uri")?, form.once("code_verifier")?);
    if !Kind::AuthorizationCode.recognises(code) {
        return Err(not_good());
    }
    let digest = secret::digest(code);
    let sent = &Sent { redirect_uri, verifier, resources: resource::asked(ctx, form).await? };
    ctx.db.write(|tx| async move { spend(ctx, &tx, asking, &digest, sent).await }).await?
}

/// What comes along with the code.
struct Sent<'a> {
    redirect_uri: Option<&'a str>,
    verifier: Option<&'a str>,
    resources: Vec<Resource>,
}

async fn spend(
    ctx: &Ctx,
    tx: &Tx,
    asking: &Asking,
    digest: &str,
    sent: &Sent<'_>,
) -> Result<Result<Issued, Error>, DbErr> {
    let Sent { redirect_uri, verifier, resources } = sent;
    let Asking { application, confirmation, .. } = asking;
    let now = ctx.clock.now();
    // Locked: of two that spend one code, the second sees what the first did.
    let by_digest = authorization_code::Entity::find().filter(authorization_code::Column::Digest.eq(digest));
    let Some(code) = by_digest.lock_exclusive().one(&**tx).await? else { return Ok(Err(not_good())) };
    let Some((grant, user)) = locked(tx, application, code.grant_id).await? else { return Ok(Err(not_good())) };

    // "Ensure that the redirect_uri parameter is present if [it] was included in the initial authorization request, and
    // if included ensure that their values are identical." OAuth 2.1 no longer needs it: PKCE binds the code.
    if redirect_uri.is_some_and(|given| given != code.redirect_uri) {
        return Ok(Err(Error::invalid_grant("The redirect_uri differs from the one of the authorization request.")));
    }
    if redirect_uri.is_none() && code.code_challenge.is_none() {
        return Ok(Err(Error::invalid_grant("The redirect_uri of the authorization request is missing.")));
    }
    if let Err(refused) = pkce::verify(code.code_challenge.as_deref(), *verifier) {
        return Ok(Err(refused));
    }
    // RFC 9449 section 10: "the authorization server MUST reject the request" where the proof is of another key than the one
    // that the authorization request named.
    if let Some(jkt) = &code.dpop_jkt
        && *confirmation != Some(Confirmation::Jkt(jkt.clone()))
    {
        return Ok(Err(Error::invalid_grant("The code is bound to another DPoP key.")));
    }
    // From here on the request is otherwise valid, so whoever replays a code held all that it takes: "the authorization
    // server MUST deny the request and SHOULD revoke (when possible) all tokens previously issued based on that
    // authorization code." Committed, although the answer is an error.
    if code.consumed.is_some() {
        tracing::warn!(
            client_id = application.client_id,
            grant = grant.id,
            "a code was replayed; its grant is revoked"
        );
        issue::revoke_grant(tx, grant.id, now).await?;
        return Ok(Err(not_good()));
    }
    if code.expires <= now || !stands(&grant, &user) {
        return Ok(Err(not_good()));
    }
    let scopes = match issue::current_scopes(tx, application, &user, &grant, None).await? {
        Ok(scopes) => scopes,
        Err(refused) => return Ok(Err(refused)),
    };
    // A request for another resource than those that were granted spends nothing.
    let audience = match resource::among(ctx, resources, &grant.resources) {
        Ok(audience) => audience,
        Err(refused) => return Ok(Err(refused)),
    };
    authorization_code::Entity::update_many()
        .col_expr(authorization_code::Column::Consumed, Expr::value(now))
        .filter(authorization_code::Column::Id.eq(code.id))
        .exec(&**tx)
        .await?;
    let mint = Mint {
        audience: &audience,
        confirmation: confirmation.as_ref(),
        ..Mint::new(application, Some(&grant), &scopes)
    };
    let access_token = issue::access_token(ctx, tx, mint).await?;
    let refresh_token = if issue::is_refreshable(application, &scopes) {
        let value = Kind::RefreshToken.generate(ctx.rng);
        issue::refresh_token(ctx, tx, application, &grant, confirmation.as_ref(), &value).await?;
        Some(value)
    } else {
        None
    };
    let (confirmation, person) = (confirmation.clone(), Some((user, grant)));
    Ok(Ok(Issued { access_token, refresh_token, scopes, confirmation, person, issued_token_type: None }))
}
