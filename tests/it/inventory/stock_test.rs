//! `/api/stock/test/`: results of tests.

use poem::http::Method;
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{App, actors::Actor, both};

const TESTS: &str = "/api/stock/test/";

/// A template with a test, a variant of it with another, and an item of the variant.
struct Bench {
    root: Actor,
    template: i64,
    variant: i64,
    item: i64,
    voltage: i64,
    look: i64,
}

async fn item(app: &App, root: &Actor, body: Value) -> i64 {
    root.post(app, "/api/stock/", body).await.json()[0]["pk"].as_i64().unwrap()
}

async fn bench(app: &App) -> Bench {
    let root = app.root().await;
    let part = |body: Value| {
        let root = root.clone();
        async move { root.make(app, "/api/part/", body).await }
    };
    let template = part(json!({ "name": "Board", "is_template": true, "testable": true })).await;
    let variant = part(json!({ "name": "Board v2", "variant_of": template, "testable": true })).await;
    let test = |body: Value| {
        let root = root.clone();
        async move { root.make(app, "/api/part/test-template/", body).await }
    };
    let voltage =
        test(json!({ "part": template, "test_name": "5 V rail", "description": "d", "requires_value": true })).await;
    let look = test(json!({
        "part": variant, "test_name": "Look", "description": "d", "required": false, "choices": "fine, bad",
    }))
    .await;
    let item = item(app, &root, json!({ "part": variant, "quantity": 4 })).await;
    Bench { root, template, variant, item, voltage, look }
}

fn keys(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["pk"].as_i64().unwrap()).collect()
}

both! {
    async fn a_result_is_answered_whole_and_named_by_the_tests_name(app: App) {
        let Bench { root, item, voltage, .. } = bench(&app).await;
        let answer = root.post(&app, TESTS, json!({ "stock_item": item, "test": "5v RAIL!", "value": "5.01" })).await;
        let mut body = answer.json();
        assert_eq!(answer.status, 201, "{body}");
        assert_eq!(body["date"].as_str().unwrap().len(), "2026-11-23 23:43".len());
        assert_eq!(body["template_detail"]["key"], json!("5vrail"));
        assert_eq!(body["template_detail"]["results"], json!(1));
        assert_eq!(body["user_detail"]["username"], json!("root"));
        for field in ["date", "template_detail", "user_detail"] {
            body.as_object_mut().unwrap().remove(field);
        }
        assert_eq!(body, json!({
            "pk": 1, "stock_item": item, "result": true, "value": "5.01", "attachment": null, "notes": "",
            "test_station": "", "started_datetime": null, "finished_datetime": null, "user": 1, "template": voltage,
        }));
        let whole = root.get(&app, &format!("/api/stock/{item}/?tests=true")).await.json();
        assert_eq!(whole["tests"][0]["value"], json!("5.01"));
        assert!(root.get(&app, &format!("/api/stock/{item}/")).await.json().get("tests").is_none());
        let changed = root.patch(&app, &format!("{TESTS}1/"), json!({ "result": false, "notes": "n" })).await.json();
        assert_eq!((&changed["result"], &changed["value"]), (&json!(false), &json!("5.01")));
        assert_eq!(root.delete(&app, &format!("{TESTS}1/"), json!({})).await.status, 204);
    }

    async fn what_is_wrong_with_a_result_is_said(app: App) {
        let Bench { root, item, voltage, look, .. } = bench(&app).await;
        let other = root.make(&app, "/api/part/", json!({ "name": "Other", "testable": true })).await;
        let body = json!({ "part": other, "test_name": "Foreign", "description": "d", "requires_attachment": true });
        let foreign = root.make(&app, "/api/part/test-template/", body).await;
        for (body, field, message) in [
            (json!({ "test": "Look" }), "stock_item", "This field is required."),
            (json!({ "stock_item": 99, "test": "Look" }), "stock_item", "Invalid pk \"99\" - object does not exist."),
            (json!({ "stock_item": item }), "non_field_errors", "Template ID or test name must be provided"),
            (json!({ "stock_item": item, "test": "Smell" }), "test", "No matching test found for this part"),
            (json!({ "stock_item": item, "test": "!" }), "test", "No matching test found for this part"),
            (json!({ "stock_item": item, "template": foreign }), "template", "Invalid pk \"4\" - object does not exist."),
            (json!({ "stock_item": item, "template": 99 }), "template", "Invalid pk \"99\" - object does not exist."),
            (json!({ "stock_item": item, "template": voltage }), "value", "Value must be provided for this test"),
            (json!({ "stock_item": item, "template": look, "value": "so so" }), "value", "Invalid value for this test"),
            (json!({ "stock_item": item, "template": look, "value": "x".repeat(501) }), "value", "Ensure this field has no more than 500 characters."),
            (json!({ "stock_item": item, "template": look, "value": "fine", "started_datetime": "2026-01-02", "finished_datetime": "2026-01-01" }), "finished_datetime", "The test finished time cannot be earlier than the test started time"),
        ] {
            let body_text = body.to_string();
            let answer = root.post(&app, TESTS, body).await;
            let message = message.replace("\"4\"", &format!("\"{foreign}\""));
            assert_eq!(answer.pair(), (400, json!({ field: [message] })), "{body_text}");
        }
        assert_eq!(root.get(&app, TESTS).await.json(), json!([]));
    }

    async fn a_list_of_results_is_made_whole_or_not_at_all(app: App) {
        let Bench { root, item, .. } = bench(&app).await;
        let good = json!({ "stock_item": item, "test": "Look", "value": "fine" });
        let answer = root.post(&app, TESTS, json!([good, { "stock_item": item, "test": "Look", "value": "?" }, good])).await;
        assert_eq!(answer.pair(), (400, json!([[], { "value": ["Invalid value for this test"] }, []])));
        let answer = root.post(&app, TESTS, json!([good, { "test": "Look" }, 7])).await;
        assert_eq!(answer.pair(), (400, json!([
            [], { "stock_item": ["This field is required."] },
            { "non_field_errors": ["Invalid data. Expected a dictionary, but got int."] },
        ])));
        assert_eq!(root.get(&app, TESTS).await.json(), json!([]));
        assert_eq!(root.post(&app, TESTS, json!([])).await.status, 400);
        let answer = root.post(&app, TESTS, json!([good, good])).await;
        assert_eq!((answer.status.as_u16(), keys(&answer.json()).len()), (201, 2), "{}", answer.text);
        let deleted = root.delete(&app, TESTS, json!({ "items": keys(&answer.json()) })).await;
        assert_eq!(deleted.pair(), (200, json!({ "success": "Deleted 2 items" })));
        // Other resources take one object.
        assert_eq!(root.post(&app, "/api/part/", json!([{ "name": "P" }])).await.status, 400);
    }

    async fn a_file_comes_with_a_form_and_is_for_those_who_see_stock(app: App) {
        let Bench { root, item, template, .. } = bench(&app).await;
        let body = json!({ "part": template, "test_name": "Scope", "description": "d", "requires_attachment": true });
        root.make(&app, "/api/part/test-template/", body).await;
        let fields = [("stock_item", item.to_string()), ("test", "Scope".to_owned()), ("result", "False".to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let missing = root.form(&app, Method::POST, TESTS, &fields, &[]).await;
        assert_eq!(missing.pair(), (400, json!({ "attachment": ["Attachment must be uploaded for this test"] })));
        let file = ("attachment", "../../trace.HTML", b"<script>alert(1)</script>".as_slice());
        let made = root.form(&app, Method::POST, TESTS, &fields, &[file]).await;
        assert_eq!((made.status.as_u16(), &made.json()["result"]), (201, &json!(false)), "{}", made.text);
        let url = made.json()["attachment"].as_str().unwrap().to_owned();
        assert!(url.starts_with("/media/stock_files/") && url.rsplit_once('.').is_some_and(|(_, end)| end == "html"), "{url}");
        let served = root.get(&app, &url).await;
        assert_eq!((served.status.as_u16(), served.bytes.as_slice()), (200, file.2));
        assert_eq!(served.header("content-type"), "application/octet-stream");
        assert_eq!(served.header("content-disposition"), "attachment");
        let blind = app.entitled("blind", &[(Role::Part, Rules::ALL)]).await;
        assert_eq!(blind.get(&app, &url).await.status, 403);
        assert_eq!(Actor::anonymous().get(&app, &url).await.status, 401);
        let empty = ("attachment", "a.txt", b"".as_slice());
        let answer = root.form(&app, Method::POST, TESTS, &fields, &[empty]).await;
        assert_eq!(answer.pair(), (400, json!({ "attachment": ["The submitted file is empty."] })));
    }

    async fn results_are_found_by_what_was_tested_and_how(app: App) {
        let Bench { root, item: board, template, variant, voltage, look } = bench(&app).await;
        let case = root.make(&app, "/api/part/", json!({ "name": "Case" })).await;
        let case = item(&app, &root, json!({ "part": case, "quantity": 1 })).await;
        root.set(&app, "STOCK_ENFORCE_BOM_INSTALLATION", json!(false)).await;
        root.post(&app, TESTS, json!([
            { "stock_item": board, "template": voltage, "value": "5" },
            { "stock_item": board, "template": look, "value": "bad", "result": false },
        ])).await;
        let installed = root.post(&app, &format!("/api/stock/{case}/install/"), json!({ "stock_item": board, "quantity": 4 })).await;
        assert_eq!(installed.status, 201, "{}", installed.text);
        for (query, found) in [
            (format!("stock_item={board}"), vec![1, 2]),
            (format!("stock_item={case}"), vec![]),
            (format!("stock_item={case}&include_installed=true"), vec![1, 2]),
            (format!("part={template}"), vec![1, 2]),
            (format!("part={variant}&result=false"), vec![2]),
            (format!("template={voltage}"), vec![1]),
            ("test=5 v rail".to_owned(), vec![1]),
            ("required=true".to_owned(), vec![1]),
            ("required=false".to_owned(), vec![2]),
            ("enabled=false".to_owned(), vec![]),
            ("value=bad".to_owned(), vec![2]),
            ("user=1".to_owned(), vec![1, 2]),
            ("build=1".to_owned(), vec![]),
            ("search=look".to_owned(), vec![2]),
            ("ordering=result".to_owned(), vec![2, 1]),
        ] {
            let list = root.get(&app, &format!("{TESTS}?{}", query.replace(' ', "%20"))).await;
            assert_eq!(list.status, 200, "{}", list.text);
            assert_eq!(keys(&list.json()), found, "{query}");
        }
        assert_eq!(root.get(&app, &format!("{TESTS}?stock_item=99")).await.status, 400);
        let used = root.get(&app, "/api/part/test-template/?has_results=true").await.json();
        assert_eq!(keys(&used), vec![voltage, look]);
        assert_eq!(used[0]["results"], json!(1));
    }

    async fn what_was_found_stays_with_what_is_split_off_and_what_is_merged(app: App) {
        let Bench { root, item: board, variant, .. } = bench(&app).await;
        let place = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        root.post(&app, TESTS, json!({ "stock_item": board, "test": "Look", "value": "fine" })).await;
        let body = json!({ "items": [{ "pk": board, "quantity": 1 }], "location": place });
        assert_eq!(root.post(&app, "/api/stock/transfer/", body).await.status, 201);
        let split = root.get(&app, &format!("/api/stock/?parent={board}&tests=true")).await.json();
        assert_eq!(split[0]["tests"][0]["value"], json!("fine"));
        let other = item(&app, &root, json!({ "part": variant, "quantity": 1 })).await;
        let body = json!({ "items": [{ "item": other }, { "item": board }], "location": place });
        assert_eq!(root.post(&app, "/api/stock/merge/", body).await.status, 201);
        let kept = root.get(&app, &format!("{TESTS}?stock_item={other}")).await.json();
        assert_eq!(kept.as_array().unwrap().len(), 1);
    }

    async fn a_list_of_results_costs_a_fixed_number_of_statements(app: App) {
        let Bench { root, item, .. } = bench(&app).await;
        let mut seen = Vec::new();
        for _ in 0..2 {
            let results: Vec<Value> = (0..7).map(|_| json!({ "stock_item": item, "test": "Look", "value": "fine" })).collect();
            assert_eq!(root.post(&app, TESTS, json!(results)).await.status, 201);
            let before = app.ctx.db.statements();
            root.get(&app, &format!("{TESTS}?template_detail=true&user_detail=true")).await;
            root.get(&app, "/api/stock/?tests=true&supplier_part_detail=true").await;
            seen.push(app.ctx.db.statements() - before);
        }
        // The clock may tick between two requests, which costs the two statements of authentication and a setting.
        assert!(seen[0].abs_diff(seen[1]) <= 6, "{seen:?}");
    }
}
