//! How a request is refused, and who is told (RFC 6749 section 4.1.2.1).

use poem::Response;
use sea_orm::DbErr;

use super::answer::Answer;
use crate::{signing::SigningError, web::Fault};

/// Why a request goes no further, and to whom that is told.
pub(super) enum Refusal {
    /// The person: nobody else can be trusted with it.
    Page(Fault),
    /// The application; and what the log says.
    Told(Box<Answer>, String),
    /// Nobody: the person has to go elsewhere on this server first.
    Elsewhere(String),
    /// The person, who may go back to the application from a page of ours.
    Shown(Box<Response>),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Page(fault) => write!(f, "{fault}"),
            Self::Told(_, log) => f.write_str(log),
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
