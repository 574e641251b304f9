//! Request bodies: JSON, forms and multipart, read under a limit, validated by the type's schema.

use super::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem::{Body as HttpBody, Request, RequestBody, error::ReadBodyError, http::StatusCode, web::Multipart};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, types::ParseFromJSON};
use sea_orm::{
    ConnectionTrait, DbErr, Statement,
    sea_query::{Alias, Expr, Query},
};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    error::{ApiError, Fields, invalid, invalid_object, no_such_pk, unsupported},
    field::Upload,
    schema::{Reference, Shape, Source, not_a_dictionary},
};
use crate::ctx::Ctx;

/// A JSON or form body may be this large.
pub(super) const LIMIT: usize = 1024 * 1024;
/// A multipart body, which may carry files.
const MULTIPART_LIMIT: usize = 10 * 1024 * 1024;
/// A bulk operation may name this many objects.
pub(super) const MAX_ITEMS: usize = 1000;

/// A whole object, for POST and PUT.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// Some fields of an object, for PATCH: what is absent stays, null clears.
#[derive(Debug, Clone)]
pub struct Patched<T>(pub T);

const CONTENT_TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

pub(super) fn request_meta(schema: &MetaSchemaRef) -> MetaRequest {
    let content = |content_type| MetaMediaType { content_type, schema: schema.clone() };
    MetaRequest { description: None, content: CONTENT_TYPES.map(content).into(), required: true }
}

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(request_meta(&T::schema_ref()))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(parse(request, object(request, body).await?, false).await?))
    }
}

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Patched<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    /// The same object with nothing required.
    fn register(registry: &mut Registry) {
        T::register(registry);
        if let MetaSchemaRef::Reference(name) = T::schema_ref()
            && let Some(mut schema) = registry.schemas.get(&name).cloned()
        {
            schema.required.clear();
            schema.rust_typename = None;
            schema.title = Some(format!("Patched{name}"));
            registry.schemas.insert(format!("Patched{name}"), schema);
        }
    }

    fn request_meta() -> Option<MetaRequest> {
        let schema = match T::schema_ref() {
            MetaSchemaRef::Reference(name) => MetaSchemaRef::Reference(format!("Patched{name}")),
            inline @ MetaSchemaRef::Inline(_) => inline,
        };
        Some(request_meta(&schema))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(parse(request, object(request, body).await?, true).await?))
    }
}

/// One change of many objects: their primary keys in `items`, and the fields that change.
#[derive(Debug, Clone)]
pub struct Bulk<T> {
    /// Which objects.
    pub items: Vec<i32>,
    /// What changes.
    pub change: T,
}

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Bulk<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    /// The object with nothing required but `items`.
    fn register(registry: &mut Registry) {
        T::register(registry);
        if let MetaSchemaRef::Reference(name) = T::schema_ref()
            && let Some(mut schema) = registry.schemas.get(&name).cloned()
        {
            schema.properties.insert(0, ("items", keys_schema()));
            schema.required = vec!["items"];
            schema.rust_typename = None;
            schema.title = Some(format!("Bulk{name}"));
            registry.schemas.insert(format!("Bulk{name}"), schema);
        }
    }

    fn request_meta() -> Option<MetaRequest> {
        let schema = match T::schema_ref() {
            MetaSchemaRef::Reference(name) => MetaSchemaRef::Reference(format!("Bulk{name}")),
            inline @ MetaSchemaRef::Inline(_) => inline,
        };
        Some(request_meta(&schema))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let mut input = object(request, body).await?;
        let items = items(&mut input)?;
        Ok(Self { items, change: parse(request, input, true).await? })
    }
}

/// The objects of a bulk operation, each once.
fn items(input: &mut Map<String, Value>) -> Result<Vec<i32>, ApiError> {
    let items = match input.remove("items") {
        None | Some(Value::Null) => return Err(bulk_error("List of items must be provided for bulk operation")),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(bulk_error("Items must be provided as a list")),
    };
    if items.len() > MAX_ITEMS {
        return Err(bulk_error(&format!("No more than {MAX_ITEMS} items may be changed at once")));
    }
    let key = |item: &Value| item.as_i64().and_then(|pk| i32::try_from(pk).ok());
    let mut keys = Vec::with_capacity(items.len());
    for item in &items {
        let pk = key(item).ok_or_else(|| invalid("items", no_such_pk(item)))?;
        if !keys.contains(&pk) {
            keys.push(pk);
        }
    }
    if keys.is_empty() {
        return Err(bulk_error("No items match the provided criteria"));
    }
    Ok(keys)
}

/// The objects that are deleted together: their primary keys in `items`.
#[derive(Debug, Clone)]
pub struct Doomed(pub Vec<i32>);

impl<'a> ApiExtractor<'a> for Doomed {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let schema = MetaSchema {
            properties: vec![("items", keys_schema())],
            required: vec!["items"],
            ..MetaSchema::new("object")
        };
        registry.schemas.insert("BulkRequest".to_owned(), schema);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(request_meta(&MetaSchemaRef::Reference("BulkRequest".to_owned())))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let mut input = object(request, body).await?;
        Ok(Self(items(&mut input)?))
    }
}

fn keys_schema() -> MetaSchemaRef {
    let key = MetaSchemaRef::Inline(Box::new(MetaSchema::new("integer")));
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        items: Some(Box::new(key)),
        description: Some("Primary keys of the objects"),
        ..MetaSchema::new("array")
    }))
}

/// InvenTree words these errors as texts, not lists.
fn bulk_error(message: &str) -> ApiError {
    let mut fields = Fields::new();
    fields.nest("non_field_errors", message.into());
    ApiError::Invalid(fields)
}

/// Validates an object and reads it.
pub async fn parse<T: ParseFromJSON + 'static>(
    request: &Request,
    input: Map<String, Value>,
    partial: bool,
) -> Result<T, ApiError> {
    let is_json = kind(request) == "application/json";
    let mut cleaned = Shape::of::<T>().clean(input, partial, if is_json { Source::Json } else { Source::Form });
    if let Some(ctx) = request.data::<Ctx>() {
        for Reference { field, table, pk } in &cleaned.references {
            if !exists(ctx.db.reader(), table, *pk).await? {
                cleaned.errors.add(field, no_such_pk(pk));
            }
        }
    }
    cleaned.errors.into_result()?;
    T::parse_from_json(Some(Value::Object(cleaned.values))).map_err(|error| invalid_object(error.into_message()))
}

/// Whether a table has a row with this `id`; a table that does not exist has none.
pub async fn exists(db: &impl ConnectionTrait, table: &str, pk: i32) -> Result<bool, DbErr> {
    if table.is_empty() {
        return Ok(false);
    }
    let column = Expr::col("id");
    let mut query = Query::select();
    query.expr(Expr::val(1)).from(Alias::new(table)).and_where(sea_orm::sea_query::ExprTrait::eq(column, pk));
    let statement: Statement = db.get_database_backend().build(&query);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// The content type without its parameters.
fn kind(request: &Request) -> String {
    let content_type = request.content_type().unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The object in a body, whatever its content type. No body is an empty object.
pub async fn object(request: &Request, body: &mut RequestBody) -> poem::Result<Map<String, Value>> {
    match value(request, body).await? {
        Value::Object(object) => Ok(object),
        other => Err(invalid_object(not_a_dictionary(&other)).into()),
    }
}

/// The value in a body, whatever its content type. No body is an empty object.
pub async fn value(request: &Request, body: &mut RequestBody) -> poem::Result<Value> {
    let kind = kind(request);
    let limit = if kind == "multipart/form-data" { MULTIPART_LIMIT } else { LIMIT };
    let bytes = match body.take()?.into_bytes_limit(limit).await {
        Ok(bytes) => bytes,
        Err(ReadBodyError::PayloadTooLarge) => {
            let message = format!("The request is larger than {limit} bytes.");
            return Err(ApiError::Other(StatusCode::PAYLOAD_TOO_LARGE, message).into());
        }
        Err(_) => return Err(ApiError::Malformed("The request body was not received.".into()).into()),
    };
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match kind.as_str() {
        "application/json" => json(&bytes).map_err(Into::into),
        "application/x-www-form-urlencoded" => {
            let pairs = super::list::decode(&bytes).map_err(ApiError::Malformed)?;
            Ok(Value::Object(gather(pairs.into_iter().map(|(name, value)| (name, Value::String(value))))))
        }
        "multipart/form-data" => multipart(request, bytes.to_vec()).await,
        _ => {
            let message = unsupported(request.content_type().unwrap_or_default());
            let message = message.get("detail").and_then(Value::as_str).unwrap_or_default().to_owned();
            Err(ApiError::Other(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into())
        }
    }
}

/// Reads JSON; a key given twice is refused, since two readers of one text must not see two objects.
fn json(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice::<Strict>(bytes)
        .map(|strict| strict.0)
        .map_err(|error| ApiError::Malformed(format!("JSON parse error - {error}")))
}

/// A form field given several times is a list.
fn gather(pairs: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs {
        match object.get_mut(&name) {
            None => _ = object.insert(name, value),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    object
}

async fn multipart(request: &Request, bytes: Vec<u8>) -> poem::Result<Value> {
    let malformed =
        |error: String| poem::Error::from(ApiError::Malformed(format!("Multipart form parse error - {error}")));
    let mut body = RequestBody::new(HttpBody::from_vec(bytes));
    let mut form = <Multipart as poem::FromRequest>::from_request(request, &mut body)
        .await
        .map_err(|error| malformed(error.to_string()))?;
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| malformed(error.to_string()))? {
        let Some(name) = field.name().map(str::to_owned) else { continue };
        let value = if let Some(file) = field.file_name().map(str::to_owned) {
            // Where text belongs, the schema refuses it.
            let bytes = field.bytes().await.map_err(|error| malformed(error.to_string()))?;
            if file.is_empty() && bytes.is_empty() {
                // What a browser sends for a file that was not chosen.
                continue;
            }
            Upload::travelling(file, &bytes)
        } else {
            let bytes = field.bytes().await.map_err(|error| malformed(error.to_string()))?;
            Value::String(String::from_utf8(bytes).map_err(|_| invalid(&name, "Not a valid string."))?)
        };
        pairs.push((name, value));
    }
    Ok(Value::Object(gather(pairs.into_iter())))
}

/// A JSON value without repeated keys.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom("the same key appears twice"));
            }
            object.insert(key, entries.next_value::<Strict>()?.0);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_and_a_deep_nest_are_refused() {
        assert!(json(br#"{"a": 1, "a": 2}"#).is_err());
        assert!(json(br#"{"a": [{"b": 1, "b": 1}]}"#).is_err());
        assert!(json("[".repeat(100_000).as_bytes()).is_err());
        assert_eq!(json(br#"{"b": [1, 2.5, null], "a": "x"}"#).unwrap().to_string(), r#"{"b":[1,2.5,null],"a":"x"}"#);
    }
}
