//! The grant and its code (RFC 6749 section 4.1.2).

use entities::oauth::{authorization_code, consent, grant};
use poem::Response;
use sea_orm::{ActiveValue::Set, DbErr, prelude::*, sea_query::OnConflict};

use super::{Ready, Refusal, refusal::leave};
use crate::{
    ctx::Ctx,
    db::Tx,
    scope::Scopes,
    secret::{self, Kind},
};

/// Makes the grant and sends the code to the application.
pub(super) async fn grant(ctx: &Ctx, ready: Ready) -> Result<Response, Refusal> {
    let ready = &ready;
    let code = ctx.db.write(|tx| async move { store(ctx, &tx, ready).await }).await?;
    Ok(leave(&ready.target.with(&[("code", &code)])))
}

async fn store(ctx: &Ctx, tx: &Tx, ready: &Ready) -> Result<String, DbErr> {
    let Ready { target, asked, login, scopes } = ready;
    let now = ctx.clock.now();
    remember(tx, ready, now).await?;
    let grant = grant::ActiveModel {
        application_id: Set(target.application.id),
        user_id: Set(login.user.id),
        sid: Set(login.session.sid.clone()),
        scope: Set(scopes.to_string()),
        auth_time: Set(login.session.auth_time),
        amr: Set(login.session.amr.clone()),
        nonce: Set(asked.nonce.clone()),
        created: Set(now),
        last_used: Set(now),
        revoked: Set(None),
        ..Default::default()
    }
    .insert(&**tx)
    .await?;
    let code = Kind::AuthorizationCode.generate(ctx.rng);
    let row = authorization_code::ActiveModel {
        digest: Set(secret::digest(&code)),
        grant_id: Set(grant.id),
        redirect_uri: Set(target.redirect_uri.clone()),
        code_challenge: Set(asked.code_challenge.clone()),
        created: Set(now),
        expires: Set(now + ctx.config.oauth.code_seconds),
        consumed: Set(None),
        ..Default::default()
    };
    authorization_code::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(code)
}

/// Adds to what the person has allowed this application, for the page that shows it and so as not to ask again.
async fn remember(tx: &Tx, ready: &Ready, now: i64) -> Result<(), DbErr> {
    let ids = (ready.login.user.id, ready.target.application.id);
    let before = consent::Entity::find_by_id(ids).one(&**tx).await?;
    let known = before.and_then(|row| Scopes::parse_known(&row.scope).ok()).map(|(known, _)| known).unwrap_or_default();
    if !known.is_empty() && ready.scopes.is_subset(&known) {
        return Ok(());
    }
    let row = consent::ActiveModel {
        user_id: Set(ids.0),
        application_id: Set(ids.1),
        scope: Set(known.union(&ready.scopes).to_string()),
        updated: Set(now),
    };
    let again = OnConflict::columns([consent::Column::UserId, consent::Column::ApplicationId])
        .update_columns([consent::Column::Scope, consent::Column::Updated])
        .to_owned();
    consent::Entity::insert(row).on_conflict(again).exec_without_returning(&**tx).await.map(drop)
}
