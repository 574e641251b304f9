//! The first administrator: by a single-use link that the server prints while there is none, or by configuration.
//!
//! The link's secret derives from the server key, so it survives a restart and needs no row; it is good exactly as long as
//! no active superuser exists, which is decided inside the transaction that makes one.

use askama::Template;
use entities::accounts::user;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};
use sea_orm::{ConnectionTrait as _, DbErr};

use super::{
    author::{Author, Problems, Refusal},
    login,
    page::{confirm, frame},
    password_rules::{self, About},
    person::{self, Hashed, New},
    session::Origin,
};
use crate::{
    ctx::Ctx,
    db::Tx,
    secret::{self, Kind, Purpose},
    web::{
        Fault, Frame, Page,
        form::{Errors, Form},
    },
};

fn token(ctx: &Ctx) -> String {
    ctx.key.derived(Kind::SetupLink, Purpose::Setup, &["first administrator"])
}

/// The link, while there is no administrator.
pub async fn link(ctx: &Ctx) -> Result<Option<String>, DbErr> {
    let claimed = person::has_superuser(ctx.db.reader()).await?;
    Ok((!claimed).then(|| ctx.config.url(&format!("/accounts/setup/?token={}", token(ctx)))))
}

/// Makes the first administrator; `None` if there is one already.
pub async fn create_administrator(ctx: &Ctx, username: &str, password: &str) -> Result<Option<user::Model>, Refusal> {
    if person::has_superuser(ctx.db.reader()).await? {
        return Ok(None);
    }
    let hashed = person::hashed(ctx, password, About { username, ..About::default() }).await?;
    ctx.db.write(|tx| async move { claim(ctx, &tx, username, hashed).await }).await
}

async fn claim(ctx: &Ctx, tx: &Tx, username: &str, password: Hashed) -> Result<Option<user::Model>, Refusal> {
    if !ctx.db.is_sqlite() {
        // Two who come at once both find nobody to lock; the second waits for the table instead. SQLite has one writer.
        tx.execute_unprepared("LOCK TABLE \"user\" IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    if person::has_superuser(&**tx).await? {
        return Ok(None);
    }
    let new = New { username: username.to_owned(), is_staff: true, is_superuser: true, ..New::default() };
    person::insert(ctx, tx, &Author::operator(), new, Some(password)).await.map(Some)
}

#[derive(Template)]
#[template(path = "accounts/setup.html")]
struct SetupPage {
    frame: Frame,
    token: String,
    username: String,
    min_length: usize,
    errors: Errors,
}

fn render(ctx: &Ctx, request: &Request, token: &str, username: &str, errors: Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (token, username) = (token.to_owned(), username.to_owned());
    let (frame, min_length) = (frame(ctx, request, None), ctx.config.password.min_length);
    Page(SetupPage { frame, token, username, min_length, errors }).status(status).into_response()
}

/// One text for a wrong link and a spent one.
fn spent() -> Fault {
    let message = "A link like this works once, for the first administrator. If there is an administrator, log in \
                   instead; otherwise start the server again and use the link that it prints.";
    Fault::new(StatusCode::NOT_FOUND, "This link does not work", message)
}

async fn must_be_good(ctx: &Ctx, given: &str) -> Result<(), Fault> {
    if !Kind::SetupLink.recognises(given) || !secret::same(given, &token(ctx)) {
        return Err(spent());
    }
    if person::has_superuser(ctx.db.reader()).await? { Err(spent()) } else { Ok(()) }
}

/// Shows the form.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let query = Form::query(request)?;
    let token = query.text("token")?;
    must_be_good(&ctx, token).await?;
    Ok(render(&ctx, request, token, "admin", Errors::default()))
}

/// Makes the administrator and logs them in.
#[handler]
pub(super) async fn submit(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    confirm(&ctx, request, &form)?;
    let token = form.text("token")?;
    must_be_good(&ctx, token).await?;
    let (username, password) = (form.text("username")?.trim(), form.text("password")?);
    // Everything that is wrong at once, not one thing after the other.
    let about = About { username, ..About::default() };
    let mut problems = Problems::default();
    person::check_username(&mut problems, username);
    for problem in password_rules::problems(&ctx.config.password, password, about) {
        problems.add("password", problem);
    }
    let mut errors: Errors = problems.iter().collect();
    if form.text("password_again")? != password {
        errors.add("password_again", "The two passwords are not the same.");
    }
    if !errors.is_empty() {
        return Ok(render(&ctx, request, token, username, errors));
    }
    let made = match person::hashed(&ctx, password, about).await {
        Ok(hashed) => {
            let origin = Origin::of(&ctx, request);
            let ctx = ctx.0;
            ctx.db
                .write(|tx| async move {
                    let Some(user) = claim(ctx, &tx, username, hashed).await? else { return Ok(None) };
                    Ok(Some(login::begin(ctx, &tx, user, None, login::PASSWORD, origin).await?))
                })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(Some(value)) => Ok(login::carry(&ctx, request, &value, "/accounts/?done=setup")),
        Ok(None) => Err(spent()),
        Err(Refusal::Invalid(problems)) => Ok(render(&ctx, request, token, username, problems.iter().collect())),
        Err(refusal) => Err(refusal.into()),
    }
}
