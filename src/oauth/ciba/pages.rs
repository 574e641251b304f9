//! `/o/ciba/`: what applications ask this person, and their answer.

use std::collections::BTreeMap;

use askama::Template;
use entities::oauth::decoupled_request;
use poem::{IntoResponse as _, Request, Response, handler, web::Data};
use sea_orm::{DbErr, QueryOrder as _, Select, prelude::*};

use super::ping;
use crate::{
    accounts,
    clock::Timestamp,
    ctx::Ctx,
    oauth::decoupled::{self, Decision, Kind, Outcome, Shown},
    web::{Fault, Frame, Page, form::Form, see_other},
};

#[derive(Template)]
#[template(path = "oauth/ciba/list.html")]
struct List {
    frame: Frame,
    notice: &'static str,
    requests: Vec<Shown>,
}

fn waiting_for(user_id: i32, now: Timestamp) -> Select<decoupled_request::Entity> {
    use decoupled_request::{Column, Entity};
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Kind.eq(Kind::Ciba.name()))
        .filter(Column::Decided.is_null())
        .filter(Column::Expires.gt(now))
}

/// How many requests wait for a person, for the notice on their home page.
pub async fn waiting(ctx: Ctx, user_id: i32) -> Result<u64, DbErr> {
    waiting_for(user_id, ctx.clock.now()).count(ctx.db.reader()).await
}

/// `GET /o/ciba/`.
#[handler]
pub(super) async fn list(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    let rows = waiting_for(login.user.id, ctx.clock.now())
        .order_by_asc(decoupled_request::Column::Id)
        .all(ctx.db.reader())
        .await?;
    let mut requests = Vec::new();
    for row in rows {
        requests.extend(decoupled::shown(&ctx, request, &login, &row).await?);
    }
    let notices = BTreeMap::from([
        ("allowed", "Allowed. The application goes on by itself."),
        ("denied", "Denied. The application gets nothing."),
        ("gone", "That request is no longer waiting: it has expired, or was decided already."),
    ]);
    let notice = Form::query(request)?.get("done").and_then(|done| notices.get(done).copied()).unwrap_or_default();
    Ok(Page(List { frame: accounts::frame(&ctx, request, Some(&login)), notice, requests }).into_response())
}

/// `POST /o/ciba/`.
#[handler]
pub(super) async fn decide(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    accounts::confirm(&ctx, request, &form)?;
    let allows = match form.text("action")? {
        "accept" => true,
        "deny" => false,
        _ => return Err(Fault::bad_request("Please choose Allow or Deny.")),
    };
    let id: i32 = form.text("request")?.parse().map_err(|_| Fault::bad_request("There is no such request."))?;
    // Somebody else's is as unknown as none.
    let row = waiting_for(login.user.id, ctx.clock.now()).filter(decoupled_request::Column::Id.eq(id));
    let Some(row) = row.one(ctx.db.reader()).await? else { return Ok(see_other("/o/ciba/?done=gone")) };
    let Some(shown) = decoupled::shown(&ctx, request, &login, &row).await? else {
        return Ok(see_other("/o/ciba/?done=gone"));
    };
    // Of another session or by now for more or less: nobody has read this. They are shown it now.
    if !shown.is_of(form.text("ticket")?) || allows && shown.is_beyond {
        return Ok(see_other("/o/ciba/"));
    }
    let decision = Decision { id: row.id, login: &login, scopes: &shown.scopes, allows };
    Ok(match decoupled::decide(&ctx, &decision).await? {
        Outcome::Gone => see_other("/o/ciba/?done=gone"),
        Outcome::Decided => {
            // The person does not wait for the application's server; what fails now is tried again in the background.
            ping::soon(&ctx, row.id);
            see_other(if allows { "/o/ciba/?done=allowed" } else { "/o/ciba/?done=denied" })
        }
    })
}
