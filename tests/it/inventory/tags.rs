//! Tags: of parts, stock, locations, companies and what those sell and make.

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

    async fn whatever_has_tags_shows_them_when_asked_and_is_found_by_them(app: App) {
        let root = app.root().await;
        let part = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let company = json!({ "name": "Acme", "is_manufacturer": true, "tags": ["blue"] });
        let acme = root.make(&app, "/api/company/", company).await;
        let sold = json!({ "part": part, "supplier": acme, "SKU": "1", "tags": ["blue"] });
        let made = json!({ "part": part, "manufacturer": acme, "MPN": "1", "tags": ["blue"] });
        let lists = [
            ("/api/company/", acme),
            ("/api/company/part/", root.make(&app, "/api/company/part/", sold).await),
            ("/api/company/part/manufacturer/", root.make(&app, "/api/company/part/manufacturer/", made).await),
            ("/api/stock/location/", root.make(&app, "/api/stock/location/", json!({ "name": "L", "tags": ["blue"] })).await),
            ("/api/stock/", {
                let made = root.post(&app, "/api/stock/", json!({ "part": part, "quantity": 1, "tags": ["blue"] })).await.json();
                assert_eq!(made[0]["tags"], json!(["blue"]));
                made[0]["pk"].as_i64().unwrap()
            }),
        ];
        for (list, pk) in lists {
            let url = format!("{list}{pk}/");
            assert!(root.get(&app, &url).await.json().get("tags").is_none(), "{url}");
            assert_eq!(root.get(&app, &format!("{url}?tags=true")).await.json()["tags"], json!(["blue"]), "{url}");
            let found = root.get(&app, &format!("{list}?tag_name=Blue&tags=true")).await.json();
            assert_eq!((&found[0]["pk"], &found[0]["tags"]), (&json!(pk), &json!(["blue"])), "{list}");
            assert_eq!(root.get(&app, &format!("{list}?tag_name=red")).await.json(), json!([]), "{list}");
            assert_eq!(root.patch(&app, &url, json!({ "tags": ["red"] })).await.json()["tags"], json!(["red"]), "{url}");
        }
        for list in ["/api/stock/", "/api/company/part/", "/api/company/part/manufacturer/"] {
            for query in ["tags__name=red", "tags__slug=red"] {
                assert_eq!(root.get(&app, &format!("{list}?{query}")).await.json().as_array().unwrap().len(), 1, "{list}?{query}");
            }
        }
    }

    async fn tags_go_with_what_they_are_on_whichever_way_it_goes(app: App) {
        let root = app.root().await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let acme = root.make(&app, "/api/company/", json!({ "name": "Acme", "tags": ["a"] })).await;
        let part = root.make(&app, PARTS, json!({ "name": "P", "category": category, "active": false, "tags": ["a"] })).await;
        root.make(&app, "/api/company/part/", json!({ "part": part, "supplier": acme, "SKU": "1", "tags": ["a"] })).await;
        let left = || async {
            use sea_orm::{EntityTrait as _, PaginatorTrait as _};
            entities::common::tagged_item::Entity::find().count(app.ctx.db.reader()).await.unwrap()
        };
        assert_eq!(left().await, 3);
        // The supplier part goes by a foreign key, the part among those of its category.
        assert_eq!(root.delete(&app, &format!("/api/company/{acme}/"), json!({})).await.status, 204);
        assert_eq!(left().await, 1);
        let whole = json!({ "delete_parts": true, "delete_child_categories": true });
        assert_eq!(root.delete(&app, &format!("/api/part/category/{category}/"), whole).await.status, 204);
        assert_eq!(left().await, 0);
    }
}
