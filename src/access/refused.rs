//! Refusals before a handler runs, as Django REST words them.
//!
//! The challenges are RFC 6750 section 3 for bearers and `Token` for `InvenTree`'s clients. `Basic` is accepted but not
//! offered: a browser would ask for a password in a window of its own, in the middle of a page.

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;
use serde_json::json;

use crate::{oauth::holder::NotHeld, scope::Scope};

/// Why a request does not reach its handler.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It shows no credential.
    #[error("Authentication credentials were not provided.")]
    Anonymous,
    /// Its credential is not good. The text is for the client.
    #[error("{0}")]
    Credential(&'static str),
    /// Its bearer token is unknown, expired or revoked (RFC 6750 section 3.1, `invalid_token`).
    #[error("Invalid token.")]
    Bearer,
    /// Its token is bound to a key that the sender does not show to hold.
    #[error("{}", .0.told())]
    NotHeld(NotHeld),
    /// More passwords are being checked than this server can bear.
    #[error("The server is busy. Please try again.")]
    Busy,
    /// It rides on a session, but not from one of our own pages.
    #[error("CSRF Failed: {0}")]
    Csrf(String),
    /// The token does not carry this scope.
    #[error("You do not have permission to perform this action.")]
    Scope(Scope),
    /// The login that the credential goes back to is older than this operation takes, in seconds (RFC 9470 section 3).
    #[error("This takes a login of the last {} minutes. Please log in again.", max_age / 60)]
    Login {
        /// How old it may be.
        max_age: i64,
    },
    /// The principal does not have the right.
    #[error("You do not have permission to perform this action.")]
    Right,
    /// The database failed.
    #[error("A server error occurred.")]
    Db(#[from] DbErr),
}

impl ResponseError for Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::Db(_) | Self::NotHeld(NotHeld::Db(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Anonymous | Self::Credential(_) | Self::Bearer | Self::NotHeld(_) | Self::Login { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Csrf(_) | Self::Scope(_) | Self::Right => StatusCode::FORBIDDEN,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn as_response(&self) -> Response {
        if let Self::Db(error) | Self::NotHeld(NotHeld::Db(error)) = self {
            tracing::error!(%error, "authentication failed for want of the database");
        }
        let body = json!({ "detail": self.to_string() }).to_string();
        let mut response = body.with_content_type("application/json").with_status(self.status()).into_response();
        let headers = response.headers_mut();
        let mut challenge = |text: &str| {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.append(header::WWW_AUTHENTICATE, value);
            }
        };
        match self {
            Self::Anonymous | Self::Credential(_) => {
                challenge("Token");
                challenge("Bearer realm=\"api\"");
            }
            Self::Bearer => challenge(
                "Bearer realm=\"api\", error=\"invalid_token\", \
                 error_description=\"The access token is unknown, expired or revoked\"",
            ),
            Self::Scope(scope) => {
                challenge(&format!("Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"{scope}\""));
            }
            Self::NotHeld(NotHeld::Db(_)) | Self::Csrf(_) | Self::Right | Self::Busy | Self::Db(_) => {}
            Self::NotHeld(not_held) => challenge(&not_held.challenge("api")),
            // "insufficient_user_authentication: The authentication event associated with the access token presented with
            // the request does not meet the authentication requirements of the protected resource."
            Self::Login { max_age } => challenge(&format!(
                "Bearer realm=\"api\", error=\"insufficient_user_authentication\", \
                 error_description=\"A more recent login is required\", max_age=\"{max_age}\""
            )),
        }
        response
    }
}
