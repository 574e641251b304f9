//! The page that asks before something is taken away.

use askama::Template;
use poem::{IntoResponse as _, Response};

use crate::web::{Frame, Page};

/// A question with one button, which posts, and a way back.
#[derive(Template)]
#[template(path = "oauth/confirm.html")]
pub(super) struct Confirm {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) message: &'static str,
    /// Where the button posts to.
    pub(super) action: String,
    pub(super) button: &'static str,
    /// Whether it takes away what does not come back.
    pub(super) is_danger: bool,
    pub(super) back: String,
}

impl Confirm {
    pub(super) fn ask(self) -> Response {
        Page(self).into_response()
    }
}
