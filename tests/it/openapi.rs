//! The document: as it is, and as it must be whatever is in it.

use std::collections::BTreeSet;

use serde_json::Value;
use stockade::scope::Scope;

use crate::support::{App, actors::Actor};

async fn document() -> Value {
    Actor::anonymous().get(&App::sqlite().await, "/api/schema/").await.json()
}

#[tokio::test]
async fn the_document_is_this() {
    insta::assert_json_snapshot!(document().await);
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_a_trailing_slash() {
    let document = document().await;
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        assert!(path.ends_with('/') || path == "/version-text", "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name.to_owned()), "{name} twice");
        }
    }
}

#[tokio::test]
async fn scopes_stand_on_oauth2_alone_and_all_are_described() {
    let document = document().await;
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    assert_eq!(
        (flow["authorizationUrl"].as_str(), flow["tokenUrl"].as_str()),
        (Some("/o/authorize/"), Some("/o/token/"))
    );
    for scope in Scope::all() {
        assert_eq!(flow["scopes"][scope.to_string()].as_str(), Some(scope.describe().as_str()));
    }
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            for requirement in operation.get("security").and_then(Value::as_array).into_iter().flatten() {
                for (scheme, scopes) in requirement.as_object().unwrap() {
                    assert_eq!(scheme == "oauth2", !scopes.as_array().unwrap().is_empty(), "{operation}");
                }
            }
        }
    }
}

fn walk(document: &Value, value: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                let found = document.pointer(reference.strip_prefix('#').unwrap());
                assert!(found.is_some(), "{reference}");
            }
            let format = map.get("format").and_then(Value::as_str).unwrap_or_default();
            assert!(!format.starts_with("naive"), "{value}");
            map.values().for_each(|value| walk(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_no_format_is_rusts_own() {
    let document = document().await;
    walk(&document, &document);
}
