//! `/accounts/second-factor/`: whether one's second factor is on, setting it up, recovery codes, and removal.

use askama::Template;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};
use sea_orm::DbErr;

use super::{
    AMR, forget, is_on, left, of_user,
    qr::{self, Drawing},
    renew, seal, store, totp,
};
use crate::{
    accounts::{
        credential, login,
        page::{confirm, frame, require_login, require_recent},
        session::{self, Login, Origin},
    },
    ctx::Ctx,
    web::{
        Fault, Frame, Page,
        form::{Errors, Form},
        see_other,
    },
};

/// Where all this begins.
const HERE: &str = "/accounts/second-factor/";
/// Where it is set up.
const SET_UP: &str = "/accounts/second-factor/set-up/";
/// Whoever sets up or removes a second factor logged in within so many seconds.
const RECENT: i64 = 600;

#[derive(Template)]
#[template(path = "accounts/second_factor.html")]
struct Overview {
    frame: Frame,
    notice: &'static str,
    is_on: bool,
    left: u64,
}

/// Shows whether it is on.
#[handler]
pub(in crate::accounts) async fn overview(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    let notice = match Form::query(request)?.get("done") {
        Some("removed") => "Your second factor is off. The password alone logs you in now.",
        _ => "",
    };
    let (is_on, left) = (is_on(&login.user), left(&ctx, &login.user).await?);
    Ok(Page(Overview { frame: frame(&ctx, request, Some(&login)), notice, is_on, left }).into_response())
}

#[derive(Template)]
#[template(path = "accounts/second_factor_set_up.html")]
struct SetUp {
    frame: Frame,
    /// The new secret, sealed for this session: until a code proves that the app has it, it is stored nowhere.
    sealed: String,
    /// The same, to type.
    secret: String,
    uri: String,
    drawing: Option<Drawing>,
    errors: Errors,
}

/// The name under which a secret is sealed that is not anybody's yet.
fn offered(login: &Login) -> String {
    format!("offered to user {} in session {}", login.user.id, login.session.id)
}

fn offer(ctx: &Ctx, request: &Request, login: &Login, secret: &[u8], errors: Errors) -> Response {
    let uri = totp::uri(&ctx.config.instance, &login.user.username, secret);
    let typed = totp::base32(secret);
    let groups: Vec<String> = typed.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = SetUp {
        frame: frame(ctx, request, Some(login)),
        sealed: seal(ctx, &offered(login), secret),
        secret: groups.join(" "),
        drawing: qr::draw(&uri),
        uri,
        errors,
    };
    Page(page).status(status).into_response()
}

/// Offers a new secret.
#[handler]
pub(in crate::accounts) async fn set_up_form(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = require_recent(&ctx, request, RECENT, SET_UP).await?;
    if is_on(&login.user) {
        return Ok(see_other(HERE));
    }
    let secret = ctx.rng.bytes::<{ totp::SECRET }>();
    Ok(offer(&ctx, request, &login, &secret, Errors::default()))
}

#[derive(Template)]
#[template(path = "accounts/recovery_codes.html")]
struct RecoveryPage {
    frame: Frame,
    notice: &'static str,
    codes: Vec<String>,
}

/// Turns it on, once a code shows that the app has the secret.
#[handler]
pub(in crate::accounts) async fn set_up(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = require_recent(&ctx, request, RECENT, SET_UP).await?;
    confirm(&ctx, request, &form)?;
    let Ok(secret) = super::open(&ctx, &offered(&login), form.text("secret")?) else {
        // Offered to another session, or nothing of ours.
        return Ok(see_other(SET_UP));
    };
    let given = super::typed(form.text("code")?);
    let now = ctx.clock.now();
    let Some(step) = totp::accepted(&secret, &given, now, 0) else {
        let mut errors = Errors::default();
        errors.add("code", "This is not the code that the app shows now. Is the clock of your phone right?");
        return Ok(offer(&ctx, request, &login, &secret, errors));
    };
    let (sealed, origin) = (seal(&ctx, &of_user(login.user.id), &secret), Origin::of(&ctx, request));
    let set_up = ctx
        .db
        .write(|tx| {
            let (ctx, login) = (ctx.0.clone(), login.clone());
            async move {
                let Some(user) = credential::still(&tx, &login.user).await?.filter(|user| !is_on(user)) else {
                    return Ok(None);
                };
                store(&tx, user.id, Some(sealed), step).await?;
                let codes = renew(&ctx, &tx, user.id).await?;
                // Every other session was begun without it.
                session::end_others(&tx, &login, now).await?;
                let value = session::begin(&ctx, &tx, &user, Some(&login), AMR, origin).await?;
                Ok::<_, DbErr>(Some((value, codes)))
            }
        })
        .await?;
    let Some((value, codes)) = set_up else { return Ok(see_other(HERE)) };
    let notice = "Your second factor is on. From now on a login asks for a code.";
    let page = Page(RecoveryPage { frame: frame(&ctx, request, Some(&login)), notice, codes }).into_response();
    Ok(login::hand_over(&ctx, page, &value))
}

/// New recovery codes.
#[handler]
pub(in crate::accounts) async fn renew_codes(
    request: &Request,
    ctx: Data<&Ctx>,
    form: Form,
) -> Result<Response, Fault> {
    let login = require_recent(&ctx, request, RECENT, HERE).await?;
    confirm(&ctx, request, &form)?;
    let codes = ctx
        .db
        .write(|tx| {
            let (ctx, verified) = (ctx.0.clone(), login.user.clone());
            async move {
                match credential::still(&tx, &verified).await?.filter(is_on) {
                    Some(user) => renew(&ctx, &tx, user.id).await.map(Some),
                    None => Ok(None),
                }
            }
        })
        .await?;
    let Some(codes) = codes else { return Ok(see_other(HERE)) };
    let notice = "The recovery codes from before are worth nothing any more.";
    Ok(Page(RecoveryPage { frame: frame(&ctx, request, Some(&login)), notice, codes }).into_response())
}

/// Turns it off.
#[handler]
pub(in crate::accounts) async fn remove(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = require_recent(&ctx, request, RECENT, HERE).await?;
    confirm(&ctx, request, &form)?;
    let origin = Origin::of(&ctx, request);
    let value = ctx
        .db
        .write(|tx| {
            let (ctx, login) = (ctx.0.clone(), login.clone());
            async move {
                let Some(user) = credential::still(&tx, &login.user).await? else { return Ok(None) };
                forget(&tx, user.id).await?;
                session::end_others(&tx, &login, ctx.clock.now()).await?;
                session::begin(&ctx, &tx, &user, Some(&login), &login.session.amr, origin).await.map(Some)
            }
        })
        .await
        .map_err(|error: DbErr| Fault::from(error))?;
    let location = see_other("/accounts/second-factor/?done=removed");
    Ok(match value {
        Some(value) => login::hand_over(&ctx, location, &value),
        None => location,
    })
}
