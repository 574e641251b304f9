//! `/api/generic/status/`: states, and those that people add.

use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{App, actors::Actor, both};

const CUSTOM: &str = "/api/generic/status/custom/";

fn dusty() -> Value {
    json!({
        "key": 11, "name": "DUSTY", "label": "Dusty", "color": "info", "logical_key": 10, "reference_status": "StockStatus",
    })
}

fn without(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

struct Shop {
    root: Actor,
    part: i64,
    place: i64,
    item: i64,
}

async fn shop(app: &App) -> Shop {
    let root = app.root().await;
    let part = root.make(app, "/api/part/", json!({ "name": "P", "salable": true })).await;
    let place = root.make(app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
    root.make(app, CUSTOM, dusty()).await;
    let broken = json!({
        "key": 61, "name": "MOLTEN", "label": "Molten", "logical_key": 60, "reference_status": "StockStatus",
    });
    root.make(app, CUSTOM, broken).await;
    let made = root
        .post(app, "/api/stock/", json!({ "part": part, "quantity": 5, "location": place, "status_custom_key": 11 }))
        .await;
    let item = made.json()[0]["pk"].as_i64().unwrap_or_else(|| panic!("{}", made.text));
    Shop { root, part, place, item }
}

impl Shop {
    async fn state(&self, app: &App, item: i64) -> (Value, Value, Value, Value) {
        let mut item = self.root.get(app, &format!("/api/stock/{item}/")).await.json();
        let mut take = |field: &str| item[field].take();
        (take("status"), take("status_custom_key"), take("status_text"), take("in_stock"))
    }

    async fn act(&self, app: &App, action: &str, body: Value) -> Value {
        let answer = self.root.post(app, &format!("/api/stock/{action}/"), body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }
}

both! {
    async fn states_are_listed_by_class_with_those_that_people_added(app: App) {
        let root = app.root().await;
        root.make(&app, CUSTOM, dusty()).await;
        let one = root.get(&app, "/api/generic/status/StockStatus/").await.json();
        assert_eq!(one["status_class"], json!("StockStatus"));
        assert_eq!(one["values"]["OK"], json!({ "key": 10, "name": "OK", "label": "OK", "color": "success" }));
        assert_eq!(one["values"]["DUSTY"], json!({
            "key": 11, "logical_key": "10", "name": "DUSTY", "label": "Dusty", "color": "info", "custom": true,
        }));
        let all = root.get(&app, "/api/generic/status/").await.json();
        assert_eq!(all["StockStatus"], one);
        assert_eq!(all["StockHistoryCode"]["values"]["STOCK_MOVE"]["label"], json!("Location changed"));
        assert_eq!(all["PurchaseOrderStatus"]["values"]["PLACED"]["key"], json!(20));
        assert_eq!(root.get(&app, "/api/stock/status/").await.json(), one);
        assert_eq!(root.get(&app, "/api/generic/status/Nothing/").await.status, 404);
    }

    async fn what_is_wrong_with_a_state_is_said(app: App) {
        let root = app.root().await;
        root.make(&app, CUSTOM, dusty()).await;
        for (body, field, message) in [
            (without(dusty(), "key", json!(10)), "key", "Key must be different from logical key"),
            (without(dusty(), "key", json!(50)), "key", "Key must be different from the logical keys of the reference status"),
            (without(dusty(), "key", json!("x")), "key", "A valid integer is required."),
            (without(dusty(), "logical_key", json!(12)), "logical_key", "Logical key must be in the logical keys of the reference status"),
            (without(dusty(), "name", json!("OK")), "name", "Name must be different from the names of the reference status"),
            (without(dusty(), "name", json!("a b")), "name", "Name must be a valid identifier"),
            (without(dusty(), "color", json!("pink")), "color", "\"pink\" is not a valid choice."),
            (without(dusty(), "name", json!("OTHER")), "non_field_errors", "The fields reference_status, key must make a unique set."),
            (without(dusty(), "key", json!(12)), "non_field_errors", "The fields reference_status, name must make a unique set."),
        ] {
            let text = body.to_string();
            assert_eq!(root.post(&app, CUSTOM, body).await.pair(), (400, json!({ field: [message] })), "{text}");
        }
        let history = root.post(&app, CUSTOM, without(dusty(), "reference_status", json!("StockHistoryCode"))).await;
        assert_eq!(history.status, 400);
    }

    async fn states_are_read_by_all_and_written_by_staff(app: App) {
        let root = app.root().await;
        let state = root.make(&app, CUSTOM, dusty()).await;
        let clerk = app.entitled("clerk", &[(Role::Stock, Rules::ALL)]).await;
        assert_eq!(clerk.get(&app, CUSTOM).await.json()[0]["model_name"], json!("stockitem"));
        assert_eq!(clerk.post(&app, CUSTOM, dusty()).await.status, 403);
        assert_eq!(clerk.delete(&app, &format!("{CUSTOM}{state}/"), json!({})).await.status, 403);
        let found = root.get(&app, &format!("{CUSTOM}?reference_status=StockStatus&search=dus&ordering=-key")).await.json();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(root.get(&app, &format!("{CUSTOM}?reference_status=BuildStatus")).await.json(), json!([]));
    }

    async fn a_state_of_ones_own_is_the_one_it_stands_for_to_all_rules(app: App) {
        let shop = shop(&app).await;
        let Shop { root, item, place, part } = &shop;
        assert_eq!(shop.state(&app, *item).await, (json!(10), json!(11), json!("Dusty"), json!(true)));
        shop.act(&app, "change_status", json!({ "items": [item], "status": 61 })).await;
        assert_eq!(shop.state(&app, *item).await, (json!(60), json!(61), json!("Molten"), json!(false)));
        let entry = root.get(&app, &format!("/api/stock/track/?item={item}")).await.json()[0]["deltas"].clone();
        assert_eq!((&entry["status"], &entry["old_status"]), (&json!(61), &json!(11)));
        shop.act(&app, "count", json!({ "items": [{ "pk": item, "quantity": 5, "status": 11 }] })).await;
        assert_eq!(shop.state(&app, *item).await.1, json!(11));
        // What is split off is in the same state, and what is in another is no match.
        shop.act(&app, "transfer", json!({ "items": [{ "pk": item, "quantity": 2 }], "location": place })).await;
        let split = root.get(&app, &format!("/api/stock/?parent={item}")).await.json()[0]["pk"].as_i64().unwrap();
        assert_eq!(shop.state(&app, split).await.1, json!(11));
        let plain = root.post(&app, "/api/stock/", json!({ "part": part, "quantity": 1, "location": place })).await.json();
        let plain = plain[0]["pk"].as_i64().unwrap();
        let body = json!({ "items": [{ "item": plain }, { "item": split }], "location": place });
        assert_eq!(root.post(&app, "/api/stock/merge/", body).await.json(), json!({ "non_field_errors": ["Stock status codes must match"] }));
        for (status, count) in [(10, 1), (11, 2), (61, 0), (60, 0)] {
            let list = root.get(&app, &format!("/api/stock/?status={status}")).await.json();
            assert_eq!(list.as_array().unwrap().len(), count, "{status}");
        }
        let answer = root.post(&app, "/api/stock/change_status/", json!({ "items": [item], "status": 12 })).await;
        assert_eq!(answer.pair(), (400, json!({ "status": ["\"12\" is not a valid choice."] })));
    }

    async fn both_names_of_a_state_are_read_and_a_whole_object_sent_back_changes_nothing(app: App) {
        let shop = shop(&app).await;
        let Shop { root, item, .. } = &shop;
        let path = format!("/api/stock/{item}/");
        let whole = root.get(&app, &path).await.json();
        assert_eq!(root.patch(&app, &path, whole).await.status, 200);
        assert_eq!(shop.state(&app, *item).await.1, json!(11));
        for (body, shown) in [
            (json!({ "status": 10 }), 10), (json!({ "status_custom_key": 61 }), 61), (json!({ "status": 11 }), 11),
            (json!({ "status": 55, "status_custom_key": 11 }), 55), (json!({ "status": 55, "status_custom_key": 61 }), 61),
        ] {
            let text = body.to_string();
            assert_eq!(root.patch(&app, &path, body).await.json()["status_custom_key"], json!(shown), "{text}");
        }
    }

    async fn stock_follows_a_state_that_changes_or_goes(app: App) {
        let shop = shop(&app).await;
        let Shop { root, item, .. } = &shop;
        let path = format!("{CUSTOM}1/");
        let changed = root.patch(&app, &path, json!({ "key": 12, "logical_key": 75, "label": "Very dusty" })).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!(shop.state(&app, *item).await, (json!(75), json!(12), json!("Very dusty"), json!(false)));
        assert_eq!(root.delete(&app, &path, json!({})).await.status, 204);
        assert_eq!(shop.state(&app, *item).await, (json!(75), json!(75), json!("Quarantined"), json!(false)));
    }
}
