//! `/api/stock/location/` and its types.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const LOCATIONS: &str = "/api/stock/location/";

async fn location(app: &App, root: &Actor, name: &str, parent: Option<i64>) -> i64 {
    root.make(app, LOCATIONS, json!({ "name": name, "parent": parent })).await
}

async fn item(app: &App, root: &Actor, part: i64, location: i64) -> i64 {
    let body = json!({ "part": part, "quantity": 1, "location": location });
    root.post(app, "/api/stock/", body).await.json()[0]["pk"].as_i64().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn a_new_location_is_answered_whole_with_its_types_icon(app: App) {
        let root = app.root().await;
        let kind = root.make(&app, "/api/stock/location-type/", json!({ "name": "Shelf", "icon": "ti:shelf" })).await;
        let answer = root.post(&app, LOCATIONS, json!({ "name": "Hall", "location_type": kind, "external": true })).await;
        assert_eq!(answer.pair(), (201, json!({
            "tags": [], "pk": 1, "name": "Hall", "barcode_hash": "", "level": 0, "description": "", "parent": null, "pathstring": "Hall",
            "path": [{ "pk": 1, "name": "Hall", "icon": "ti:shelf" }], "items": 0, "sublocations": 0, "owner": null,
            "icon": "ti:shelf", "custom_icon": null, "structural": false, "external": true, "location_type": kind,
            "location_type_detail": { "pk": kind, "name": "Shelf", "description": "", "icon": "ti:shelf", "location_count": null },
        })));
        let own = root.patch(&app, &format!("{LOCATIONS}1/"), json!({ "custom_icon": "ti:van" })).await.json();
        assert_eq!(own["icon"], json!("ti:van"));
        let kinds = root.get(&app, "/api/stock/location-type/").await.json();
        assert_eq!(kinds[0]["location_count"], json!(1));
        assert_eq!(root.delete(&app, &format!("/api/stock/location-type/{kind}/"), json!({})).await.status, 204);
        assert_eq!(root.get(&app, &format!("{LOCATIONS}1/")).await.json()["location_type"], json!(null));
    }

    async fn a_list_is_depth_first_and_counts_items_of_the_subtree(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let hall = location(&app, &root, "Hall", None).await;
        let shelf = location(&app, &root, "Shelf", Some(hall)).await;
        location(&app, &root, "Attic", None).await;
        item(&app, &root, part, shelf).await;
        let list = root.get(&app, LOCATIONS).await.json();
        assert_eq!(names(&list), ["Attic", "Hall", "Shelf"]);
        assert_eq!((&list[1]["items"], &list[1]["sublocations"]), (&json!(1), &json!(1)));
        let tree = root.get(&app, &format!("{LOCATIONS}tree/?parent={hall}")).await.json();
        assert_eq!(names(&tree), ["Shelf"]);
        assert_eq!((&tree[0]["tree_id"], &tree[0]["sublocations"]), (&json!(hall), &json!(0)));
        for (query, expected) in [
            ("top_level=true", vec!["Attic", "Hall"]),
            ("has_location_type=true", vec![]),
            ("search=hall", vec!["Hall", "Shelf"]),
            ("external=false&depth=0", vec!["Attic", "Hall"]),
        ] {
            assert_eq!(names(&root.get(&app, &format!("{LOCATIONS}?{query}")).await.json()), expected, "{query}");
        }
    }

    async fn a_structural_location_holds_no_stock(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let frame = root.make(&app, LOCATIONS, json!({ "name": "F", "structural": true })).await;
        let refused = json!({ "location": ["Stock items cannot be located into structural stock locations!"] });
        let answer = root.post(&app, "/api/stock/", json!({ "part": part, "quantity": 1, "location": frame })).await;
        assert_eq!(answer.pair(), (400, refused.clone()));
        let shelf = location(&app, &root, "S", None).await;
        let pk = item(&app, &root, part, shelf).await;
        let body = json!({ "items": [{ "pk": pk, "quantity": 1 }], "location": frame });
        assert_eq!(root.post(&app, "/api/stock/transfer/", body).await.pair(), (400, refused.clone()));
        let answer = root.patch(&app, &format!("/api/stock/{pk}/"), json!({ "location": frame })).await;
        assert_eq!(answer.pair(), (400, refused));
        let answer = root.patch(&app, &format!("{LOCATIONS}{shelf}/"), json!({ "structural": true })).await;
        assert_eq!(answer.pair(), (400, json!({ "non_field_errors": [
            "You cannot make this stock location structural because some stock items are already located into it!",
        ] })));
    }

    async fn deleting_asks_what_becomes_of_the_contents(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let hall = location(&app, &root, "Hall", None).await;
        let shelf = location(&app, &root, "Shelf", Some(hall)).await;
        let bin = location(&app, &root, "Bin", Some(shelf)).await;
        let pk = item(&app, &root, part, shelf).await;
        assert_eq!(root.patch(&app, &format!("/api/part/{part}/"), json!({ "default_location": shelf })).await.status, 200);
        let url = format!("{LOCATIONS}{shelf}/");
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), (400, json!({
            "delete_stock_items": ["This field is required."], "delete_sub_locations": ["This field is required."],
        })));
        let keep = json!({ "delete_stock_items": false, "delete_sub_locations": false });
        assert_eq!(root.delete(&app, &url, keep).await.status, 204);
        assert_eq!(root.get(&app, &format!("/api/stock/{pk}/")).await.json()["location"], json!(hall));
        assert_eq!(root.get(&app, &format!("{LOCATIONS}{bin}/")).await.json()["pathstring"], json!("Hall/Bin"));
        assert_eq!(root.get(&app, &format!("/api/part/{part}/")).await.json()["default_location"], json!(null));

        let all = json!({ "delete_stock_items": true, "delete_sub_locations": true });
        assert_eq!(root.delete(&app, &format!("{LOCATIONS}{hall}/"), all).await.status, 204);
        assert_eq!(root.get(&app, "/api/stock/").await.json(), json!([]));
        assert_eq!(root.get(&app, LOCATIONS).await.json(), json!([]));
    }

    async fn the_nearest_default_location_above_is_known(app: App) {
        let root = app.root().await;
        let shelf = location(&app, &root, "Shelf", None).await;
        let bin = location(&app, &root, "Bin", None).await;
        let category = |name: &'static str, parent: Option<i64>, default: Option<i64>| json!({
            "name": name, "parent": parent, "default_location": default,
        });
        let a = root.make(&app, "/api/part/category/", category("A", None, Some(shelf))).await;
        let b = root.make(&app, "/api/part/category/", category("B", Some(a), None)).await;
        let c = root.make(&app, "/api/part/category/", category("C", Some(b), Some(bin))).await;
        let above = |pk: i64| format!("/api/part/category/{pk}/");
        assert_eq!(root.get(&app, &above(a)).await.json()["parent_default_location"], json!(null));
        assert_eq!(root.get(&app, &above(b)).await.json()["parent_default_location"], json!(shelf));
        assert_eq!(root.get(&app, &above(c)).await.json()["parent_default_location"], json!(shelf));
        let part = root.make(&app, "/api/part/", json!({ "name": "P", "category": c })).await;
        assert_eq!(root.get(&app, &format!("/api/part/{part}/")).await.json()["category_default_location"], json!(bin));
    }
}
