//! Tags of parts.

use poem::http::Method;
use serde_json::{Value, json};

use crate::support::both;

const PARTS: &str = "/api/part/";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn tags_are_a_set_without_letter_case(app: App) {
        let root = app.root().await;
        let answer = root.post(&app, PARTS, json!({ "name": "P", "tags": ["Blue", " blue ", "LED", "\u{c9}t\u{e9}"] })).await.json();
        assert_eq!(answer["tags"], json!(["Blue", "LED", "\u{c9}t\u{e9}"]));
        root.make(&app, PARTS, json!({ "name": "Q", "tags": ["BLUE", "\u{e9}T\u{c9}"] })).await;
        root.make(&app, PARTS, json!({ "name": "R" })).await;
        for (query, expected) in [
            ("tag_name=blue", vec!["P", "Q"]),
            ("tag_name=led", vec!["P"]),
            ("tag_name=%C3%A9T%C3%89", vec!["P", "Q"]),
            ("tag_name=e", vec![]),
            ("search=led", vec!["P"]),
        ] {
            assert_eq!(names(&root.get(&app, &format!("{PARTS}?{query}")).await.json()), expected, "{query}");
        }
        let url = format!("{PARTS}{}/", answer["pk"]);
        assert!(root.get(&app, &url).await.json().get("tags").is_none());
        assert_eq!(root.get(&app, &format!("{url}?tags=true")).await.json()["tags"].as_array().unwrap().len(), 3);
        assert_eq!(root.patch(&app, &url, json!({ "name": "P2" })).await.json()["tags"].as_array().unwrap().len(), 3);
        assert_eq!(root.patch(&app, &url, json!({ "tags": [] })).await.json()["tags"], json!([]));
    }

    async fn a_tag_that_is_none_is_refused_by_name(app: App) {
        let root = app.root().await;
        let long = "x".repeat(101);
        for (tags, error) in [
            (json!("x"), json!(["Expected a list of items but got type \"str\"."])),
            (json!([""]), json!(["This field may not be blank."])),
            (json!([long]), json!(["Ensure this field has no more than 100 characters."])),
            (json!([["x"]]), json!([["Not a valid string."]])),
        ] {
            let answer = root.post(&app, PARTS, json!({ "name": "P", "tags": tags })).await;
            assert_eq!(answer.pair(), (400, json!({ "tags": error })));
        }
    }

    async fn a_form_sends_tags_as_json_or_one_by_one(app: App) {
        let root = app.root().await;
        let send = |name: &'static str, tags: &'static [&'static str]| {
            let (root, app) = (&root, &app);
            async move {
                let fields: Vec<_> = std::iter::once(("name", name)).chain(tags.iter().map(|tag| ("tags", *tag))).collect();
                let answer = root.form(app, Method::POST, PARTS, &fields, &[]).await;
                assert_eq!(answer.status, 201, "{}", answer.text);
                answer.json()["tags"].clone()
            }
        };
        assert_eq!(send("A", &["[\"a\", \"b\"]"]).await, json!(["a", "b"]));
        assert_eq!(send("B", &["a", "b"]).await, json!(["a", "b"]));
        assert_eq!(send("C", &["a"]).await, json!(["a"]));
    }
}
