//! A JSON answer written straight from the value. (poem-openapi's `Json` builds a tree of `serde_json::Value` first, which
//! for a list of parts costs more than reading them from the database.)

use super::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{ApiResponse, payload::Payload, types::Type};
use serde::Serialize;

/// A value as JSON, with exactly the content type that `InvenTree`'s client compares with.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

/// Serialises a value; one that cannot be is our fault, and is logged.
pub(super) fn body(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes.with_content_type("application/json").with_status(status).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer does not serialise");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        body(StatusCode::OK, &self.0)
    }
}

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        content_type.starts_with("application/json")
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The description of an answer with a JSON body.
pub(super) fn described(status: u16, description: &'static str, schema: MetaSchemaRef) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: "application/json", schema }],
        headers: Vec::new(),
    }
}

impl<T: Type> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![described(200, "", T::schema_ref())] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// 201 with what was made.
#[derive(Debug, Clone)]
pub struct Created<T>(pub T);

impl<T: Serialize + Send> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        body(StatusCode::CREATED, &self.0)
    }
}

impl<T: Type> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![described(201, "", T::schema_ref())] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// 204.
#[derive(Debug, Clone, Copy)]
pub struct Gone;

impl IntoResponse for Gone {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl ApiResponse for Gone {
    fn meta() -> MetaResponses {
        let mut response = described(204, "No response body", bool::schema_ref());
        response.content.clear();
        MetaResponses { responses: vec![response] }
    }

    fn register(_registry: &mut Registry) {}
}
