//! `/api/part/category/`.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const CATEGORIES: &str = "/api/part/category/";

async fn category(app: &App, root: &Actor, name: &str, parent: Option<i64>) -> i64 {
    root.make(app, CATEGORIES, json!({ "name": name, "parent": parent })).await
}

fn names(list: &Value) -> Vec<&str> {
    let rows = list.get("results").unwrap_or(list).as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn a_new_category_is_answered_whole(app: App) {
        let root = app.root().await;
        let answer = root.post(&app, CATEGORIES, json!({ "name": " Sample cat ", "description": "d", "pk": 99, "level": 7 })).await;
        assert_eq!(answer.pair(), (201, json!({
            "pk": 1, "name": "Sample cat", "description": "d", "default_location": null, "default_keywords": null,
            "level": 0, "parent": null, "part_count": 0, "subcategories": 0, "pathstring": "Sample cat",
            "path": [{ "pk": 1, "name": "Sample cat" }], "starred": false, "structural": false, "icon": "",
            "parent_default_location": null,
        })));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("allow"), "GET, POST, PUT, PATCH, HEAD, OPTIONS");
        assert_eq!(answer.header("x-inventree-api"), "534");
    }

    async fn a_list_is_depth_first_by_name_and_counts_parts_of_the_subtree(app: App) {
        let root = app.root().await;
        let b = category(&app, &root, "B", None).await;
        let a = category(&app, &root, "a b", None).await;
        let a1 = category(&app, &root, "x", Some(a)).await;
        category(&app, &root, "a", None).await;
        let deep = category(&app, &root, "deep", Some(a1)).await;
        root.make(&app, "/api/part/", json!({ "name": "p", "category": deep })).await;
        root.make(&app, "/api/part/", json!({ "name": "q", "category": a })).await;
        let list = root.get(&app, CATEGORIES).await.json();
        assert_eq!(names(&list), ["B", "a", "a b", "x", "deep"]);
        let counts: Vec<_> = list.as_array().unwrap().iter().map(|row| row["part_count"].as_i64().unwrap()).collect();
        assert_eq!(counts, [0, 0, 2, 1, 1]);
        for (query, expected) in [
            ("top_level=true", vec!["B", "a", "a b"]),
            (&*format!("parent={a}"), vec!["x"]),
            (&*format!("parent={a}&cascade=true"), vec!["x", "deep"]),
            ("depth=1", vec!["B", "a", "a b", "x"]),
            (&*format!("exclude_tree={a}"), vec!["B", "a"]),
            ("exclude_tree=999", vec!["B", "a", "a b", "x", "deep"]),
            ("search=B%20A", vec!["a b", "x", "deep"]),
            ("ordering=-part_count,name", vec!["a b", "deep", "x", "B", "a"]),
            ("name=x", vec!["x"]),
        ] {
            let list = root.get(&app, &format!("{CATEGORIES}?{query}")).await.json();
            let mut found = names(&list);
            let mut expected = expected;
            if query.starts_with("ordering") {
                // Which of two names is first is the database's language.
                found.sort_unstable();
                expected.sort_unstable();
            }
            assert_eq!(found, expected, "{query}");
        }
        for query in ["parent=999", "parent=null", "parent=x"] {
            let answer = root.get(&app, &format!("{CATEGORIES}?{query}")).await;
            assert_eq!(answer.pair(), (400, json!({
                "parent": ["Select a valid choice. That choice is not one of the available choices."],
            })));
        }
        let tree = root.get(&app, &format!("{CATEGORIES}tree/?limit=4")).await.json();
        assert_eq!(names(&tree), ["B", "a", "a b", "x"]);
        assert_eq!(tree["results"][3]["tree_id"], json!(a));
        assert_eq!(b, 1);
    }

    async fn a_new_name_or_place_is_carried_through_the_subtree(app: App) {
        let root = app.root().await;
        let a = category(&app, &root, "A", None).await;
        let b = category(&app, &root, "B%_", Some(a)).await;
        let c = category(&app, &root, "C", Some(b)).await;
        let d = category(&app, &root, "D", None).await;
        assert_eq!(root.patch(&app, &format!("{CATEGORIES}{a}/"), json!({ "name": "Alpha" })).await.status, 200);
        let read = root.get(&app, &format!("{CATEGORIES}{c}/?path_detail=true")).await.json();
        assert_eq!((&read["pathstring"], &read["level"]), (&json!("Alpha/B%_/C"), &json!(2)));
        assert_eq!(read["path"][1], json!({ "pk": b, "name": "B%_" }));
        assert_eq!(root.patch(&app, &format!("{CATEGORIES}{b}/"), json!({ "parent": d })).await.status, 200);
        let read = root.get(&app, &format!("{CATEGORIES}{c}/?path_detail=true")).await.json();
        assert_eq!((&read["pathstring"], &read["level"]), (&json!("D/B%_/C"), &json!(2)));
        assert_eq!(read["path"][0], json!({ "pk": d, "name": "D" }));
        assert_eq!(root.patch(&app, &format!("{CATEGORIES}{b}/"), json!({ "parent": null })).await.status, 200);
        let read = root.get(&app, &format!("{CATEGORIES}{c}/")).await.json();
        assert_eq!((&read["pathstring"], &read["level"]), (&json!("B%_/C"), &json!(1)));
        assert_eq!(names(&root.get(&app, CATEGORIES).await.json()), ["Alpha", "B%_", "C", "D"]);
    }

    async fn a_category_is_not_put_below_itself(app: App) {
        let root = app.root().await;
        let a = category(&app, &root, "A", None).await;
        let b = category(&app, &root, "B", Some(a)).await;
        for parent in [a, b] {
            let answer = root.patch(&app, &format!("{CATEGORIES}{a}/"), json!({ "parent": parent })).await;
            assert_eq!(answer.pair(), (400, json!({ "parent": ["Invalid choice"] })));
        }
    }

    async fn siblings_have_different_names(app: App) {
        let root = app.root().await;
        let duplicate = json!({ "non_field_errors": ["Duplicate names cannot exist under the same parent"] });
        let a = category(&app, &root, "A", None).await;
        category(&app, &root, "A", Some(a)).await;
        assert_eq!(root.post(&app, CATEGORIES, json!({ "name": "A" })).await.pair(), (400, duplicate.clone()));
        let b = category(&app, &root, "B", Some(a)).await;
        let answer = root.patch(&app, &format!("{CATEGORIES}{b}/"), json!({ "name": "A" })).await;
        assert_eq!(answer.pair(), (400, duplicate));
    }

    async fn of_two_creates_of_one_name_at_once_one_succeeds(app: App) {
        let root = app.root().await;
        for round in 0..10 {
            let body = json!({ "name": format!("same {round}") });
            let (a, b, c) = tokio::join!(
                root.post(&app, CATEGORIES, body.clone()),
                root.post(&app, CATEGORIES, body.clone()),
                root.post(&app, CATEGORIES, body)
            );
            let mut statuses = [a.status.as_u16(), b.status.as_u16(), c.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 400, 400]);
        }
    }

    async fn of_two_moves_that_would_close_a_cycle_one_succeeds(app: App) {
        let root = app.root().await;
        for round in 0..10 {
            let a = category(&app, &root, &format!("a{round}"), None).await;
            let b = category(&app, &root, &format!("b{round}"), None).await;
            let (to_a, to_b) = (format!("{CATEGORIES}{a}/"), format!("{CATEGORIES}{b}/"));
            let (x, y) = tokio::join!(
                root.patch(&app, &to_a, json!({ "parent": b })),
                root.patch(&app, &to_b, json!({ "parent": a }))
            );
            let mut statuses = [x.status.as_u16(), y.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400]);
        }
    }

    async fn a_structural_category_holds_no_parts(app: App) {
        let root = app.root().await;
        let shelf = root.make(&app, CATEGORIES, json!({ "name": "S", "structural": true })).await;
        let answer = root.post(&app, "/api/part/", json!({ "name": "p", "category": shelf })).await;
        assert_eq!(answer.pair(), (400, json!({
            "category": ["Parts cannot be assigned to structural part categories!"],
        })));
        let used = category(&app, &root, "U", None).await;
        root.make(&app, "/api/part/", json!({ "name": "p", "category": used })).await;
        let answer = root.patch(&app, &format!("{CATEGORIES}{used}/"), json!({ "structural": true })).await;
        assert_eq!(answer.pair(), (400, json!({ "non_field_errors": [
            "You cannot make this part category structural because some parts are already assigned to it!",
        ] })));
    }

    async fn deleting_asks_what_becomes_of_the_contents(app: App) {
        let root = app.root().await;
        let a = category(&app, &root, "A", None).await;
        let b = category(&app, &root, "B", Some(a)).await;
        let c = category(&app, &root, "C", Some(b)).await;
        let part = root.make(&app, "/api/part/", json!({ "name": "p", "category": b })).await;
        let url = format!("{CATEGORIES}{b}/");
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), (400, json!({
            "delete_parts": ["This field is required."], "delete_child_categories": ["This field is required."],
        })));
        let keep = json!({ "delete_parts": false, "delete_child_categories": false });
        let answer = root.delete(&app, &url, keep.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(root.get(&app, &url).await.pair(), (404, json!({ "detail": "No PartCategory matches the given query." })));
        assert_eq!(root.get(&app, &format!("{CATEGORIES}{c}/")).await.json()["pathstring"], json!("A/C"));
        let part_url = format!("/api/part/{part}/");
        assert_eq!(root.get(&app, &part_url).await.json()["category"], json!(a));

        // Deleting parts follows the rules of parts.
        let all = json!({ "delete_parts": true, "delete_child_categories": true });
        let url = format!("{CATEGORIES}{a}/");
        assert_eq!(root.delete(&app, &url, all.clone()).await.pair(), (400, json!({
            "non_field_errors": ["Cannot delete this part as it is still active"],
        })));
        assert_eq!(root.patch(&app, &part_url, json!({ "active": false })).await.status, 200);
        assert_eq!(root.delete(&app, &url, all).await.status, 204);
        assert_eq!(root.get(&app, &part_url).await.status, 404);
        assert_eq!(root.get(&app, CATEGORIES).await.json(), json!([]));
    }

    async fn a_tree_has_a_bottom(app: App) {
        let root = app.root().await;
        let mut above = None;
        for n in 0..50 {
            above = Some(category(&app, &root, &format!("c{n}"), above).await);
        }
        let answer = root.post(&app, CATEGORIES, json!({ "name": "too deep", "parent": above })).await;
        assert_eq!(answer.status, 400);
    }
}
