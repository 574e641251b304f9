//! `/accounts/`: the account of whoever looks, and the browsers in which they are logged in.

use askama::Template;
use entities::accounts::{session as row, user};
use poem::{IntoResponse as _, Request, Response, handler, web::Data};

use super::{
    page::{confirm, frame, require_login},
    session::{self, Login},
    waiting,
};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    web::{Fault, Frame, Page, form::Form, see_other, time},
};

#[derive(Template)]
#[template(path = "accounts/home.html")]
struct HomePage {
    frame: Frame,
    notice: &'static str,
    user: user::Model,
    browsers: Vec<Browser>,
    /// How many requests of applications wait for an answer.
    waiting: u64,
}

struct Browser {
    id: i32,
    name: String,
    address: String,
    seen: String,
    seen_iso: String,
    since: String,
    is_this: bool,
}

impl Browser {
    fn new(session: row::Model, this: &Login, now: Timestamp) -> Self {
        Self {
            id: session.id,
            name: describe(&session.user_agent),
            address: session.address,
            seen: time::ago(session.last_seen, now),
            seen_iso: time::iso(session.last_seen),
            since: time::date_time(session.created),
            is_this: session.id == this.session.id,
        }
    }
}

/// A browser in words. What a browser says of itself is only a help for its owner's eyes, so this is no full parser.
pub(super) fn describe(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome (headless)"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if user_agent.is_empty() => "Unknown browser".to_owned(),
        (None, None) => user_agent.chars().take(60).collect(),
    }
}

/// Shows the account.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    let now = ctx.clock.now();
    let sessions = session::list(&ctx, &login.user).await?;
    let waiting = waiting::count(&ctx, request, login.user.id).await?;
    let browsers = sessions.into_iter().map(|session| Browser::new(session, &login, now)).collect();
    let notice = match Form::query(request)?.get("done") {
        Some("password") => {
            "Your password was changed. Every other browser was logged out, and applications have to ask again."
        }
        Some("setup") => "Welcome! You administer this server now.",
        Some("sessions") => "Done: logged out there.",
        _ => "",
    };
    Ok(Page(HomePage { frame: frame(&ctx, request, Some(&login)), notice, user: login.user, browsers, waiting })
        .into_response())
}

/// Ends a session, or all others.
#[handler]
pub(super) async fn end(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    let login = require_login(&ctx, request).await?;
    confirm(&ctx, request, &form)?;
    let (which, now) = (form.text("end")?, ctx.clock.now());
    if which == "others" {
        ctx.db.write(|tx| async move { session::end_others(&tx, &login, now).await }).await?;
    } else {
        let id = which.parse().map_err(|_| Fault::bad_request("There is no such session."))?;
        let ended = ctx.db.write(|tx| async move { session::end_of(&tx, login.user.id, id, now).await }).await?;
        if !ended {
            return Err(Fault::bad_request("There is no such session of yours; it may have ended already."));
        }
    }
    let back =
        if form.text("from")? == "sessions" { "/accounts/sessions/?done=ended" } else { "/accounts/?done=sessions" };
    Ok(see_other(back))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn a_browser_is_told_in_words() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        assert_eq!(describe(chrome), "Chrome on Linux");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1";
        assert_eq!(describe(iphone), "Safari on iPhone");
        assert_eq!(describe(""), "Unknown browser");
        assert_eq!(describe("python-requests/2.32"), "python-requests/2.32");
    }
}
