//! RP-initiated logout (`OpenID` Connect RP-Initiated Logout 1.0).
//!
//! A browser leaves this server only with an ID token of ours as hint **and** to an address that its application
//! registered; everything else ends on a page here. Whoever comes without a hint for the very session that the browser
//! has is asked first: otherwise any page could log people out.

mod back_channel;
mod front_channel;
pub(in crate::oauth) mod session_state;

pub use back_channel::deliver;

use askama::Template;
use poem::{IntoResponse as _, Request, Response, Route, handler, web::Data};
use url::form_urlencoded;

use super::id_token::{self, IdToken};
use crate::{
    accounts::{confirm, frame, session},
    ctx::Ctx,
    oauth::{application, both},
    web::{Fault, Frame, Page, form::Form, get, see_other},
};

/// The endpoint.
pub(in crate::oauth) fn add_to(routes: Route) -> Route {
    let routes = both(routes, "/logout", get(ask).post(submit));
    let routes = both(routes, "/logout/applications", get(front_channel::show));
    both(routes, session_state::PATH.trim_end_matches('/'), get(session_state::frame))
}

#[derive(Template)]
#[template(path = "oauth/logout.html")]
struct LogoutPage {
    frame: Frame,
    /// Who would be logged out; nobody is left where it is done.
    name: Option<String>,
    application: Option<String>,
    hint: String,
    redirect: String,
    state: String,
    client_id: String,
}

/// What the application asks for.
struct Asked {
    hint: Option<IdToken>,
    application: Option<String>,
    /// Where to go afterwards, verified, with the state.
    location: Option<String>,
}

/// `GET /o/logout/`.
#[handler]
async fn ask(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    end(&ctx, request, &Form::query(request)?, false).await
}

/// `POST /o/logout/`: from an application, or from the page that asks.
#[handler]
async fn submit(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let confirmed = form.has("confirm");
    if confirmed {
        confirm(&ctx, request, &form)?;
    }
    end(&ctx, request, &form, confirmed).await
}

async fn end(ctx: &Ctx, request: &Request, form: &Form, confirmed: bool) -> Result<Response, Fault> {
    let asked = asked(ctx, form).await?;
    let login = session::current(ctx, request).await?;
    let Some(login) = login else { return Ok(finished(ctx, request, asked)) };
    let is_this_session = asked.hint.as_ref().is_some_and(|hint| hint.sid == login.session.sid);
    if !confirmed && !is_this_session {
        return Ok(Page(LogoutPage {
            frame: frame(ctx, request, None),
            name: Some(login.user.username),
            application: asked.application,
            hint: form.text("id_token_hint")?.to_owned(),
            redirect: form.text("post_logout_redirect_uri")?.to_owned(),
            state: form.text("state")?.to_owned(),
            client_id: form.text("client_id")?.to_owned(),
        })
        .form_action(asked.location.as_deref().unwrap_or_default())
        .into_response());
    }
    let now = ctx.clock.now();
    let ended = &login.session;
    let told = front_channel::applications(ctx, &ended.sid).await?;
    ctx.db.write(|tx| async move { session::end(&tx, ended, now).await }).await?;
    let mut response = if told.is_empty() {
        finished(ctx, request, asked)
    } else {
        let next = asked.location.unwrap_or_else(|| "/o/logout/".to_owned());
        see_other(&front_channel::address(ctx, &told, &ended.sid, &next))
    };
    session::forget(ctx, &mut response);
    Ok(response)
}

/// Reads the request. What does not verify is as good as absent (RP-Initiated Logout 1.0 section 3): no redirect.
async fn asked(ctx: &Ctx, form: &Form) -> Result<Asked, Fault> {
    let hint = match form.text("id_token_hint")? {
        "" => None,
        text => id_token::read_hint(ctx, text).await.map_err(Fault::internal)?,
    };
    let client_id = form.text("client_id")?;
    // "When both client_id and id_token_hint are present, the OP MUST verify that the Client Identifier matches."
    let hint = hint.filter(|hint| client_id.is_empty() || hint.aud == client_id);
    let application = match &hint {
        Some(hint) => application::find(ctx.db.reader(), &hint.aud).await?.filter(|found| found.is_active),
        None => None,
    };
    let uri = form.text("post_logout_redirect_uri")?;
    let state = form.text("state")?;
    let registered = application.as_ref().filter(|found| found.post_logout_redirect_uris().any(|known| known == uri));
    let location = registered.map(|_| with_state(uri, state));
    Ok(Asked { hint, application: application.map(|found| found.name.clone()), location })
}

/// The address to return to: it carries the state and nothing else.
fn with_state(uri: &str, state: &str) -> String {
    if state.is_empty() {
        return uri.to_owned();
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    format!("{uri}{separator}{query}")
}

fn finished(ctx: &Ctx, request: &Request, asked: Asked) -> Response {
    if let Some(location) = asked.location {
        return see_other(&location);
    }
    let none = String::new;
    let frame = frame(ctx, request, None);
    let page = LogoutPage {
        frame,
        name: None,
        application: asked.application,
        hint: none(),
        redirect: none(),
        state: none(),
        client_id: none(),
    };
    Page(page).into_response()
}
