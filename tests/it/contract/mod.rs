//! The document against the one of `InvenTree`: every operation of the inventory with the same path, name, parameters and
//! fields. What differs stands in `differences.txt`, with its reason, and that list may only shrink: with
//! `CONTRACT_UPDATE=1` this test takes out of it what differs no more; nothing puts anything in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{App, actors::Actor};

const OPERATIONS: &str = include_str!("operations.txt");
const DIFFERENCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/differences.txt");

/// An operation, as far as the two documents are compared.
#[derive(Debug, Default)]
struct Operation {
    name: String,
    parameters: BTreeSet<String>,
    request: BTreeSet<String>,
    answer: BTreeSet<String>,
}

/// By method and path.
type Operations = BTreeMap<String, Operation>;

fn expected() -> Operations {
    let mut all = Operations::new();
    let mut last = String::new();
    for line in OPERATIONS.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let names = || words[1..].iter().map(|word| (*word).to_owned()).collect();
        match words[0] {
            "?" => all.get_mut(&last).unwrap().parameters = names(),
            ">" => all.get_mut(&last).unwrap().request = names(),
            "<" => all.get_mut(&last).unwrap().answer = names(),
            name => {
                last = format!("{} {}", words[1], words[2]);
                all.insert(last.clone(), Operation { name: name.to_owned(), ..Operation::default() });
            }
        }
    }
    all
}

/// The fields behind a schema: of a list those of what is in it.
fn fields(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut schema = schema;
    loop {
        if let Some(reference) = schema["$ref"].as_str() {
            schema = document.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        } else if let Some(first) = schema["allOf"].get(0) {
            schema = first;
        } else if schema["items"].is_object() {
            schema = &schema["items"];
        } else if schema["properties"]["results"].is_object() && schema["properties"]["count"].is_object() {
            schema = &schema["properties"]["results"];
        } else {
            break;
        }
    }
    schema["properties"].as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

fn unnamed(path: &str) -> String {
    path.split('/').map(|word| if word.starts_with('{') { "{}" } else { word }).collect::<Vec<_>>().join("/")
}

fn found(document: &Value) -> Operations {
    let mut all = Operations::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.filter(|parameter| parameter["in"] == "query");
            let answer = ["200", "201"].iter().find_map(|status| {
                let content = operation["responses"][status]["content"].as_object()?;
                content.values().next()
            });
            let request = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
            let of = |media: Option<&Value>| media.map(|media| fields(document, &media["schema"])).unwrap_or_default();
            let operation = Operation {
                name: operation["operationId"].as_str().unwrap().to_owned(),
                parameters: parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                request: of(request),
                answer: of(answer),
            };
            all.insert(format!("{} {}", method.to_uppercase(), unnamed(path)), operation);
        }
    }
    all
}

fn differences(document: &Value) -> BTreeSet<String> {
    let found = found(document);
    let mut all = BTreeSet::new();
    for (place, expected) in expected() {
        let name = &expected.name;
        let Some(found) = found.get(&place) else {
            all.insert(format!("{name}: missing"));
            continue;
        };
        if found.name != *name {
            all.insert(format!("{name}: called {}", found.name));
        }
        for (what, expected, found) in [
            ("parameter", &expected.parameters, &found.parameters),
            ("request", &expected.request, &found.request),
            ("answer", &expected.answer, &found.answer),
        ] {
            all.extend(expected.difference(found).map(|field| format!("{name}: {what} without {field}")));
            all.extend(found.difference(expected).map(|field| format!("{name}: {what} with {field}")));
        }
    }
    all
}

#[tokio::test]
async fn what_differs_from_inventrees_document_is_listed_with_its_reason_and_the_list_only_shrinks() {
    let document = Actor::anonymous().get(&App::sqlite().await, "/api/schema/").await.json();
    let differences = differences(&document);
    let list = std::fs::read_to_string(DIFFERENCES).unwrap();
    let is_reason = |line: &str| line.is_empty() || line.starts_with('#');
    let listed: BTreeSet<&str> = list.lines().filter(|line| !is_reason(line)).collect();
    let new: Vec<_> = differences.iter().filter(|line| !listed.contains(line.as_str())).collect();
    assert!(new.is_empty(), "differs from InvenTree, and is not listed: {new:#?}");
    if std::env::var_os("CONTRACT_UPDATE").is_some() {
        let kept = list.lines().filter(|line| is_reason(line) || differences.contains(*line));
        let kept = kept.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        std::fs::write(DIFFERENCES, kept).unwrap();
        return;
    }
    let gone: Vec<_> = listed.iter().filter(|line| !differences.contains(**line)).collect();
    assert!(gone.is_empty(), "differs no more; run this with CONTRACT_UPDATE=1: {gone:#?}");
}
