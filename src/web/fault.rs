//! What can go wrong on a page, and how it looks.

use askama::Template;
use poem::{
    IntoResponse as _, Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;

use super::{Frame, Page, see_other};

/// Why a page was not shown. Two texts: one for the person, one for the log.
#[derive(Debug, thiserror::Error)]
#[error("{title}: {}", log.as_deref().unwrap_or(message))]
pub struct Fault {
    status: StatusCode,
    title: &'static str,
    message: String,
    log: Option<String>,
    location: Option<String>,
    /// What a 405 names instead.
    allow: Option<String>,
}

impl Fault {
    /// A fault with a status of one's own.
    pub fn new(status: StatusCode, title: &'static str, message: impl Into<String>) -> Self {
        Self { status, title, message: message.into(), log: None, location: None, allow: None }
    }

    /// The request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "That did not work", message)
    }

    /// The person may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "You may not do this", message)
    }

    /// There is nothing here.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Page not found", "There is nothing at this address.")
    }

    /// The address takes other methods.
    pub fn not_allowed(allow: String) -> Self {
        let message = "This address does not take that kind of request.";
        let fault = Self::new(StatusCode::METHOD_NOT_ALLOWED, "That did not work", message);
        Self { allow: Some(allow), ..fault }
    }

    /// Too much is going on; come back in a moment.
    pub fn busy() -> Self {
        let message = "Too many people are logging in right now. Please try again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "One moment, please", message)
    }

    /// The server failed; the reason is for the log only.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        let message = "The server could not answer this request. The reason is in its log.";
        let fault = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", message);
        Self { log: Some(reason.to_string()), ..fault }
    }

    /// Not a fault of anybody: the person has to go elsewhere first, such as to the login.
    pub fn elsewhere(location: impl Into<String>) -> Self {
        let fault = Self::new(StatusCode::SEE_OTHER, "See other", "");
        Self { location: Some(location.into()), ..fault }
    }

    /// Adds what the log should say.
    #[must_use]
    pub fn log(self, text: impl Into<String>) -> Self {
        Self { log: Some(text.into()), ..self }
    }

    /// Which page went wrong of whatever a handler returned: ours as it is, the router's and the extractors' by status.
    pub fn of(error: &poem::Error) -> Self {
        if let Some(Self { status, title, message, log, location, allow }) = error.downcast_ref::<Self>() {
            let (message, log, location, allow) = (message.clone(), log.clone(), location.clone(), allow.clone());
            return Self { status: *status, title, message, log, location, allow };
        }
        match error.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            status if status.is_server_error() => Self { status, ..Self::internal(error) },
            status => Self { status, ..Self::bad_request("The request cannot be understood.") }.log(error.to_string()),
        }
    }

    /// The answer, in a frame.
    pub fn render(&self, frame: Frame) -> Response {
        if let Some(location) = &self.location {
            return see_other(location);
        }
        if self.status.is_server_error() {
            tracing::error!(status = self.status.as_u16(), "{self}");
        } else {
            tracing::debug!(status = self.status.as_u16(), "{self}");
        }
        let mut response = error_page(frame, self.status, self.title, &self.message);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if let Some(allow) = self.allow.as_ref().and_then(|allow| HeaderValue::try_from(allow).ok()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        Self::internal(error)
    }
}

impl ResponseError for Fault {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        self.render(Frame { instance: "Stockade".to_owned(), ..Frame::default() })
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    status: u16,
    title: &'a str,
    message: &'a str,
}

/// The page for what went wrong.
pub fn error_page(frame: Frame, status: StatusCode, title: &str, message: &str) -> Response {
    Page(ErrorPage { frame, status: status.as_u16(), title, message }).status(status).into_response()
}
