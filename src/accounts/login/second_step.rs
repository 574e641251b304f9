//! The second step of a login: a code, for whoever has a second factor.
//!
//! There is no session before it. That the first step was done stands in a ticket on the page: signed under the server
//! key, for this browser's form token, for some minutes, and for the password that was right.

use askama::Template;
use entities::accounts::user;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};

use super::{cancelled, carry};
use crate::{
    accounts::{
        asking::{self, Asking},
        credential,
        page::{confirm, frame, local_path, login_url},
        person, second_factor,
        session::{self, Origin},
    },
    ctx::Ctx,
    limiter::Guess,
    secret::{self, Purpose},
    web::{
        Fault, Frame, Page, client_address, csrf,
        form::{Errors, Form},
        see_other,
    },
};

/// How long the second step may take, in seconds.
const PATIENCE: i64 = 300;

#[derive(Template)]
#[template(path = "accounts/login_code.html")]
struct CodePage {
    frame: Frame,
    asking: Option<Asking>,
    cancel: String,
    next: String,
    ticket: String,
    username: String,
    errors: Errors,
}

fn sign(ctx: &Ctx, request: &Request, user: &user::Model, at: i64) -> String {
    let browser = csrf::Token::of(request).map(csrf::Token::value).unwrap_or_default();
    let (id, at) = (user.id.to_string(), at.to_string());
    ctx.key.mac_text(Purpose::SecondFactor, &["login", &id, &at, &browser, &user.password])
}

/// Asks for the code.
pub(super) async fn ask(
    ctx: &Ctx,
    request: &Request,
    user: &user::Model,
    next: &str,
    errors: Errors,
) -> Result<Response, Fault> {
    let at = ctx.clock.now();
    ask_with(ctx, request, user, next, errors, format!("{}.{at}.{}", user.id, sign(ctx, request, user, at))).await
}

async fn ask_with(
    ctx: &Ctx,
    request: &Request,
    user: &user::Model,
    next: &str,
    errors: Errors,
    ticket: String,
) -> Result<Response, Fault> {
    let asking = asking::find(ctx, request, next).await?;
    let cancel = if asking.is_some() { cancelled(next) } else { "/accounts/login/".to_owned() };
    let target = asking.as_ref().map(|asking| asking.redirect_uri.clone());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (next, username) = (next.to_owned(), user.username.clone());
    let frame = frame(ctx, request, None);
    let page = Page(CodePage { frame, asking, cancel, next, ticket, username, errors }).status(status);
    Ok(match target {
        Some(uri) => page.form_action(&uri).into_response(),
        None => page.into_response(),
    })
}

/// Whose password was right a moment ago in this browser.
async fn proven(ctx: &Ctx, request: &Request, ticket: &str) -> Result<Option<user::Model>, Fault> {
    let read = || {
        let (fields, mac) = ticket.rsplit_once('.')?;
        let (id, at) = fields.split_once('.')?;
        Some((id.parse::<i32>().ok()?, at.parse::<i64>().ok()?, mac))
    };
    let Some((id, at, mac)) = read() else { return Ok(None) };
    let age = ctx.clock.now().saturating_sub(at);
    let user = person::by_id(ctx.db.reader(), id).await?;
    Ok(user.filter(|user| (0..=PATIENCE).contains(&age) && secret::same(mac, &sign(ctx, request, user, at))))
}

/// Checks the code and begins a session.
#[handler]
pub(in crate::accounts) async fn submit(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    confirm(&ctx, request, &form)?;
    let next = local_path(form.text("next")?).unwrap_or(super::HOME);
    let ticket = form.text("ticket")?;
    // Too late, or another browser: from the start.
    let Some(user) = proven(&ctx, request, ticket).await? else { return Ok(see_other(&login_url(next, None))) };
    let before = session::current(&ctx, request).await?;
    let guesses = [Guess::SecondFactor(user.id), Guess::address(client_address(request, &ctx.config.trusted_proxies))];
    let code = form.text("code")?;
    if let Ok(attempt) = ctx.limiter.attempt(&guesses).await {
        let origin = Origin::of(&ctx, request);
        let value = ctx
            .db
            .write(|tx| {
                let (ctx, user, code) = (ctx.0.clone(), user.clone(), code.to_owned());
                async move {
                    let Some(user) = credential::still(&tx, &user).await? else { return Ok(None) };
                    if !second_factor::spend(&ctx, &tx, &user, &code).await? {
                        return Ok(None);
                    }
                    super::begin(&ctx, &tx, user, before.as_ref(), second_factor::AMR, origin).await.map(Some)
                }
            })
            .await
            .map_err(|error: sea_orm::DbErr| Fault::from(error))?;
        if let Some(value) = value {
            attempt.right();
            return Ok(carry(&ctx, request, &value, next));
        }
        attempt.wrong();
        tracing::info!(user = user.id, "a code of a second factor was refused");
    }
    let mut errors = Errors::default();
    errors.add("code", "This code is wrong, or was used already. Wait for the next one, or use a recovery code.");
    ask_with(&ctx, request, &user, next, errors, ticket.to_owned()).await
}

/// Whoever comes here without the first step.
#[handler]
pub(in crate::accounts) async fn restart() -> Response {
    see_other("/accounts/login/")
}
