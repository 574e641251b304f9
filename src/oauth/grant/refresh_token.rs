//! `grant_type=refresh_token` (RFC 6749 section 6; RFC 9700 sections 2.2.2 and 4.14).
//!
//! A public client's token is exchanged for a successor at every use. The successor derives from its predecessor under
//! the server key, so that two requests with one token, or one whose answer was lost, get the same successor, as long as
//! that is young and unused. Whatever comes later is a copy in the wrong hands: the whole family dies, and that is
//! committed although the answer is an error.
//!
//! A confidential client's token stays: it is bound to the client's own authentication, and so worth nothing to others.

use entities::{
    accounts::user,
    oauth::{grant, refresh_token},
};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::{Asking, locked, not_good, stands};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    oauth::{
        application::Application,
        confirmation::Confirmation,
        error::{Code, Error},
        issue::{self, Issued, Mint},
        resource::{self, Resource},
        token::scope_parameter,
    },
    scope::Scopes,
    secret::{self, Kind, Purpose},
};

/// How long a lost answer can be asked for again, in seconds.
const RETRY: i64 = 30;

/// Exchanges a refresh token for new tokens.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    let form = &asking.form;
    let value = form.required("refresh_token", "The parameter refresh_token is missing.")?;
    let asked = scope_parameter(form)?;
    if !Kind::RefreshToken.recognises(value) {
        return Err(not_good());
    }
    let resources = resource::asked(ctx, form).await?;
    let (asked, resources) = (asked.as_ref(), resources.as_slice());
    ctx.db.write(|tx| async move { spend(ctx, &tx, asking, value, asked, resources).await }).await?
}

async fn spend(
    ctx: &Ctx,
    tx: &Tx,
    asking: &Asking,
    value: &str,
    asked: Option<&Scopes>,
    resources: &[Resource],
) -> Result<Result<Issued, Error>, DbErr> {
    let application = &asking.application;
    let now = ctx.clock.now();
    let by_digest = refresh_token::Entity::find().filter(refresh_token::Column::Digest.eq(secret::digest(value)));
    // First the grant, then the token again: whoever works on a family holds its grant, so that nobody waits in a circle.
    let Some(seen) = by_digest.clone().one(&**tx).await? else { return Ok(Err(not_good())) };
    let Some((grant, user)) = locked(tx, application, seen.grant_id).await? else { return Ok(Err(not_good())) };
    let Some(token) = by_digest.lock_exclusive().one(&**tx).await? else { return Ok(Err(not_good())) };

    if !stands(&grant, &user) || token.expires <= now {
        return Ok(Err(not_good()));
    }
    // RFC 9449 section 5: "When a refresh token is bound ... it MUST present a DPoP proof for the same key"; RFC 8705 section
    // 4 the same of certificates. Nothing is spent by a request that does not.
    if token.cnf.is_some() && token.cnf != asking.confirmation.as_ref().map(Confirmation::text) {
        return Ok(Err(not_good()));
    }
    // What the registration no longer lets the application do, it does not do with what it got before.
    let granted = Scopes::parse_known(&grant.scope).map(|(scopes, _)| scopes).unwrap_or_default();
    if !issue::is_refreshable(application, &granted.narrowed_to(&application.scope())) {
        return Ok(Err(Error::new(Code::UnauthorizedClient, "The client may not use the refresh token grant.")));
    }
    let scopes = match issue::current_scopes(tx, application, &user, &grant, asked).await? {
        Ok(scopes) => scopes,
        // Nothing is spent by a request that asks for too much.
        Err(refused) => return Ok(Err(refused)),
    };
    // Nor by one for another resource: "the refresh token keeps its own" resources, this access token may have fewer.
    let audience = match resource::among(ctx, resources, &grant.resources) {
        Ok(audience) => audience,
        Err(refused) => return Ok(Err(refused)),
    };
    let refresh_token = if application.is_public() || token.consumed.is_some() {
        let Some(successor) = rotate(ctx, tx, asking, &grant, &token, value, now).await? else {
            let client_id = &application.client_id;
            tracing::warn!(client_id, grant = grant.id, "a refresh token was replayed; its grant is revoked");
            issue::revoke_grant(tx, grant.id, now).await?;
            return Ok(Err(not_good()));
        };
        successor
    } else {
        keep(tx, application, &grant, &token, now).await?;
        value.to_owned()
    };
    Ok(Ok(finish(ctx, tx, asking, grant, user, scopes, audience, refresh_token, now).await?))
}

/// The one successor of a token; none where the token was spent too long ago, or its successor already was.
async fn rotate(
    ctx: &Ctx,
    tx: &Tx,
    asking: &Asking,
    grant: &grant::Model,
    token: &refresh_token::Model,
    value: &str,
    now: Timestamp,
) -> Result<Option<String>, DbErr> {
    let next = ctx.key.derived(Kind::RefreshToken, Purpose::Refresh, &[value]);
    let Some(consumed) = token.consumed else {
        let successor =
            issue::refresh_token(ctx, tx, &asking.application, grant, asking.confirmation.as_ref(), &next).await?;
        refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::Consumed, Expr::value(now))
            .col_expr(refresh_token::Column::Successor, Expr::value(successor))
            .filter(refresh_token::Column::Id.eq(token.id))
            .exec(&**tx)
            .await?;
        return Ok(Some(next));
    };
    let successor = match token.successor {
        Some(id) => refresh_token::Entity::find_by_id(id).one(&**tx).await?,
        None => None,
    };
    let fresh = now - consumed <= RETRY && successor.is_some_and(|successor| successor.consumed.is_none());
    Ok(fresh.then_some(next))
}

/// The token goes on; the time without use starts anew, noted to the minute.
async fn keep(
    tx: &Tx,
    application: &Application,
    grant: &grant::Model,
    token: &refresh_token::Model,
    now: Timestamp,
) -> Result<(), DbErr> {
    let expires = issue::refresh_expiry(application, grant, now);
    if expires - token.expires < 60 {
        return Ok(());
    }
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::Expires, Expr::value(expires))
        .filter(refresh_token::Column::Id.eq(token.id))
        .exec(&**tx)
        .await
        .map(drop)
}

#[expect(clippy::too_many_arguments, reason = "the end of one function")]
async fn finish(
    ctx: &Ctx,
    tx: &Tx,
    asking: &Asking,
    grant: grant::Model,
    user: user::Model,
    scopes: Scopes,
    audience: String,
    refresh_token: String,
    now: Timestamp,
) -> Result<Issued, DbErr> {
    issue::touch(tx, &grant, now).await?;
    let Asking { application, confirmation, .. } = asking;
    let mint = Mint {
        audience: &audience,
        confirmation: confirmation.as_ref(),
        ..Mint::new(application, Some(&grant), &scopes)
    };
    let access_token = issue::access_token(ctx, tx, mint).await?;
    // "A refreshed ID token SHOULD NOT have a nonce Claim" (OpenID Connect Core 12.2).
    let grant = grant::Model { nonce: None, ..grant };
    let (refresh_token, confirmation) = (Some(refresh_token), confirmation.clone());
    let person = Some((user, grant));
    Ok(Issued { access_token, refresh_token, scopes, confirmation, person, issued_token_type: None })
}
