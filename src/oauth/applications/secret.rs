//! `/o/applications/<pk>/secret/`: a new `client_secret`, shown on the answer and never again.

use askama::Template;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode};

use super::{Visit, refused};
use crate::{
    oauth::application::{self, Application, Refused},
    web::{
        Fault, Frame, Page,
        form::{Errors, Form},
    },
};

/// How long the old secret stays valid: seconds, as sent, and in words.
const OVERLAPS: [(&str, i64, &str, &str); 4] = [
    ("0", 0, "Not at all", "For a secret that leaked: access tokens that the application holds end too."),
    ("3600", 3600, "1 hour", "For an application that you restart right away."),
    ("86400", 86_400, "1 day", "For a deployment that takes its time."),
    ("604800", 604_800, "7 days", "For a secret that somebody else has to exchange."),
];

#[derive(Template)]
#[template(path = "oauth/applications/secret.html")]
struct Choose {
    frame: Frame,
    application: Application,
    chosen: String,
    errors: Errors,
}

#[handler]
pub(super) async fn choose(visit: Visit) -> Result<Response, Fault> {
    let application = confidential(&visit).await?;
    visit.recent(&format!("/o/applications/{}/secret/", application.id))?;
    let page = Choose { frame: visit.frame, application, chosen: "3600".to_owned(), errors: Errors::default() };
    Ok(Page(page).into_response())
}

#[handler]
pub(super) async fn make(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.confirm(request, &form)?;
    let application = confidential(&visit).await?;
    visit.recent(&format!("/o/applications/{}/secret/", application.id))?;
    let chosen = form.text("overlap")?;
    let Some((_, overlap, ..)) = OVERLAPS.into_iter().find(|(value, ..)| *value == chosen) else {
        let errors = [("overlap", "Choose one of these.")].into_iter().collect();
        let page = Choose { frame: visit.frame, application, chosen: chosen.to_owned(), errors };
        return Ok(Page(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    };
    let value = application::new_secret(&visit.ctx, application.id, overlap).await.map_err(refused)?;
    Ok(shown(visit.frame, &application, value, &Occasion::Renewed { overlap }))
}

async fn confidential(visit: &Visit) -> Result<Application, Fault> {
    let application = visit.editable().await?;
    if application.is_public() { Err(refused(Refused::Public)) } else { Ok(application) }
}

impl Choose {
    fn overlaps() -> [(&'static str, i64, &'static str, &'static str); 4] {
        OVERLAPS
    }
}

/// Why there is a new secret.
pub(super) enum Occasion {
    /// The application is new.
    Registered,
    /// It was public until now.
    Confidential,
    /// It replaces another.
    Renewed {
        /// Seconds for which that stays valid.
        overlap: i64,
    },
}

#[derive(Template)]
#[template(path = "oauth/applications/secret_shown.html")]
struct Shown {
    frame: Frame,
    id: i32,
    name: String,
    client_id: String,
    secret: String,
    title: &'static str,
    note: String,
}

/// The one page on which a secret can be read. It is not in the session, not in the log, and in no cache.
pub(super) fn shown(frame: Frame, application: &Application, secret: String, occasion: &Occasion) -> Response {
    let (title, note) = match *occasion {
        Occasion::Registered => ("The application is registered", String::new()),
        Occasion::Confidential => (
            "The application has a secret now",
            "Every token that it had as a public application has ended.".to_owned(),
        ),
        Occasion::Renewed { overlap: 0 } => {
            ("The new secret", "The secrets before it have stopped working.".to_owned())
        }
        Occasion::Renewed { overlap } => {
            let time = crate::oauth::show::duration(overlap);
            ("The new secret", format!("The one before it keeps working for {time}."))
        }
    };
    let (id, name, client_id) = (application.id, application.name.clone(), application.client_id.clone());
    Page(Shown { frame, id, name, client_id, secret, title, note }).into_response()
}
