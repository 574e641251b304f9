//! `/o/authorized_tokens/`: what a person allowed applications, and taking it back.
//!
//! One entry an application: revoking it ends every token that the person gave it and forgets the consent, so that the
//! application has to ask again. Everybody sees and revokes their own only.

use std::collections::BTreeMap;

use askama::Template;
use entities::oauth::{access_token, application, consent, grant, refresh_token};
use poem::{FromRequest, IntoResponse as _, Request, RequestBody, Response, Route, handler};
use sea_orm::{
    Condition, DbErr, QueryOrder as _, QueryTrait as _,
    prelude::*,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{
    both,
    confirm::Confirm,
    show::{self, Line},
    withdraw,
};
use crate::{
    accounts::{self, session::Login},
    clock::Timestamp,
    ctx::Ctx,
    scope::Scopes,
    web::{Fault, Frame, Page, form::Form, get, see_other, time},
};

/// Adds these pages below `/o`.
pub fn add_to(routes: Route) -> Route {
    let routes = both(routes, "/authorized_tokens", get(list));
    both(routes, "/authorized_tokens/:pk/delete", get(ask).post(revoke))
}

/// Somebody who is logged in, as the first argument of a handler.
struct Visit {
    ctx: Ctx,
    login: Login,
    frame: Frame,
    pk: Option<i32>,
}

impl<'a> FromRequest<'a> for Visit {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let ctx = request.data::<Ctx>().cloned().ok_or_else(|| Fault::internal("no context"))?;
        let login = accounts::require_login(&ctx, request).await?;
        let frame = accounts::frame(&ctx, request, Some(&login));
        let pk = request.raw_path_param("pk").and_then(|pk| pk.parse::<i32>().ok().filter(|n| n.to_string() == pk));
        Ok(Self { ctx, login, frame, pk })
    }
}

/// What one application may do for a person.
struct Entry {
    application: application::Model,
    scopes: Scopes,
    since: Timestamp,
    /// When a token was last issued or used; none where only the consent is remembered.
    last_used: Option<Timestamp>,
}

/// Everything that is alive of what a person allowed, by application.
async fn entries(visit: &Visit, only: Option<i32>) -> Result<Vec<Entry>, DbErr> {
    let (db, user) = (visit.ctx.db.reader(), &visit.login.user);
    let now = visit.ctx.clock.now();
    let grants = grant::Entity::find()
        .filter(grant::Column::UserId.eq(user.id))
        .filter(grant::Column::Revoked.is_null())
        // A changed password ended the grants from before.
        .filter(grant::Column::Created.gte(user.credentials_changed_at))
        .filter(Condition::any().add(Expr::exists(access(now))).add(Expr::exists(refresh(now))))
        .apply_if(only, |query, pk| query.filter(grant::Column::ApplicationId.eq(pk)))
        .find_also_related(application::Entity)
        .order_by_asc(grant::Column::Id)
        .all(db)
        .await?;
    let remembered = consent::Entity::find()
        .filter(consent::Column::UserId.eq(user.id))
        .apply_if(only, |query, pk| query.filter(consent::Column::ApplicationId.eq(pk)))
        .find_also_related(application::Entity)
        .all(db)
        .await?;
    let mut found: BTreeMap<i32, Entry> = BTreeMap::new();
    let mut add = |application: Option<application::Model>, scope: &str, since, last_used: Option<Timestamp>| {
        let Some(application) = application else { return };
        let scopes = Scopes::parse_known(scope).map(|(scopes, _)| scopes).unwrap_or_default();
        let fresh = || Entry { scopes: Scopes::none(), since, last_used: None, application: application.clone() };
        let entry = found.entry(application.id).or_insert_with(fresh);
        entry.scopes = entry.scopes.union(&scopes);
        entry.since = entry.since.min(since);
        entry.last_used = entry.last_used.max(last_used);
    };
    for (row, application) in grants {
        add(application, &row.scope, row.created, Some(row.last_used));
    }
    for (row, application) in remembered {
        add(application, &row.scope, row.updated, None);
    }
    let mut entries: Vec<Entry> = found.into_values().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.last_used.unwrap_or(entry.since), entry.application.id)));
    Ok(entries)
}

/// A live access token of the grant.
fn access(now: Timestamp) -> SelectStatement {
    use access_token::{Column, Entity};
    use sea_orm::sea_query::ExprTrait as _;
    Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::GrantId)).equals((grant::Entity, grant::Column::Id)))
        .and_where(Expr::col((Entity, Column::Expires)).gt(now))
        .to_owned()
}

/// A live refresh token of the grant.
fn refresh(now: Timestamp) -> SelectStatement {
    use refresh_token::{Column, Entity};
    use sea_orm::sea_query::ExprTrait as _;
    Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::GrantId)).equals((grant::Entity, grant::Column::Id)))
        .and_where(Expr::col((Entity, Column::Expires)).gt(now))
        .and_where(Expr::col((Entity, Column::Consumed)).is_null())
        .to_owned()
}

#[derive(Template)]
#[template(path = "oauth/authorized_tokens.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    is_revoked: bool,
}

struct Row {
    id: i32,
    name: String,
    client_uri: String,
    is_active: bool,
    is_default: bool,
    lines: Vec<Line>,
    since: String,
    since_iso: String,
    last_used: Option<(String, String)>,
}

#[handler]
async fn list(visit: Visit, request: &Request) -> Result<Response, Fault> {
    let now = visit.ctx.clock.now();
    let rows = entries(&visit, None)
        .await?
        .into_iter()
        .map(|entry| Row {
            id: entry.application.id,
            name: entry.application.name,
            client_uri: entry.application.client_uri,
            is_active: entry.application.is_active,
            is_default: entry.application.is_default,
            lines: show::lines(&entry.scopes),
            since: time::date_time(entry.since),
            since_iso: time::iso(entry.since),
            last_used: entry.last_used.map(|at| (time::ago(at, now), time::iso(at))),
        })
        .collect();
    let is_revoked = request.uri().query() == Some("done=revoked");
    Ok(Page(List { frame: visit.frame, rows, is_revoked }).into_response())
}

#[handler]
async fn ask(visit: Visit) -> Result<Response, Fault> {
    let pk = visit.pk.ok_or_else(Fault::not_found)?;
    let entry = entries(&visit, Some(pk)).await?.pop().ok_or_else(Fault::not_found)?;
    let page = Confirm {
        frame: visit.frame,
        title: format!("Revoke the access of \u{201c}{}\u{201d}?", entry.application.name),
        message: "It is signed out of your account everywhere, at once, and has to ask you again if it wants to come back.",
        action: format!("/o/authorized_tokens/{pk}/delete/"),
        button: "Revoke access",
        is_danger: true,
        back: "/o/authorized_tokens/".to_owned(),
    };
    Ok(page.ask())
}

#[handler]
async fn revoke(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    accounts::confirm(&visit.ctx, request, &form)?;
    let pk = visit.pk.ok_or_else(Fault::not_found)?;
    let (user_id, now) = (visit.login.user.id, visit.ctx.clock.now());
    let was_there = visit.ctx.db.write(|tx| async move { withdraw::from_person(&tx, user_id, pk, now).await }).await?;
    if was_there { Ok(see_other("/o/authorized_tokens/?done=revoked")) } else { Err(Fault::not_found()) }
}
