//! Yes or no, by a person who was shown what it is about.

use entities::oauth::{application, decoupled_request};
use sea_orm::{ActiveValue::Set, DbErr, IntoActiveModel as _, QuerySelect as _, prelude::*};

use super::is_pending;
use crate::{
    accounts::{rights, session::Login},
    ctx::Ctx,
    db::Tx,
    oauth::{application::Application, grant, oidc::acr::Acr},
    scope::Scopes,
    secret::Purpose,
};

/// What a person decided about a request, having been shown these scopes.
pub(in crate::oauth) struct Decision<'a> {
    pub(in crate::oauth) id: i32,
    pub(in crate::oauth) login: &'a Login,
    pub(in crate::oauth) scopes: &'a Scopes,
    pub(in crate::oauth) allows: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::oauth) enum Outcome {
    Decided,
    /// It has expired, was decided already, or is somebody else's.
    Gone,
}

/// What a person may allow of what a request asks for: within the application's registration and their own rights.
pub(in crate::oauth) async fn presented(
    ctx: &Ctx,
    application: &Application,
    row: &decoupled_request::Model,
    login: &Login,
) -> Result<Scopes, DbErr> {
    let rights = rights::of_user(ctx.db.reader(), &login.user).await?;
    Ok(super::scopes(row).narrowed_to(&application.scope()).filtered(|scope| rights.covers(scope)))
}

/// Binds a form to the session and the request that it was shown for, and to the scopes that it showed.
pub(in crate::oauth) fn ticket(ctx: &Ctx, row: &decoupled_request::Model, login: &Login, scopes: &Scopes) -> String {
    ctx.key.mac_text(Purpose::Form, &["decoupled", &login.session.digest, &row.digest, &scopes.to_string()])
}

/// Notes the decision; an approval makes the grant, with the session that gave it.
pub(in crate::oauth) async fn decide(ctx: &Ctx, decision: &Decision<'_>) -> Result<Outcome, DbErr> {
    ctx.db.write(|tx| async move { store(ctx, &tx, decision).await }).await
}

async fn store(ctx: &Ctx, tx: &Tx, decision: &Decision<'_>) -> Result<Outcome, DbErr> {
    let now = ctx.clock.now();
    let Decision { id, login, scopes, allows } = decision;
    // Locked: of two decisions, one counts.
    let found = decoupled_request::Entity::find_by_id(*id).lock_exclusive().one(&**tx).await?;
    let Some(row) = found.filter(|row| is_pending(row, now) && row.user_id.is_none_or(|id| id == login.user.id)) else {
        return Ok(Outcome::Gone);
    };
    let application = application::Entity::find_by_id(row.application_id).one(&**tx).await?;
    if application.is_none_or(|application| !application.is_active) {
        return Ok(Outcome::Gone);
    }
    let grant_id = if *allows { Some(make_grant(tx, &row, login, scopes, now).await?) } else { None };
    let told = row.notification.is_some().then_some(now);
    let mut row = row.into_active_model();
    row.user_id = Set(Some(login.user.id));
    row.decided = Set(Some(now));
    row.grant_id = Set(grant_id);
    row.scope = Set(scopes.to_string());
    row.notify_at = Set(told);
    row.update(&**tx).await?;
    Ok(Outcome::Decided)
}

async fn make_grant(
    tx: &Tx,
    row: &decoupled_request::Model,
    login: &Login,
    scopes: &Scopes,
    now: i64,
) -> Result<i32, DbErr> {
    let grant = entities::oauth::grant::ActiveModel {
        // What the person proved in the session that approves is what the application is told.
        sid: Set(login.session.sid.clone()),
        auth_time: Set(login.session.auth_time),
        amr: Set(login.session.amr.clone()),
        acr: Set(Acr::of(&login.session.amr).name().to_owned()),
        resources: Set(row.resources.clone()),
        ..grant::new_grant(row.application_id, login.user.id, scopes, now)
    };
    Ok(grant.insert(&**tx).await?.id)
}
