//! Creating one object, or where a resource takes lists, many at once: all or none.

use std::fmt;

use poem::{IntoResponse, Request, RequestBody, Response, http::StatusCode};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, types::Type};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{self, MAX_ITEMS},
    crud::Resource,
    error::{ApiError, invalid_object},
    json,
    registry::{MetaRequest, MetaResponses, Registry},
    schema::not_a_dictionary,
};

/// What is to be created.
pub(super) struct Sent<R: Resource> {
    pub(super) objects: Vec<R::Write>,
    /// Whether it was sent as a list, and is answered as one.
    pub(super) is_list: bool,
}

impl<R: Resource> fmt::Debug for Sent<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("objects", &self.objects.len()).finish_non_exhaustive()
    }
}

impl<'a, R: Resource> ApiExtractor<'a> for Sent<R> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        R::Write::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(body::request_meta(&R::Write::schema_ref()))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        match body::value(request, body).await? {
            Value::Array(rows) if R::LISTS => Ok(Self { objects: read::<R>(request, rows).await?, is_list: true }),
            Value::Object(object) => {
                let object = body::parse(request, object, false).await?;
                Ok(Self { objects: vec![object], is_list: false })
            }
            other => Err(invalid_object(not_a_dictionary(&other)).into()),
        }
    }
}

async fn read<R: Resource>(request: &Request, rows: Vec<Value>) -> Result<Vec<R::Write>, ApiError> {
    if rows.is_empty() || rows.len() > MAX_ITEMS {
        return Err(invalid_object(format!("Between 1 and {MAX_ITEMS} objects may be created at once")));
    }
    let mut objects = Vec::with_capacity(rows.len());
    let mut errors = vec![fine(); rows.len()];
    for (row, error) in rows.into_iter().zip(&mut errors) {
        let parsed = match row {
            Value::Object(object) => body::parse(request, object, false).await,
            other => Err(invalid_object(not_a_dictionary(&other))),
        };
        match parsed {
            Ok(object) => objects.push(object),
            Err(ApiError::Invalid(fields)) => *error = fields.into_value(),
            Err(other) => return Err(other),
        }
    }
    if errors.iter().all(|error| *error == fine()) { Ok(objects) } else { Err(ApiError::Several(errors)) }
}

/// What stands in the place of an object with which nothing is wrong.
fn fine() -> Value {
    json!([])
}

/// What is wrong with one of a list, at its place.
pub(super) fn placed(error: ApiError, at: usize, of: usize) -> ApiError {
    match error {
        ApiError::Invalid(fields) => {
            let mut errors = vec![fine(); of];
            if let Some(error) = errors.get_mut(at) {
                *error = fields.into_value();
            }
            ApiError::Several(errors)
        }
        other => other,
    }
}

/// 201 with what was made, in the shape in which it was sent.
#[derive(Debug)]
pub(super) enum Made<T> {
    /// An object.
    One(T),
    /// A list.
    List(Vec<T>),
}

impl<T: Serialize + Send> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        match self {
            Self::One(made) => json::body(StatusCode::CREATED, &made),
            Self::List(made) => json::body(StatusCode::CREATED, &made),
        }
    }
}

impl<T: Type> ApiResponse for Made<T> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![json::described(201, "", T::schema_ref())] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
