//! The authorization server over the API: `/api/oauth/...`, for superusers, by the same checks as the pages and the
//! command line. No answer holds a secret or a token, but the one that makes it.

mod applications;
mod grants;
mod initial_tokens;
mod keys;
mod sessions;
mod tokens;

use poem::http::StatusCode;
use poem_openapi::OpenApi;

use crate::{
    clock::Timestamp,
    oauth::application::Refused,
    rest::{ApiError, Asked, Fields, error::not_found},
    web::time,
};

/// Every operation under `/api/oauth`.
pub fn api() -> impl OpenApi + 'static {
    (
        Asked(applications::Applications),
        Asked(tokens::Tokens),
        Asked(grants::Grants),
        Asked(keys::Keys),
        Asked(initial_tokens::InitialTokens),
        Asked(sessions::Sessions),
    )
}

/// A time as the API writes it.
fn moment(at: Timestamp) -> String {
    time::iso(at)
}

/// A refusal in the words of the API.
fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::Invalid(errors) => {
            let mut fields = Fields::new();
            for (field, messages) in errors.iter() {
                for message in messages {
                    fields.add(field, message);
                }
            }
            ApiError::Invalid(fields)
        }
        Refused::Missing => not_found("Application"),
        Refused::Db(error) => error.into(),
        Refused::Default => ApiError::Other(StatusCode::FORBIDDEN, refused.to_string()),
        Refused::Changed => ApiError::Other(StatusCode::CONFLICT, refused.to_string()),
        Refused::Public => ApiError::Other(StatusCode::BAD_REQUEST, refused.to_string()),
    }
}
