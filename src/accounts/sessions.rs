//! `/accounts/sessions/`: every browser in which a person is logged in, with the applications that they used there.

use std::collections::BTreeMap;

use askama::Template;
use entities::{
    accounts::session as row,
    oauth::{application, grant},
};
use poem::{IntoResponse as _, Request, Response, handler, web::Data};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::{
    home::describe,
    page::{frame, require_login},
    session,
};
use crate::{
    ctx::Ctx,
    web::{Fault, Frame, Page, form::Form, time},
};

#[derive(Template)]
#[template(path = "accounts/sessions.html")]
struct SessionsPage {
    frame: Frame,
    is_done: bool,
    rows: Vec<Session>,
}

struct Session {
    id: i32,
    name: String,
    address: String,
    since: String,
    since_iso: String,
    seen: String,
    seen_iso: String,
    /// By more than a password.
    is_strong: bool,
    is_this: bool,
    applications: Vec<String>,
}

/// Shows them.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    let now = ctx.clock.now();
    let sessions = session::list(&ctx, &login.user).await?;
    let mut used = applications(&ctx, &sessions).await?;
    let rows = sessions
        .into_iter()
        .map(|session| Session {
            id: session.id,
            name: describe(&session.user_agent),
            since: time::date_time(session.auth_time),
            since_iso: time::iso(session.auth_time),
            seen: time::ago(session.last_seen, now),
            seen_iso: time::iso(session.last_seen),
            is_strong: session.amr.split(' ').any(|method| method == "mfa"),
            is_this: session.id == login.session.id,
            applications: used.remove(&session.sid).unwrap_or_default(),
            address: session.address,
        })
        .collect();
    let is_done = Form::query(request)?.get("done").is_some();
    Ok(Page(SessionsPage { frame: frame(&ctx, request, Some(&login)), is_done, rows }).into_response())
}

/// The names of the applications that were used in each session, by its `sid`.
async fn applications(ctx: &Ctx, sessions: &[row::Model]) -> Result<BTreeMap<String, Vec<String>>, DbErr> {
    let pairs: Vec<(String, String)> = grant::Entity::find()
        .select_only()
        .column(grant::Column::Sid)
        .column(application::Column::Name)
        .inner_join(application::Entity)
        .filter(grant::Column::Sid.is_in(sessions.iter().map(|session| session.sid.clone())))
        .distinct()
        .into_tuple()
        .all(ctx.db.reader())
        .await?;
    let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (sid, name) in pairs {
        used.entry(sid).or_default().push(name);
    }
    for names in used.values_mut() {
        names.sort_unstable();
    }
    Ok(used)
}
