//! `OPTIONS`: what may be done at a path and with which fields, from the same declarations that drive validation
//! (`InvenTree` generates its forms from this).

use std::collections::HashMap;

use super::registry::{MetaOperation, MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef, Registry};
use poem::http::Method;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json, value::RawValue};

use super::schema::resolve;
use crate::access::{Principal, Required};

/// The metadata of one path.
#[derive(Debug)]
pub(super) struct Metadata {
    /// What it is, in a few words.
    pub(super) name: String,
    /// What it is, in a sentence.
    pub(super) description: String,
    /// What can be done.
    pub(super) verbs: Vec<Verb>,
    /// What reading may be asked.
    pub(super) parameters: Vec<Parameter>,
    /// Of the root: every address where something is read without naming one.
    pub(super) places: Vec<String>,
    /// The fields of what is written and read: an object. As text, since there are hundreds of paths.
    fields: Box<RawValue>,
}

/// One method of a path.
#[derive(Debug)]
pub(super) struct Verb {
    /// Its name.
    pub(super) method: Method,
    /// What it needs; nothing where it is public.
    pub(super) required: Option<Required>,
    /// Whether it takes a body.
    pub(super) has_body: bool,
}

/// One query parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: String,
    /// Its type: `integer`, `string`, ..., or the format of a string.
    pub(super) kind: &'static str,
    /// What it may be, where that is a fixed set.
    pub(super) choices: Vec<String>,
}

/// What a caller may do at a path.
#[derive(Debug, Serialize)]
pub(super) struct Described<'a> {
    name: &'a str,
    description: &'a str,
    renders: [&'static str; 1],
    parses: [&'static str; 3],
    #[serde(serialize_with = "as_map")]
    actions: Vec<(&'a str, &'a RawValue)>,
}

fn as_map<S: Serializer>(actions: &Vec<(&str, &RawValue)>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(actions.iter().copied())
}

impl Verb {
    fn of(operation: &MetaOperation, needs: &HashMap<Method, Required>) -> Self {
        let method = operation.method.clone();
        Self { required: needs.get(&method).cloned(), has_body: operation.request.is_some(), method }
    }

    /// Whether a caller may.
    pub(super) fn is_open_to(&self, caller: Option<&Principal>) -> bool {
        match (&self.required, caller) {
            (None, _) => true,
            (Some(required), Some(caller)) => required.check(caller).is_ok(),
            (Some(_), None) => false,
        }
    }
}

impl Parameter {
    fn of(parameter: &MetaOperationParam, registry: &Registry) -> Option<Self> {
        let schema = resolve(&registry.schemas, &parameter.schema)?;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let kind = schema.format.filter(|_| schema.ty == "string").unwrap_or(schema.ty);
        Some(Self { name: parameter.name.clone(), kind, choices: schema.enum_items.iter().map(text).collect() })
    }
}

impl Metadata {
    /// Collects it from the path's operations.
    pub(super) fn new(
        path: &str,
        operations: &[MetaOperation],
        needs: &HashMap<Method, Required>,
        registry: &Registry,
    ) -> Self {
        let of = |method: Method| operations.iter().find(|operation| operation.method == method);
        let (get, post, put) = (of(Method::GET), of(Method::POST), of(Method::PUT).or(of(Method::PATCH)));
        let reading = [post, put, get].into_iter().flatten().find_map(|operation| answer(operation, registry));
        let writing = [post, put].into_iter().flatten().find_map(|operation| {
            let content = operation.request.as_ref()?.content.first()?;
            resolve(&registry.schemas, &content.schema)
        });
        let order = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let asked = get.into_iter().flat_map(|operation| &operation.params);
        let asked = asked.filter(|parameter| parameter.in_type == MetaParamIn::Query);
        let first = operations.first();
        Self {
            name: first.and_then(|o| o.summary).map_or(path, |text| text.trim_end_matches('.')).to_owned(),
            description: first.and_then(|o| o.description.or(o.summary)).unwrap_or_default().to_owned(),
            verbs: order.into_iter().filter_map(of).map(|operation| Verb::of(operation, needs)).collect(),
            places: Vec::new(),
            parameters: asked.filter_map(|parameter| Parameter::of(parameter, registry)).collect(),
            fields: serde_json::value::to_raw_value(&fields(reading, writing, registry)).unwrap_or_default(),
        }
    }

    /// As one caller sees it: without the actions that they may not take.
    pub(super) fn describe(&self, caller: Option<&Principal>) -> Described<'_> {
        let may = self.verbs.iter().filter(|verb| verb.is_open_to(caller)).map(|verb| verb.method.as_str());
        let nothing: &RawValue = serde_json::from_str("{}").unwrap_or(RawValue::NULL);
        let mut actions: Vec<(&str, &RawValue)> = Vec::new();
        for method in may {
            // Django REST knows only PUT here.
            let name = if method == "PATCH" { "PUT" } else { method };
            if !actions.iter().any(|(other, _)| *other == name) {
                actions.push((name, if method == "DELETE" { nothing } else { &self.fields }));
            }
        }
        Described {
            name: &self.name,
            description: &self.description,
            renders: ["application/json"],
            parses: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
            actions,
        }
    }

    /// The fields, by their names.
    pub(super) fn fields(&self) -> Map<String, Value> {
        serde_json::from_str(self.fields.get()).unwrap_or_default()
    }
}

/// The object that an operation answers with; of a list, the objects in it.
fn answer<'a>(operation: &'a MetaOperation, registry: &'a Registry) -> Option<&'a MetaSchema> {
    let success = operation.responses.responses.iter().find(|r| matches!(r.status, Some(200 | 201)))?;
    let mut schema = resolve(&registry.schemas, &success.content.first()?.schema)?;
    if let Some((_, results)) = schema.properties.iter().find(|(name, _)| *name == "results") {
        schema = resolve(&registry.schemas, results)?;
    }
    while let Some(items) = &schema.items {
        schema = resolve(&registry.schemas, items)?;
    }
    Some(schema)
}

fn fields(reading: Option<&MetaSchema>, writing: Option<&MetaSchema>, registry: &Registry) -> Value {
    let none = MetaSchema::ANY;
    let (reading, writing) = (reading.unwrap_or(&none), writing.unwrap_or(&none));
    let mut fields = Map::new();
    let written = |name: &str| writing.properties.iter().find(|(other, _)| *other == name).map(|(_, schema)| schema);
    for (name, schema) in &reading.properties {
        let (schema, read_only) = written(name).map_or((schema, true), |schema| (schema, false));
        fields.insert((*name).to_owned(), field(name, schema, read_only, writing, registry));
    }
    for (name, schema) in &writing.properties {
        if !fields.contains_key(*name) {
            let mut described = field(name, schema, false, writing, registry);
            if let Value::Object(described) = &mut described {
                described.insert("write_only".to_owned(), Value::Bool(true));
            }
            fields.insert((*name).to_owned(), described);
        }
    }
    Value::Object(fields)
}

fn field(name: &str, schema_ref: &MetaSchemaRef, read_only: bool, writing: &MetaSchema, registry: &Registry) -> Value {
    let inline = match schema_ref {
        MetaSchemaRef::Inline(schema) => Some(&**schema),
        MetaSchemaRef::Reference(_) => None,
    };
    let Some(schema) = resolve(&registry.schemas, schema_ref) else { return json!({}) };
    let kind = match (schema.ty, schema.format) {
        ("integer", Some("pk")) => "related field",
        ("integer", _) => "integer",
        ("number", Some("decimal")) => "decimal",
        ("number", _) => "float",
        ("boolean", _) => "boolean",
        ("string", Some("date")) => "date",
        ("string", Some("date-time")) => "datetime",
        ("string", Some("uri")) => "url",
        ("string", Some("email")) => "email",
        ("string", _) if !schema.enum_items.is_empty() => "choice",
        ("string", _) => "string",
        ("array", _) => "list",
        ("object", _) => "nested object",
        _ => "field",
    };
    let mut out = Map::new();
    let mut set = |key: &str, value: Value| _ = out.insert(key.to_owned(), value);
    set("type", kind.into());
    set("required", (!read_only && writing.required.contains(&name)).into());
    set("read_only", read_only.into());
    set("label", label(name).into());
    set("help_text", inline.and_then(|s| s.description).or(schema.description).unwrap_or_default().trim().into());
    set("allow_null", (schema.nullable || inline.is_some_and(|schema| schema.nullable)).into());
    if kind == "string" {
        set("allow_blank", schema.min_length.is_none_or(|min| min == 0).into());
    }
    if let Some(max) = schema.max_length {
        set("max_length", max.into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a bound of an integer field is an integer")]
    for (key, bound) in [("min_value", schema.minimum), ("max_value", schema.maximum)] {
        if let Some(bound) = bound {
            set(key, if kind == "integer" { json!(bound as i64) } else { json!(bound) });
        }
    }
    if let Some(default) = inline.and_then(|schema| schema.default.clone()) {
        set("default", default);
    }
    if !schema.enum_items.is_empty() {
        let choice = |value: &Value| json!({ "value": value, "display_name": value });
        set("choices", schema.enum_items.iter().map(choice).collect());
    }
    if let Some(docs) = schema.external_docs.as_ref().filter(|_| kind == "related field") {
        set("model", docs.description.clone().into());
        set("api_url", docs.url.clone().into());
        set("pk_field", "pk".into());
        set("filters", json!({}));
    }
    Value::Object(out)
}

/// `default_location` as people read it.
fn label(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}
