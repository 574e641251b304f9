//! `/o/device/` and what follows (RFC 8628 section 3.3): type the code, read who asks, decide.
//!
//! `verification_uri_complete` spares the typing only: "the server SHOULD display the `user_code` to the user and ask them to
//! verify that it matches the `user_code` being displayed on the device" (section 3.3.1), because whoever sends such a link
//! to somebody else wants them to allow a device that is not theirs (section 5.4).

use askama::Template;
use entities::oauth::decoupled_request;
use poem::{
    IntoResponse as _, Request, Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use sea_orm::prelude::*;

use super::user_code;
use crate::{
    accounts::{self, session::Login},
    ctx::Ctx,
    limiter::Guess,
    oauth::{
        application::{self, Application},
        decoupled::{self, Decision, Kind, Outcome, Shown, is_pending},
    },
    web::{
        Fault, Frame, Page, client_address,
        form::{Errors, Form},
        see_other,
    },
};

#[derive(Template)]
#[template(path = "oauth/device/form.html")]
struct FormPage {
    frame: Frame,
    typed: String,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "oauth/device/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    code: String,
    action: String,
    shown: Shown,
}

#[derive(Template)]
#[template(path = "oauth/device/status.html")]
struct StatusPage {
    frame: Frame,
    application: String,
    is_authorized: bool,
}

/// The request that waits under a code. Wrong codes are counted: "the authorization server SHOULD rate-limit user code
/// attempts" (section 5.1). A right one does not start the count afresh, or one's own device would buy guesses at others'.
async fn waiting(
    ctx: &Ctx,
    request: &Request,
    login: &Login,
    typed: &str,
) -> Result<Option<decoupled_request::Model>, Fault> {
    use decoupled_request::{Column, Entity};
    let address = client_address(request, &ctx.config.trusted_proxies);
    let guess = [Guess::UserCode(login.user.id), Guess::address(address)];
    let Ok(attempt) = ctx.limiter.attempt(&guess).await else {
        let message = "Too many wrong codes were typed. Please wait some minutes, then start again on your device.";
        return Err(Fault::new(StatusCode::TOO_MANY_REQUESTS, "That was too often", message));
    };
    let found = match user_code::normalised(typed) {
        Some(code) => {
            let by_code = Entity::find().filter(Column::Kind.eq(Kind::Device.name())).filter(Column::UserCode.eq(code));
            by_code.one(ctx.db.reader()).await?.filter(|row| is_pending(row, ctx.clock.now()))
        }
        None => None,
    };
    if found.is_none() {
        attempt.wrong();
    }
    Ok(found)
}

/// `GET /o/device/`.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    let query = Form::query(request)?;
    match query.text("user_code")? {
        "" => Ok(ask(&ctx, request, &login, String::new(), Errors::default())),
        typed => go(&ctx, request, &login, typed).await,
    }
}

/// `POST /o/device/`.
#[handler]
pub(super) async fn find(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    accounts::confirm(&ctx, request, &form)?;
    go(&ctx, request, &login, form.text("user_code")?).await
}

async fn go(ctx: &Ctx, request: &Request, login: &Login, typed: &str) -> Result<Response, Fault> {
    let Some(row) = waiting(ctx, request, login, typed).await? else {
        let wrong =
            "This code is not waiting: compare it with your device. It may also have expired; then start again there.";
        let errors = [("user_code", wrong)].into_iter().collect();
        return Ok(ask(ctx, request, login, typed.chars().take(64).collect(), errors));
    };
    let application = application_of(ctx, &row).await?;
    Ok(see_other(&path("device-confirm", &application, &row)))
}

fn ask(ctx: &Ctx, request: &Request, login: &Login, typed: String, errors: Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page(FormPage { frame: accounts::frame(ctx, request, Some(login)), typed, errors }).status(status).into_response()
}

/// `GET /o/device-confirm/<client_id>/<user_code>/`.
#[handler]
pub(super) async fn confirmation(
    request: &Request,
    ctx: Data<&Ctx>,
    at: Path<(String, String)>,
) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    let (row, shown) = shown(&ctx, request, &login, &at.0).await?;
    let code = row.user_code.as_deref().map(user_code::shown).unwrap_or_default();
    let action = path("device-confirm", &shown.application, &row);
    let frame = accounts::frame(&ctx, request, Some(&login));
    Ok(Page(ConfirmPage { frame, code, action, shown }).into_response())
}

/// `POST /o/device-confirm/<client_id>/<user_code>/`.
#[handler]
pub(super) async fn decide(
    request: &Request,
    ctx: Data<&Ctx>,
    at: Path<(String, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let login = accounts::require_login(&ctx, request).await?;
    accounts::confirm(&ctx, request, &form)?;
    let allows = match form.text("action")? {
        "accept" => true,
        "deny" => false,
        _ => return Err(Fault::bad_request("Please choose Allow or Deny.")),
    };
    let (row, shown) = shown(&ctx, request, &login, &at.0).await?;
    // Of another session or by now for more or less: nobody has read this. They are shown it now.
    if !shown.is_of(form.text("ticket")?) || allows && shown.is_beyond {
        return Ok(see_other(&path("device-confirm", &shown.application, &row)));
    }
    let decision = Decision { id: row.id, login: &login, scopes: &shown.scopes, allows };
    match decoupled::decide(&ctx, &decision).await? {
        Outcome::Decided => Ok(see_other(&path("device-grant-status", &shown.application, &row))),
        Outcome::Gone => Err(gone()),
    }
}

/// `GET /o/device-grant-status/<client_id>/<user_code>/`: what the person decided.
#[handler]
pub(super) async fn result(request: &Request, ctx: Data<&Ctx>, at: Path<(String, String)>) -> Result<Response, Fault> {
    use decoupled_request::{Column, Entity};
    let login = accounts::require_login(&ctx, request).await?;
    let (client_id, code) = &at.0;
    let code = user_code::normalised(code).ok_or_else(Fault::not_found)?;
    // Their own only: nothing is to be learnt about others' devices.
    let own = Entity::find().filter(Column::UserId.eq(login.user.id)).filter(Column::UserCode.eq(code));
    let row = own.one(ctx.db.reader()).await?.filter(|row| row.decided.is_some()).ok_or_else(Fault::not_found)?;
    let application = application_of(&ctx, &row).await?;
    if application.client_id != *client_id {
        return Err(Fault::not_found());
    }
    let page = StatusPage {
        frame: accounts::frame(&ctx, request, Some(&login)),
        application: application.name.clone(),
        is_authorized: row.grant_id.is_some(),
    };
    Ok(Page(page).into_response())
}

async fn shown(
    ctx: &Ctx,
    request: &Request,
    login: &Login,
    (client_id, code): &(String, String),
) -> Result<(decoupled_request::Model, Shown), Fault> {
    let row = waiting(ctx, request, login, code).await?.ok_or_else(gone)?;
    let shown = decoupled::shown(ctx, request, login, &row).await?.ok_or_else(gone)?;
    if shown.application.client_id == *client_id { Ok((row, shown)) } else { Err(gone()) }
}

fn gone() -> Fault {
    let message = "This code is not waiting any more: it has expired, or was used already. Start again on your device.";
    Fault::new(StatusCode::NOT_FOUND, "Nothing is waiting", message)
}

async fn application_of(ctx: &Ctx, row: &decoupled_request::Model) -> Result<Application, Fault> {
    let found = application::by_id(ctx.db.reader(), row.application_id).await?;
    found.filter(|application| application.is_active).ok_or_else(gone)
}

fn path(page: &str, application: &Application, row: &decoupled_request::Model) -> String {
    let client_id: String = url::form_urlencoded::byte_serialize(application.client_id.as_bytes()).collect();
    let code = row.user_code.as_deref().map(user_code::shown).unwrap_or_default();
    format!("/o/{page}/{}/{code}/", client_id.replace('+', "%20"))
}
