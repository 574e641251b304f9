//! Errors in Django REST's words, and the one place where everybody's errors become them.

use super::registry::{MetaResponses, Registry};
use poem::{
    IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ResponseError},
    http::StatusCode,
};
use poem_openapi::{
    ApiResponse,
    error::{ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError},
};
use sea_orm::DbErr;
use serde_json::{Map, Value, json};

use crate::{
    access::Refused,
    db::{Violation, violation},
};

/// What is wrong with each field: `{"name": ["This field is required."]}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message to a field.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        let messages = self.0.entry(field).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(messages) = messages {
            messages.push(Value::String(message.into()));
        }
    }

    /// Puts the errors of a nested object, or list, under its field.
    pub fn nest(&mut self, field: &str, errors: Value) {
        self.0.insert(field.to_owned(), errors);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong with a field.
    pub fn contains(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// `Err` if something is wrong.
    pub fn into_result(self) -> Result<(), ApiError> {
        if self.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self)) }
    }

    /// As JSON.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// What was sent is not acceptable.
    #[error("invalid input")]
    Invalid(Fields),
    /// What is wrong with each object of a list: an empty list where nothing is.
    #[error("invalid input")]
    Several(Vec<Value>),
    /// What was sent cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// There is no such object; with what InvenTree calls its kind.
    #[error("No {0} matches the given query.")]
    NotFound(&'static str),
    /// There is no such operation.
    #[error("API endpoint not found")]
    NoEndpoint,
    /// As the guard refuses.
    #[error(transparent)]
    Refused(Refused),
    /// Not for this caller, beyond what the guard decides.
    #[error("You do not have permission to perform this action.")]
    Denied,
    /// Any other refusal, with its status.
    #[error("{1}")]
    Other(StatusCode, String),
    /// A refusal in a shape of its own.
    #[error("refused")]
    Said(StatusCode, Value),
    /// The database failed.
    #[error("A server error occurred.")]
    Db(DbErr),
    /// Something else of ours failed; the text is for the log.
    #[error("A server error occurred.")]
    Failed(String),
}

/// There is no such object.
pub fn not_found(kind: &'static str) -> ApiError {
    ApiError::NotFound(kind)
}

/// One thing is wrong with one field.
pub fn invalid(field: &str, message: impl Into<String>) -> ApiError {
    let mut fields = Fields::new();
    fields.add(field, message);
    ApiError::Invalid(fields)
}

/// Something is wrong with the object as a whole.
pub fn invalid_object(message: impl Into<String>) -> ApiError {
    invalid("non_field_errors", message)
}

/// The text for a reference to nothing.
pub fn no_such_pk(pk: impl std::fmt::Display) -> String {
    format!("Invalid pk \"{pk}\" - object does not exist.")
}

/// Constraint violations are the client's doing; every other database error is ours.
impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        match violation(&error) {
            Some(Violation::Unique(columns)) => {
                let fields: Vec<String> = columns.into_iter().map(field).collect();
                match fields.as_slice() {
                    [field] => invalid(field, "This field must be unique."),
                    fields => invalid_object(format!("The fields {} must make a unique set.", fields.join(", "))),
                }
            }
            Some(Violation::ForeignKey) => {
                invalid_object("A referenced object does not exist, or other objects refer to this one.")
            }
            None => Self::Db(error),
        }
    }
}

/// Columns are lower-case; InvenTree's abbreviations are not.
fn field(column: String) -> String {
    if ["ipn", "mpn", "sku"].contains(&column.as_str()) { column.to_uppercase() } else { column }
}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Several(_) | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) | Self::NoEndpoint => StatusCode::NOT_FOUND,
            Self::Refused(refused) => refused.status(),
            Self::Denied => StatusCode::FORBIDDEN,
            Self::Other(status, _) | Self::Said(status, _) => *status,
            Self::Db(_) | Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        match self {
            Self::Invalid(fields) => respond(self.status(), &Value::Object(fields.0.clone())),
            Self::Several(errors) => respond(self.status(), &Value::Array(errors.clone())),
            Self::Said(status, body) => respond(*status, body),
            Self::Refused(refused) => refused.as_response(),
            error => respond(self.status(), &json!({ "detail": error.to_string() })),
        }
    }
}

/// Lets an operation return `Result<_, ApiError>`; the guard documents the refusals that every operation shares.
impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        MetaResponses { responses: Vec::new() }
    }

    fn register(_registry: &mut Registry) {}
}

fn respond(status: StatusCode, body: &Value) -> Response {
    body.to_string().with_content_type("application/json").with_status(status).into_response()
}

/// Any error, ours or the framework's, as the client sees it. `url` is the absolute address that was asked for.
pub(super) fn response(error: poem::Error, method: &poem::http::Method, url: &str) -> Response {
    if error.is::<Refused>() {
        return error.into_response();
    }
    if let Some(ApiError::Db(cause)) = error.downcast_ref() {
        tracing::error!(error = %cause, %method, url, "the database failed");
        return server_error(url);
    }
    if let Some(ApiError::Failed(cause)) = error.downcast_ref() {
        tracing::error!(cause, %method, url, "an operation failed");
        return server_error(url);
    }
    if error.is::<NotFoundError>()
        || error.is::<ParsePathError>()
        || matches!(error.downcast_ref(), Some(ApiError::NoEndpoint))
    {
        return respond(StatusCode::NOT_FOUND, &json!({ "detail": "API endpoint not found", "url": url }));
    }
    if error.is::<ApiError>() {
        return error.into_response();
    }
    if error.is::<MethodNotAllowedError>() {
        return respond(StatusCode::METHOD_NOT_ALLOWED, &not_allowed(method));
    }
    if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
        let mut fields = Fields::new();
        fields.add(name, plain(reason));
        return respond(StatusCode::BAD_REQUEST, &fields.into_value());
    }
    if let Some(ParseRequestPayloadError { reason }) = error.downcast_ref() {
        return respond(StatusCode::BAD_REQUEST, &json!({ "detail": plain(reason) }));
    }
    if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        let sent = match error {
            ContentTypeError::NotSupported { content_type } => content_type.as_str(),
            ContentTypeError::ExpectContentType => "",
        };
        return respond(StatusCode::UNSUPPORTED_MEDIA_TYPE, &unsupported(sent));
    }
    let status = error.status();
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%error, %method, url, "an operation failed");
        return server_error(url);
    }
    if error.is_from_response() {
        return error.into_response();
    }
    respond(status, &json!({ "detail": error.to_string() }))
}

/// The body of a 405.
pub(super) fn not_allowed(method: &poem::http::Method) -> Value {
    json!({ "detail": format!("Method \"{method}\" not allowed.") })
}

/// The body of a 415.
pub(super) fn unsupported(content_type: &str) -> Value {
    json!({ "detail": format!("Unsupported media type \"{content_type}\" in request.") })
}

fn server_error(url: &str) -> Response {
    let body = json!({
        "error": "Server error",
        "detail": "Error details can be found in the server's log",
        "path": url,
        "status_code": 500,
    });
    respond(StatusCode::INTERNAL_SERVER_ERROR, &body)
}

/// A framework's message without the Rust type that it may name.
fn plain(reason: &str) -> String {
    if reason.starts_with("failed to parse") {
        return "Enter a valid value.".to_owned();
    }
    reason.to_owned()
}
