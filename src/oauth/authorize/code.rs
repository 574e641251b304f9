//! The grant, and what is handed out for it: a code, an ID token, an access token (RFC 6749 sections 4.1.2 and 4.2.2,
//! `OpenID` Connect Core 3.2.2.5 and 3.3.2.5).

use entities::oauth::{authorization_code, consent, grant};
use poem::{Request, Response};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*, sea_query::OnConflict};

use super::{Ready, Refusal, kept};
use crate::{
    ctx::Ctx,
    db::Tx,
    oauth::{
        issue,
        oidc::{
            acr::Acr,
            id_token::{self, Beside},
            logout::session_state,
        },
        resource,
    },
    scope::{Scope, Scopes},
    secret::{self, Kind},
};

/// What came of a request.
struct Handed {
    grant: grant::Model,
    code: Option<String>,
    access_token: Option<issue::Minted>,
}

/// Makes the grant and sends the answer to the application.
pub(super) async fn grant(ctx: &Ctx, request: &Request, ready: Ready) -> Result<Response, Refusal> {
    let ready = &ready;
    let handed = ctx.db.write(|tx| async move { store(ctx, &tx, ready).await }).await?;
    let Handed { grant, code, access_token } = handed.ok_or_else(kept::gone)?;
    let Ready { target, asked, login, scopes, .. } = ready;
    let (expires_in, access_token) = match access_token {
        Some(minted) => (Some(minted.expires_in), Some(minted.value(ctx).await?)),
        None => (None, None),
    };
    let mut parameters = Vec::new();
    let id_token = if asked.response_type.has_id_token() {
        let beside = Beside { access_token: access_token.as_deref(), code: code.as_deref() };
        Some(id_token::mint(ctx, &target.application, &grant, &login.user, beside).await?)
    } else {
        None
    };
    if let Some(access_token) = access_token {
        parameters.push(("access_token", access_token));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", expires_in.unwrap_or_default().to_string()));
        parameters.push(("scope", scopes.to_string()));
    }
    parameters.extend(code.map(|code| ("code", code)));
    parameters.extend(id_token.map(|token| ("id_token", token)));
    // Session Management 1.0 section 2: for `OpenID` requests.
    if scopes.contains(Scope::OpenId) {
        let state = session_state::of(ctx, &target.application.client_id, &target.redirect_uri, &login.session);
        parameters.extend(state.map(|state| ("session_state", state)));
    }
    Ok(target.answer(parameters).send(ctx, request).await?)
}

/// None where the request was answered meanwhile.
async fn store(ctx: &Ctx, tx: &Tx, ready: &Ready) -> Result<Option<Handed>, DbErr> {
    let Ready { target, asked, login, scopes, .. } = ready;
    let application = &target.application;
    let now = ctx.clock.now();
    if !kept::spend(tx, &ready.parameters, now).await? {
        return Ok(None);
    }
    remember(tx, ready, now).await?;
    let grant = grant::ActiveModel {
        application_id: Set(application.id),
        user_id: Set(login.user.id),
        sid: Set(login.session.sid.clone()),
        scope: Set(scopes.to_string()),
        auth_time: Set(login.session.auth_time),
        amr: Set(login.session.amr.clone()),
        nonce: Set(asked.nonce.clone()),
        resources: Set(resource::lines(&asked.resources)),
        authorization_details: Set(ready.details.text()),
        claims: Set(asked.claims.text()),
        acr: Set(Acr::of(&login.session.amr).name().to_owned()),
        created: Set(now),
        last_used: Set(now),
        revoked: Set(None),
        ..Default::default()
    }
    .insert(&**tx)
    .await?;
    let code = if asked.response_type.has_code() { Some(code(ctx, tx, ready, &grant).await?) } else { None };
    let access_token = if asked.response_type.has_token() {
        let mint = issue::Mint::new(application, Some(&grant), scopes);
        Some(issue::access_token(ctx, tx, mint).await?)
    } else {
        None
    };
    Ok(Some(Handed { grant, code, access_token }))
}

async fn code(ctx: &Ctx, tx: &Tx, ready: &Ready, grant: &grant::Model) -> Result<String, DbErr> {
    let code = Kind::AuthorizationCode.generate(ctx.rng);
    let row = authorization_code::ActiveModel {
        digest: Set(secret::digest(&code)),
        grant_id: Set(grant.id),
        redirect_uri: Set(ready.target.redirect_uri.clone()),
        code_challenge: Set(ready.asked.code_challenge.clone()),
        dpop_jkt: Set(ready.asked.dpop_jkt.clone()),
        created: Set(grant.created),
        expires: Set(grant.created + ctx.config.oauth.code_seconds),
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
