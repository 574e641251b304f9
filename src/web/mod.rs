//! The kit for pages; it knows no feature.
//!
//! A page is a struct and an askama template ([`struct@Page`]); it works without scripts, and every form on it is a plain POST
//! that carries a [`csrf::Token`] and is answered with 303 or with the same page and [`form::Errors`] beside the fields.
//! A handler returns `Result<_, Fault>`; what went wrong becomes `error.html` in one place.

pub mod address;
pub mod assets;
pub mod cookie;
pub mod csrf;
mod fault;
pub mod form;
mod methods;
mod page;
pub mod time;

pub use address::{FullPath, client_address};
pub use assets::asset;
pub use fault::{Fault, error_page};
pub use methods::{Methods, get, post};
pub use page::{Page, secure};
use poem::{
    IntoResponse as _, Request, Response,
    http::{StatusCode, header},
};

/// What the base template needs of every page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// What this installation is called.
    pub instance: String,
    /// Who is logged in.
    pub person: Option<Person>,
    /// The form token of this browser.
    pub csrf: String,
    /// The path of this page, by which the navigation knows where it is.
    pub here: String,
    /// The request's id, by which the server's log is searched.
    pub reference: String,
}

impl Frame {
    /// Whether this page is at or below a path.
    pub fn is_at(&self, path: &str) -> bool {
        self.here.starts_with(path)
    }
}

/// Who is logged in, as far as the navigation cares.
#[derive(Debug, Clone)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// Whether the administrator's pages are offered.
    pub is_superuser: bool,
}

impl Person {
    /// The letter in the account menu's badge.
    pub fn initial(&self) -> String {
        self.name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default()
    }
}

/// The path and query that a request came with, before any nested route took its part off. Unlike the framework's
/// original URI it is there in tests too.
#[derive(Debug, Clone)]
pub struct Here(String);

impl Here {
    /// Notes it, on the way in.
    pub fn note(request: &mut Request) {
        let here = request.uri().path_and_query().map_or("/", |both| both.as_str()).to_owned();
        request.extensions_mut().insert(Self(here));
    }

    /// The path and query of a request.
    pub fn of(request: &Request) -> &str {
        request.extensions().get::<Self>().map_or("/", |here| &here.0)
    }

    /// The path alone.
    pub fn path(request: &Request) -> &str {
        Self::of(request).split('?').next().unwrap_or_default()
    }
}

/// The answer to a POST that did what it should (RFC 9700 section 4.12: never a status that repeats the body).
pub fn see_other(location: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, location)
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
        .into_response()
}
