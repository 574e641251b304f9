//! Why a registration is refused (RFC 7591 section 3.2.2), naming the member.

use poem::{
    Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;
use serde_json::json;

use super::members::member_of;
use crate::{
    oauth::{application::Refused, error::Code, protocol},
    web::form::Errors,
};

/// What the client reads. The texts are ours: of what was sent they hold at most an address that was registered.
#[derive(Debug, thiserror::Error)]
#[error("{}: {description}", code.name())]
pub(in crate::oauth) struct Refusal {
    code: Code,
    description: String,
    status: StatusCode,
    challenge: bool,
}

impl Refusal {
    /// Another code.
    pub(super) fn new(code: Code, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), status: StatusCode::BAD_REQUEST, challenge: false }
    }

    /// "The value of one of the client metadata fields is invalid."
    pub(super) fn metadata(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidClientMetadata, description)
    }

    /// The token is missing, unknown, expired or used up; which, nobody is told.
    pub(super) fn token() -> Self {
        let text = "A token that allows this is needed.";
        Self { challenge: true, ..Self::new(Code::InvalidToken, text).status(StatusCode::UNAUTHORIZED) }
    }

    /// Come back later.
    pub(super) fn too_many() -> Self {
        let text = "Too many registrations. Try again later.";
        Self::new(Code::TemporarilyUnavailable, text).status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// With another status.
    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Rules that were broken, each under the member's registered name.
    pub(super) fn of(errors: &Errors) -> Self {
        let mut code = Code::InvalidClientMetadata;
        let mut texts = Vec::new();
        for (field, messages) in errors.iter() {
            if field == "redirect_uris" {
                code = Code::InvalidRedirectUri;
            }
            texts.push(format!("{}: {}", member_of(field), messages.join(" ")));
        }
        Self::new(code, texts.join(" "))
    }
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        tracing::error!(%error, "a registration failed");
        let text = "The server could not answer this request.";
        Self::new(Code::ServerError, text).status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(errors) => Self::of(&errors),
            Refused::Db(error) => error.into(),
            Refused::Missing | Refused::Default => Self::token(),
            Refused::Public | Refused::Changed => Self::metadata(refused.to_string()),
        }
    }
}

impl ResponseError for Refusal {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        tracing::info!("{self}");
        // RFC 6749 section 5.2 names the characters of a description.
        let plain = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        let description: String = self.description.chars().filter(|c| plain(*c)).collect();
        let body = json!({"error": self.code.name(), "error_description": description});
        let mut response = protocol::json(self.status, &body);
        if self.challenge {
            let header = HeaderValue::from_static("Bearer realm=\"registration\", error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header);
        }
        response
    }
}
