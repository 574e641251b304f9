//! What the page says of an address.

use askama::Template;
use poem::http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{
    Visit,
    json::{self, Links},
};
use crate::{
    accounts::login_url,
    rest::metadata::{Metadata, Parameter, Verb},
    web::Frame,
};

/// What says which part of a list is shown.
const PAGING: [&str; 2] = ["limit", "offset"];

/// The page.
#[derive(Debug, Template)]
#[template(path = "api/browse.html")]
pub(super) struct Sheet {
    frame: Frame,
    title: String,
    description: String,
    /// The way here: address and name of each step.
    crumbs: Vec<(String, String)>,
    path: String,
    method: Method,
    query: String,
    status: StatusCode,
    /// Each method with the look of its badge and what it needs.
    verbs: Vec<(&'static str, Method, String)>,
    /// Nothing where there is no content, or too much of it.
    json: Option<String>,
    bytes: usize,
    /// The answer without this page around it.
    raw: String,
    pages: Option<Pages>,
    asked: Vec<Asked>,
    /// Whether something is asked for, besides the page.
    is_asking: bool,
    forms: Vec<Form>,
    fields: Vec<Field>,
    /// At the root, what there is.
    places: Vec<String>,
    /// Where a stranger logs in and comes back.
    login: String,
}

/// Which part of a list this is.
#[derive(Debug)]
struct Pages {
    count: u64,
    previous: Option<String>,
    next: Option<String>,
}

/// A parameter with what was asked.
#[derive(Debug)]
struct Asked {
    name: String,
    /// Of the input.
    kind: &'static str,
    choices: Vec<String>,
    value: String,
}

/// A form that sends JSON.
#[derive(Debug)]
struct Form {
    /// What its buttons send.
    methods: Vec<Method>,
    /// What stands in it; nothing where no body is taken.
    content: Option<String>,
}

/// A field, as text.
#[derive(Debug)]
struct Field {
    name: String,
    kind: String,
    /// `required`, `read only`, ...
    marks: Vec<&'static str>,
    help: String,
    choices: String,
}

impl Sheet {
    pub(super) fn of(visit: Visit, status: StatusCode, answer: Option<&Value>, bytes: usize) -> Self {
        let Visit { frame, matched, method, path, query, sent } = visit;
        let metadata = matched.metadata();
        let fields = metadata.map(Metadata::fields).unwrap_or_default();
        let here = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let title = metadata.map_or_else(|| path.clone(), |metadata| title(&path, &metadata.name));
        // The name stands in the title.
        let said = metadata.filter(|metadata| metadata.description.trim_end_matches('.') != metadata.name);
        let description = said.map(|metadata| metadata.description.clone()).unwrap_or_default();
        let verbs = metadata.map(|metadata| metadata.verbs.as_slice()).unwrap_or_default();
        let asked = metadata.map(|metadata| asked(&metadata.parameters, &query)).unwrap_or_default();
        Self {
            title,
            description,
            crumbs: crumbs(&path),
            verbs: verbs.iter().map(|verb| (look(&verb.method), verb.method.clone(), needs(verb))).collect(),
            json: answer.map(|answer| json::html(answer, &links(&path, &fields, answer))),
            raw: format!("{path}?{}", with(&query, "format", "json")),
            pages: answer.and_then(Pages::of),
            is_asking: asked.iter().any(|asked| !asked.value.is_empty() && !PAGING.contains(&asked.name.as_str())),
            asked,
            forms: if status == StatusCode::UNAUTHORIZED {
                Vec::new()
            } else {
                forms(verbs, &fields, &method, answer, sent.filter(|_| !status.is_success()).as_deref())
            },
            fields: fields.iter().map(|(name, field)| Field::of(name, field)).collect(),
            places: metadata.map(|metadata| metadata.places.clone()).unwrap_or_default(),
            login: login_url(&here, None),
            frame,
            path,
            method,
            query,
            status,
            bytes,
        }
    }

    fn is_stranger(&self) -> bool {
        self.frame.person.is_none()
    }

    fn look(&self) -> &'static str {
        if self.status.is_success() { "ok" } else { "danger" }
    }
}

/// `Part category: list`, from the address and what is done there.
fn title(path: &str, name: &str) -> String {
    let words = path.split('/').skip(2).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    let Some(first) = letters.next() else { return name.to_owned() };
    format!("{}{}: {}", first.to_uppercase(), letters.as_str(), name.to_lowercase())
}

fn look(method: &Method) -> &'static str {
    match *method {
        Method::GET => "ok",
        Method::DELETE => "danger",
        _ => "info",
    }
}

fn crumbs(path: &str) -> Vec<(String, String)> {
    let mut way = String::from("/");
    let steps = path.split('/').filter(|step| !step.is_empty());
    let step = |step: &str| {
        way.push_str(step);
        way.push('/');
        (way.clone(), step.to_owned())
    };
    steps.map(step).collect()
}

fn with(query: &str, name: &str, value: &str) -> String {
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other != name);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish()
}

fn needs(verb: &Verb) -> String {
    let Some(required) = &verb.required else { return "public".to_owned() };
    let scopes = |set: Vec<crate::scope::Scope>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let sets: Vec<String> = required.alternatives().into_iter().map(scopes).collect();
    let recent = if required.asks_for_recent_login() { ", with a recent login" } else { "" };
    format!("{}{recent}", sets.join(" or "))
}

fn links(path: &str, fields: &Map<String, Value>, answer: &Value) -> Links {
    let place = |field: &Value| field.get("api_url").and_then(Value::as_str).map(str::to_owned);
    let related = fields.iter().filter_map(|(name, field)| Some((name.clone(), place(field)?))).collect();
    let is_list = answer.is_array() || answer.get("results").is_some();
    Links { related, own: is_list.then(|| path.to_owned()) }
}

impl Pages {
    fn of(answer: &Value) -> Option<Self> {
        let address = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        answer.get("results")?;
        let count = answer.get("count")?.as_u64()?;
        Some(Self { count, previous: address("previous"), next: address("next") })
    }
}

fn asked(parameters: &[Parameter], query: &str) -> Vec<Asked> {
    let value = |name: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other == name);
        pairs.last().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let asked = |parameter: &Parameter| {
        let (kind, choices) = match parameter.kind {
            "boolean" => ("select", vec!["true".to_owned(), "false".to_owned()]),
            _ if !parameter.choices.is_empty() => ("select", parameter.choices.clone()),
            "integer" => ("number", Vec::new()),
            "date" => ("date", Vec::new()),
            _ => ("text", Vec::new()),
        };
        Asked { name: parameter.name.clone(), kind, choices, value: value(&parameter.name) }
    };
    let mut all: Vec<Asked> = parameters.iter().map(asked).collect();
    // What people reach for first.
    let rank = |asked: &Asked| ["search", "ordering"].iter().chain(&PAGING).position(|name| *name == asked.name);
    all.sort_by_key(|asked| rank(asked).unwrap_or(usize::MAX));
    all
}

fn flag(field: &Value, name: &str) -> bool {
    field.get(name) == Some(&Value::Bool(true))
}

fn forms(
    verbs: &[Verb],
    fields: &Map<String, Value>,
    method: &Method,
    answer: Option<&Value>,
    sent: Option<&str>,
) -> Vec<Form> {
    let pretty = |object: &Map<String, Value>| serde_json::to_string_pretty(object).unwrap_or_default();
    let writable = || fields.iter().filter(|(_, field)| !flag(field, "read_only"));
    let blank = || pretty(&writable().filter(|(_, field)| flag(field, "required")).map(example).collect());
    let shown = answer.and_then(Value::as_object).filter(|shown| sent.is_none() && !shown.contains_key("results"));
    let current = || {
        let kept = |name: &String| shown.and_then(|shown| shown.get(name)).map(|value| (name.clone(), value.clone()));
        pretty(&writable().filter_map(|(name, _)| kept(name)).collect())
    };
    let groups: [(&[Method], &dyn Fn() -> String); 3] = [
        (&[Method::POST], &blank),
        (&[Method::PATCH, Method::PUT], &current),
        (&[Method::DELETE], &|| "{}".to_owned()),
    ];
    let form = |(group, content): (&[Method], &dyn Fn() -> String)| {
        let verbs: Vec<&Verb> = group.iter().filter_map(|m| verbs.iter().find(|verb| verb.method == *m)).collect();
        let sent = sent.filter(|_| group.contains(method)).map(str::to_owned);
        let content = verbs.iter().any(|verb| verb.has_body).then(|| sent.unwrap_or_else(content));
        let methods: Vec<Method> = verbs.into_iter().map(|verb| verb.method.clone()).collect();
        (!methods.is_empty()).then_some(Form { methods, content })
    };
    groups.into_iter().filter_map(form).collect()
}

/// A field with something that could stand in it.
fn example((name, field): (&String, &Value)) -> (String, Value) {
    let kind = field.get("type").and_then(Value::as_str).unwrap_or_default();
    let value = field.get("default").cloned().unwrap_or_else(|| match kind {
        "boolean" => Value::Bool(false),
        "list" => Value::Array(Vec::new()),
        "nested object" => Value::Object(Map::new()),
        "string" | "choice" | "url" | "email" => Value::from(""),
        _ => Value::Null,
    });
    (name.clone(), value)
}

impl Form {
    fn is_for(&self, method: &str) -> bool {
        self.methods.iter().any(|other| other.as_str() == method)
    }

    fn rows(&self) -> usize {
        self.content.as_ref().map_or(0, |content| content.lines().count().clamp(3, 24))
    }
}

impl Field {
    fn of(name: &str, field: &Value) -> Self {
        let text = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let marks = [
            ("required", "required"),
            ("read_only", "read only"),
            ("write_only", "write only"),
            ("allow_null", "nullable"),
        ];
        let choice = |choice: &Value| {
            let value = choice.get("value")?;
            Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let choices = field.get("choices").and_then(Value::as_array);
        let choices: Vec<String> = choices.into_iter().flatten().filter_map(choice).take(24).collect();
        Self {
            name: name.to_owned(),
            kind: text("type"),
            marks: marks.into_iter().filter(|(key, _)| flag(field, key)).map(|(_, mark)| mark).collect(),
            help: text("help_text"),
            choices: choices.join(", "),
        }
    }
}
