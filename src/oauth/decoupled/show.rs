//! What a person is told before they decide: who asks, for what, from where and when.

use std::net::IpAddr;

use entities::oauth::{application, decoupled_request};
use poem::Request;
use sea_orm::{DbErr, EntityTrait as _};

use super::decide::{presented, ticket};
use crate::{
    accounts::session::Login,
    ctx::Ctx,
    limiter::Guess,
    oauth::{
        application::{Application, registered},
        show::{self, Line},
    },
    scope::Scopes,
    secret,
    web::{client_address, time},
};

/// A request in words.
pub(in crate::oauth) struct Shown {
    pub(in crate::oauth) id: i32,
    pub(in crate::oauth) application: Application,
    /// Who vouches for it.
    pub(in crate::oauth) registered: String,
    pub(in crate::oauth) message: Option<String>,
    pub(in crate::oauth) lines: Vec<Line>,
    /// The resource servers, if it is not for this server's API alone.
    pub(in crate::oauth) resources: Vec<String>,
    /// It asks for rights of which the person has none.
    pub(in crate::oauth) is_beyond: bool,
    pub(in crate::oauth) scopes: Scopes,
    pub(in crate::oauth) address: String,
    /// Whether it came from where the person is.
    pub(in crate::oauth) is_near: bool,
    pub(in crate::oauth) program: String,
    pub(in crate::oauth) asked: String,
    pub(in crate::oauth) asked_iso: String,
    pub(in crate::oauth) ticket: String,
}

impl Shown {
    /// Whether a form's ticket is the one that was shown.
    pub(in crate::oauth) fn is_of(&self, ticket: &str) -> bool {
        secret::same(ticket, &self.ticket)
    }
}

/// A request as this person, here, is shown it. None where its application is gone or disabled.
pub(in crate::oauth) async fn shown(
    ctx: &Ctx,
    request: &Request,
    login: &Login,
    row: &decoupled_request::Model,
) -> Result<Option<Shown>, DbErr> {
    let found = application::Entity::find_by_id(row.application_id).one(ctx.db.reader()).await?;
    let Some(application) = found.filter(|found| found.is_active).map(Application::from) else { return Ok(None) };
    let scopes = presented(ctx, &application, row, login).await?;
    let here = client_address(request, &ctx.config.trusted_proxies);
    Ok(Some(Shown {
        id: row.id,
        registered: registered(ctx, &application).await?,
        message: row.binding_message.clone(),
        lines: show::lines(&scopes),
        resources: row.resources.lines().map(str::to_owned).collect(),
        is_beyond: scopes.is_empty() && !row.scope.is_empty(),
        ticket: ticket(ctx, row, login, &scopes),
        scopes,
        is_near: is_near(&row.address, here),
        address: row.address.clone(),
        program: row.user_agent.chars().take(80).collect(),
        asked: time::ago(row.created, ctx.clock.now()),
        asked_iso: time::iso(row.created),
        application,
    }))
}

/// The same network, as the limiter counts it.
fn is_near(address: &str, here: IpAddr) -> bool {
    address.parse().is_ok_and(|there: IpAddr| Guess::address(there) == Guess::address(here))
}
