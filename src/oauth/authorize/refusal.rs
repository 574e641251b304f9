//! How a request is refused, and how the browser is sent back to the application (RFC 6749 section 4.1.2.1, RFC 9207).

use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;

use crate::{signing::SigningError, web::Fault};

/// Why a request goes no further, and to whom that is told.
pub(super) enum Refusal {
    /// The person: nobody else can be trusted with it.
    Page(Fault),
    /// The application: where its error goes, and what the log says.
    Redirect(String, &'static str),
    /// Nobody: the person has to go elsewhere on this server first.
    Elsewhere(String),
    /// The person, who may go back to the application from a page of ours.
    Shown(Box<Response>),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Page(fault) => write!(f, "{fault}"),
            Self::Redirect(_, log) => f.write_str(log),
            Self::Elsewhere(_) => f.write_str("something else comes first"),
            Self::Shown(_) => f.write_str("a page is shown instead"),
        }
    }
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        Self::Page(error.into())
    }
}

impl From<SigningError> for Refusal {
    fn from(error: SigningError) -> Self {
        Self::Page(Fault::internal(error))
    }
}

/// Leaves this server. 303, so that no form is repeated to the application (RFC 9700 section 4.12); no referrer, so that
/// nothing of this address goes along.
pub(super) fn leave(location: &str) -> Response {
    let mut response = Response::builder().status(StatusCode::SEE_OTHER).finish();
    let headers = response.headers_mut();
    match HeaderValue::try_from(location) {
        Ok(location) => _ = headers.insert(header::LOCATION, location),
        // Registered URIs and encoded parameters are visible ASCII; nothing else gets here.
        Err(_) => response.set_status(StatusCode::BAD_REQUEST),
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
