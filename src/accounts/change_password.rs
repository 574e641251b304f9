//! `/accounts/password/`: a new password ends every other session and every grant; the browser that changed it goes on
//! under a new session id.

use askama::Template;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};

use super::{
    author::Refusal,
    credential::{self, Refused},
    login,
    page::{confirm, frame, require_login},
    password_rules::About,
    person,
    session::{Login, Origin},
};
use crate::{
    ctx::Ctx,
    web::{
        Fault, Frame, Page, client_address,
        form::{Errors, Form},
    },
};

#[derive(Template)]
#[template(path = "accounts/password.html")]
struct PasswordPage {
    frame: Frame,
    username: String,
    min_length: usize,
    errors: Errors,
}

fn render(ctx: &Ctx, request: &Request, login: &Login, errors: Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (username, min_length) = (login.user.username.clone(), ctx.config.password.min_length);
    let frame = frame(ctx, request, Some(login));
    Page(PasswordPage { frame, username, min_length, errors }).status(status).into_response()
}

/// Shows the form.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    Ok(render(&ctx, request, &login, Errors::default()))
}

/// Changes the password.
#[handler]
pub(super) async fn submit(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    confirm(&ctx, request, &form)?;
    let (old, new, again) = (form.text("old_password")?, form.text("new_password")?, form.text("new_password_again")?);

    let mut errors = Errors::default();
    if new != again {
        errors.add("new_password_again", "The two new passwords are not the same.");
    } else if new == old {
        errors.add("new_password", "The new password is the old one.");
    }
    if old.is_empty() {
        errors.add("old_password", "Enter your present password.");
    }
    if !errors.is_empty() {
        return Ok(render(&ctx, request, &login, errors));
    }
    // The old password is a guess like any other: it passes the same limiter.
    let address = client_address(request, &ctx.config.trusted_proxies);
    let user = match credential::password(&ctx, &login.user.username, old, address).await {
        Ok(user) => user,
        Err(Refused::Wrong) => {
            errors.add("old_password", "This is not your present password.");
            return Ok(render(&ctx, request, &login, errors));
        }
        Err(refused) => return Err(refused.into()),
    };
    let about = About {
        username: &user.username,
        email: &user.email,
        first_name: &user.first_name,
        last_name: &user.last_name,
    };
    let hashed = match person::hashed(&ctx, new, about).await {
        Ok(hashed) => hashed,
        Err(Refusal::Invalid(problems)) => {
            errors = problems.iter().map(|(_, message)| ("new_password", message)).collect();
            return Ok(render(&ctx, request, &login, errors));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let origin = Origin::of(&ctx, request);
    let before = login.clone();
    let value = ctx
        .db
        .write(|tx| {
            let (ctx, user) = (ctx.0.clone(), user.clone());
            async move {
                if credential::still(&tx, &user).await?.is_none() {
                    return Ok(None);
                }
                person::store_password(&ctx, &tx, user.id, hashed).await?;
                let Some(user) = person::by_id(&*tx, user.id).await? else { return Ok(None) };
                Ok::<_, Refusal>(Some(login::begin(&ctx, &tx, user, Some(&before), &before.session.amr, origin).await?))
            }
        })
        .await?;
    if let Some(value) = value {
        return Ok(login::carry(&ctx, request, &value, "/accounts/?done=password"));
    }
    errors.add("old_password", "This is not your present password.");
    Ok(render(&ctx, request, &login, errors))
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(problems) => Self::bad_request(problems.to_string()),
            Refusal::Forbidden(message) => Self::forbidden(message),
            Refusal::NotFound => Self::not_found(),
            Refusal::Busy(_) => Self::busy(),
            Refusal::Db(error) => error.into(),
        }
    }
}
