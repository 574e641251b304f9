//! `/accounts/login/` and `/accounts/logout/`.
//!
//! Login answers 303 (RFC 9700 section 4.12: a redirect must never repeat the password to where it leads), to a local
//! address only, with a new session id. Who has a second factor takes a second step first.

pub(super) mod second_step;

use askama::Template;
use entities::accounts::user;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};
use sea_orm::{ActiveValue::Set, DbErr, IntoActiveModel as _, prelude::*};

use super::{
    asking::{self, Asking},
    credential::{self, Refused},
    page::{confirm, frame, local_path, login_url},
    person, second_factor,
    session::{self, Login, Origin},
};
use crate::{
    ctx::Ctx,
    db::Tx,
    web::{
        Fault, Frame, Page, client_address, csrf,
        form::{Errors, Form},
        see_other,
    },
};

/// Where a login leads that was on the way to nowhere.
pub(super) const HOME: &str = "/accounts/";

#[derive(Template)]
#[template(path = "accounts/login.html")]
struct LoginPage {
    frame: Frame,
    /// The application that waits, if any.
    asking: Option<Asking>,
    /// Where Cancel leads, if an application waits.
    cancel: String,
    next: String,
    username: String,
    /// Who is logged in already.
    current: Option<String>,
    /// Nobody administers this server yet.
    unclaimed: bool,
    errors: Errors,
}

/// Shows the form.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let query = Form::query(request)?;
    let login = session::current(&ctx, request).await?;
    let next = local_path(query.text("next")?);
    // Who is logged in and comes on the way to somewhere was sent to log in again, and is asked.
    if login.is_some() && next.is_none() {
        return Ok(see_other(HOME));
    }
    let hint = query.get("login_hint").filter(|hint| hint.chars().count() <= credential::MAX_USERNAME);
    let username = hint.or(login.as_ref().map(|login| login.user.username.as_str())).unwrap_or_default();
    let (next, username) = (next.unwrap_or_default().to_owned(), username.to_owned());
    render(&ctx, request, login.as_ref(), next, username, Errors::default()).await
}

async fn render(
    ctx: &Ctx,
    request: &Request,
    login: Option<&Login>,
    next: String,
    username: String,
    errors: Errors,
) -> Result<Response, Fault> {
    let asking = asking::find(ctx, request, &next).await?;
    let cancel = if asking.is_some() { cancelled(&next) } else { String::new() };
    let unclaimed = !person::has_superuser(ctx.db.reader()).await?;
    let target = asking.as_ref().map(|asking| asking.redirect_uri.clone());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let current = login.map(|login| login.user.username.clone());
    // Without the person: the navigation does not belong on a page that asks who somebody is.
    let frame = frame(ctx, request, None);
    let page = Page(LoginPage { frame, asking, cancel, next, username, current, unclaimed, errors }).status(status);
    Ok(match target {
        Some(uri) => page.form_action(&uri).into_response(),
        None => page.into_response(),
    })
}

/// The address of an authorization request that its person does not want: it answers `access_denied`.
fn cancelled(next: &str) -> String {
    let address = next.split('#').next().unwrap_or_default();
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}cancel=1")
}

/// Checks the password and begins a session.
#[handler]
pub(super) async fn submit(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    confirm(&ctx, request, &form)?;
    let (username, password) = (form.text("username")?, form.text("password")?);
    let next = local_path(form.text("next")?);
    let before = session::current(&ctx, request).await?;

    let mut errors = Errors::default();
    for (field, value, message) in
        [("username", username, "Enter your user name."), ("password", password, "Enter your password.")]
    {
        if value.is_empty() {
            errors.add(field, message);
        }
    }
    if errors.is_empty() {
        let address = client_address(request, &ctx.config.trusted_proxies);
        match credential::password(&ctx, username, password, address).await {
            Ok(user) if second_factor::is_on(&user) => {
                return second_step::ask(&ctx, request, &user, next.unwrap_or(HOME), Errors::default()).await;
            }
            Ok(user) => {
                if let Some(response) = enter(&ctx, request, &user, before.as_ref(), next.unwrap_or(HOME)).await? {
                    return Ok(response);
                }
                errors.add("", WRONG);
            }
            Err(Refused::Wrong) => errors.add("", WRONG),
            Err(refused) => return Err(refused.into()),
        }
    }
    let (next, username) = (next.unwrap_or_default().to_owned(), username.to_owned());
    render(&ctx, request, before.as_ref(), next, username, errors).await
}

const WRONG: &str = "The user name or the password is wrong.";

/// Begins a session for somebody whose password was verified, unless it is no longer theirs.
async fn enter(
    ctx: &Ctx,
    request: &Request,
    user: &user::Model,
    before: Option<&Login>,
    next: &str,
) -> Result<Option<Response>, Fault> {
    let origin = Origin::of(ctx, request);
    let value = ctx
        .db
        .write(|tx| async move {
            let Some(user) = credential::still(&tx, user).await? else { return Ok(None) };
            begin(ctx, &tx, user, before, PASSWORD, origin).await.map(Some)
        })
        .await
        .map_err(|error: DbErr| Fault::from(error))?;
    Ok(value.map(|value| carry(ctx, request, &value, next)))
}

/// How a login by password alone was made (RFC 8176).
pub(super) const PASSWORD: &str = "pwd";

/// Begins a session for somebody who proved who they are by these means, and notes the login.
pub(super) async fn begin(
    ctx: &Ctx,
    tx: &Tx,
    user: user::Model,
    before: Option<&Login>,
    amr: &str,
    origin: Origin,
) -> Result<String, DbErr> {
    let value = session::begin(ctx, tx, &user, before, amr, origin).await?;
    let mut user = user.into_active_model();
    user.last_login = Set(Some(ctx.clock.now()));
    user.update(&**tx).await?;
    Ok(value)
}

/// The answer that hands a new session to the browser, and a new form token with it.
pub(super) fn carry(ctx: &Ctx, request: &Request, value: &str, next: &str) -> Response {
    if let Some(token) = csrf::Token::of(request) {
        token.rotate();
    }
    hand_over(ctx, see_other(next), value)
}

/// An answer with a new session.
pub(super) fn hand_over(ctx: &Ctx, mut response: Response, value: &str) -> Response {
    session::hand_over(ctx, &mut response, value);
    response
}

#[derive(Template)]
#[template(path = "accounts/logout.html")]
struct LogoutPage {
    frame: Frame,
    name: String,
}

/// Asks whether to log out.
#[handler]
pub(super) async fn ask_logout(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    match session::current(&ctx, request).await? {
        Some(login) => {
            let frame = frame(&ctx, request, Some(&login));
            Ok(Page(LogoutPage { frame, name: login.user.username }).into_response())
        }
        None => Ok(see_other("/accounts/login/")),
    }
}

/// Ends the session.
#[handler]
pub(super) async fn logout(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    confirm(&ctx, request, &form)?;
    if let Some(login) = session::current(&ctx, request).await? {
        let now = ctx.clock.now();
        ctx.db.write(|tx| async move { session::end(&tx, &login.session, now).await }).await?;
    }
    let mut response = see_other("/accounts/login/");
    session::forget(&ctx, &mut response);
    Ok(response)
}

/// `/`: the account, or the login.
#[handler]
pub(super) async fn start(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = session::current(&ctx, request).await?;
    Ok(see_other(&if login.is_some() { HOME.to_owned() } else { login_url(HOME, None) }))
}
