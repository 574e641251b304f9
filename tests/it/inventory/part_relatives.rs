//! `/api/part/related/`, prices, tests and counts.

use serde_json::{Value, json};

use crate::support::both;

const PARTS: &str = "/api/part/";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn a_pair_of_parts_is_related_once_in_either_order(app: App) {
        let root = app.root().await;
        let a = root.make(&app, PARTS, json!({ "name": "A" })).await;
        let b = root.make(&app, PARTS, json!({ "name": "B" })).await;
        root.make(&app, PARTS, json!({ "name": "C" })).await;
        let url = "/api/part/related/";
        let itself = root.post(&app, url, json!({ "part_1": a, "part_2": a })).await;
        assert_eq!(itself.pair(), (400, json!({ "non_field_errors": ["Part relationship cannot be created between a part and itself"] })));
        let read = root.post(&app, url, json!({ "part_1": a, "part_2": b, "note": "n" })).await.json();
        assert_eq!((&read["part_1_detail"]["name"], &read["part_2_detail"]["name"], &read["note"]), (&json!("A"), &json!("B"), &json!("n")));
        for (one, other) in [(a, b), (b, a)] {
            let answer = root.post(&app, url, json!({ "part_1": one, "part_2": other })).await;
            assert_eq!(answer.pair(), (400, json!({ "non_field_errors": ["Duplicate relationship already exists"] })));
        }
        for query in [format!("part={b}"), format!("part_1={a}"), format!("part_2={b}")] {
            assert_eq!(root.get(&app, &format!("{url}?{query}")).await.json().as_array().unwrap().len(), 1, "{query}");
        }
        assert_eq!(names(&root.get(&app, &format!("{PARTS}?related={b}")).await.json()), ["A"]);
        assert_eq!(names(&root.get(&app, &format!("{PARTS}?exclude_related={b}")).await.json()), ["B", "C"]);
        assert_eq!(root.delete(&app, &format!("{url}{}/", read["pk"]), json!({})).await.status, 204);
    }

    async fn a_price_is_exact_and_stands_once_a_quantity(app: App) {
        let root = app.root().await;
        let part = root.make(&app, PARTS, json!({ "name": "P", "salable": true })).await;
        for url in ["/api/part/sale-price/", "/api/part/internal-price/"] {
            let read = root.post(&app, url, json!({ "part": part, "quantity": 10, "price": "1.234567" })).await.json();
            assert_eq!((&read["price"], &read["price_currency"], &read["quantity"]), (&json!(1.234_567), &json!("USD"), &json!(10.0)));
            let answer = root.post(&app, url, json!({ "part": part, "quantity": "10", "price": 1 })).await;
            assert_eq!(answer.pair(), (400, json!({ "non_field_errors": ["The fields part, quantity must make a unique set."] })));
            for (body, error) in [
                (json!({ "part": part, "quantity": 1 }), json!({ "price": ["This field cannot be blank."] })),
                (json!({ "part": part, "quantity": 1, "price": null }), json!({ "price": ["This field cannot be blank."] })),
                (json!({ "part": part, "quantity": 1, "price": -1 }), json!({ "price": ["Ensure this value is greater than or equal to 0."] })),
                (json!({ "part": part, "quantity": 0, "price": 1 }), json!({ "quantity": ["Ensure this value is greater than or equal to 1."] })),
                (json!({ "part": part, "quantity": 1, "price": "NaN" }), json!({ "price": ["A valid number is required."] })),
                (json!({ "part": part, "quantity": 1, "price": "9999999999999" }), json!({ "price": ["Ensure that there are no more than 18 digits in total."] })),
                (json!({ "part": part, "quantity": 1, "price": 1, "price_currency": "XXX" }), json!({ "price_currency": ["\"XXX\" is not a valid choice."] })),
            ] {
                assert_eq!(root.post(&app, url, body).await.pair(), (400, error));
            }
            root.make(&app, url, json!({ "part": part, "quantity": 2, "price": 2, "price_currency": "EUR" })).await;
            let list = root.get(&app, &format!("{url}?part={part}")).await.json();
            let quantities: Vec<_> = list.as_array().unwrap().iter().map(|row| row["quantity"].as_f64().unwrap()).collect();
            assert_eq!(quantities, [2.0, 10.0]);
        }
        let part = root.get(&app, &format!("{PARTS}{part}/?price_breaks=true")).await.json();
        assert_eq!(part["price_breaks"].as_array().unwrap().len(), 2);
    }

    async fn a_test_has_a_key_of_its_own_in_its_family(app: App) {
        let root = app.root().await;
        let url = "/api/part/test-template/";
        let template = root.make(&app, PARTS, json!({ "name": "T", "is_template": true, "testable": true })).await;
        let variant = root.make(&app, PARTS, json!({ "name": "V", "variant_of": template, "testable": true })).await;
        let plain = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let read = root.post(&app, url, json!({ "part": template, "test_name": "Check 5 V!" })).await.json();
        assert_eq!(read, json!({
            "pk": 1, "key": "check5v", "part": template, "test_name": "Check 5 V!", "description": null, "enabled": true,
            "required": true, "requires_value": false, "requires_attachment": false, "results": 0, "choices": "",
        }));
        let clash = json!({ "test_name": ["Test template with the same key already exists for part"] });
        for part in [template, variant] {
            assert_eq!(root.post(&app, url, json!({ "part": part, "test_name": "check5v" })).await.pair(), (400, clash.clone()));
        }
        let own = root.make(&app, url, json!({ "part": variant, "test_name": "Own", "required": false })).await;
        assert_eq!(root.post(&app, url, json!({ "part": template, "test_name": "own" })).await.pair(), (400, clash.clone()));
        assert_eq!(root.patch(&app, &format!("{url}{own}/"), json!({ "test_name": "CHECK 5V" })).await.pair(), (400, clash));
        let answer = root.post(&app, url, json!({ "part": plain, "test_name": "x" })).await;
        assert_eq!(answer.pair(), (400, json!({ "part": [format!("Invalid pk \"{plain}\" - object does not exist.")] })));
        let answer = root.post(&app, url, json!({ "part": template, "test_name": "!!" })).await;
        assert_eq!(answer.pair(), (400, json!({ "test_name": ["Test name must include at least one alphanumeric character"] })));
        let count = |query: String| { let (root, app) = (&root, &app); async move { root.get(app, &format!("{url}?{query}")).await.json().as_array().unwrap().len() } };
        assert_eq!(count(format!("part={variant}")).await, 2);
        assert_eq!(count(format!("part={template}")).await, 1);
        assert_eq!(count("required=false&key=own".to_owned()).await, 1);
        let body = json!({ "name": "Copy", "testable": true, "duplicate": { "original": variant, "copy_tests": true } });
        let copy = root.make(&app, PARTS, body).await;
        assert_eq!(count(format!("part={copy}")).await, 1);
    }

    async fn a_count_is_dated_today_and_deleted_in_bulk(app: App) {
        let root = app.root().await;
        let url = "/api/part/stocktake/";
        let part = root.make(&app, PARTS, json!({ "name": "P", "IPN": "I" })).await;
        let read = root.post(&app, url, json!({ "part": part, "quantity": 5, "item_count": 2, "cost_min": "1.5" })).await.json();
        assert_eq!(read, json!({
            "pk": 1, "part": part, "part_name": "P", "part_ipn": "I", "part_description": "",
            "date": app.ctx.clock.today().to_string(), "item_count": 2, "quantity": 5.0, "cost_min": 1.5,
            "cost_min_currency": "USD", "cost_max": null, "cost_max_currency": "USD",
        }));
        root.make(&app, url, json!({ "part": part, "quantity": 6 })).await;
        let list = root.get(&app, &format!("{url}?part={part}")).await.json();
        assert_eq!(list[0]["quantity"], json!(6.0));
        assert_eq!(root.delete(&app, url, json!({ "items": [1, 2] })).await.pair(), (200, json!({ "success": "Deleted 2 items" })));
    }

    async fn units_of_a_part_are_units(app: App) {
        let root = app.root().await;
        for units in ["mm", "kg A", "pcs", "", "m/s^2"] {
            assert_eq!(root.post(&app, PARTS, json!({ "name": format!("P {units}"), "units": units })).await.status, 201, "{units}");
        }
        let answer = root.post(&app, PARTS, json!({ "name": "Q", "units": "furlongs per fortnight" })).await;
        assert_eq!(answer.pair(), (400, json!({ "units": ["Ensure this field has no more than 20 characters."] })));
        let answer = root.post(&app, PARTS, json!({ "name": "Q", "units": "blorp" })).await;
        assert_eq!(answer.pair(), (400, json!({ "units": ["Invalid physical unit"] })));
    }
}
