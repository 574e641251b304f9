//! `/api/stock/`: items.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const STOCK: &str = "/api/stock/";

async fn part(app: &App, root: &Actor, body: Value) -> i64 {
    root.make(app, "/api/part/", body).await
}

async fn make(app: &App, root: &Actor, body: Value) -> Vec<i64> {
    let answer = root.post(app, STOCK, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json().as_array().unwrap().iter().map(|item| item["pk"].as_i64().unwrap()).collect()
}

fn keys(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["pk"].as_i64().unwrap()).collect()
}

both! {
    async fn new_stock_is_answered_as_a_list_of_whole_items(app: App) {
        let root = app.root().await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let pk = part(&app, &root, json!({ "name": "Screw", "default_location": shelf, "default_expiry": 10 })).await;
        let answer = root.post(&app, STOCK, json!({ "part": pk, "quantity": "0.1" })).await;
        let mut item = answer.json()[0].clone();
        assert_eq!(answer.status, 201);
        let expiry = app.ctx.clock.today() + chrono::Days::new(10);
        for field in ["creation_date", "updated"] {
            assert_eq!(item[field].as_str().unwrap().len(), "2026-11-23 23:43".len());
            item.as_object_mut().unwrap().remove(field);
        }
        assert_eq!(item["part_detail"]["full_name"], json!("Screw"));
        assert_eq!(item["part_detail"]["minimum_stock"], json!("0.000000"));
        item.as_object_mut().unwrap().remove("part_detail");
        assert_eq!(item, json!({
            "tags": [], "pk": 1, "part": pk, "quantity": 0.1, "serial": null, "batch": "", "location": shelf, "belongs_to": null,
            "build": null, "consumed_by": null, "customer": null, "delete_on_deplete": true,
            "expiry_date": expiry.to_string(), "in_stock": true, "is_building": false, "link": "", "notes": null,
            "owner": null, "packaging": null, "parent": null, "purchase_order": null, "purchase_order_reference": null,
            "sales_order": null, "sales_order_reference": null, "status": 10, "status_text": "OK",
            "status_custom_key": 10, "supplier_part": null, "SKU": null, "MPN": null, "barcode_hash": "",
            "stocktake_date": null, "purchase_price": null, "purchase_price_currency": "USD", "allocated": 0.0,
            "expired": false, "installed_items": 0, "child_items": 0, "stale": false,
            "location_detail": { "pk": shelf, "name": "Shelf", "pathstring": "Shelf" },
            "location_path": [{ "pk": shelf, "name": "Shelf" }], "tracking_items": 1, "tests": [],
            "supplier_part_detail": null,
        }));
        let log = root.get(&app, "/api/stock/track/?item=1").await.json();
        assert_eq!((&log[0]["label"], &log[0]["tracking_type"]), (&json!("Stock item created"), &json!(1)));
        assert_eq!(log[0]["deltas"], json!({ "quantity": 0.1, "added": 0.1, "status": 10, "location": shelf }));
    }

    async fn what_is_wrong_with_new_stock_is_said(app: App) {
        let root = app.root().await;
        let plain = part(&app, &root, json!({ "name": "P" })).await;
        let idea = part(&app, &root, json!({ "name": "V", "virtual": true })).await;
        let thing = part(&app, &root, json!({ "name": "T", "trackable": true })).await;
        for (body, field, message) in [
            (json!({ "quantity": 1 }), "part", "This field is required."),
            (json!({ "part": plain }), "quantity", "This field is required."),
            (json!({ "part": 99, "quantity": 1 }), "part", "Invalid pk \"99\" - object does not exist."),
            (json!({ "part": plain, "quantity": -1 }), "quantity", "Ensure this value is greater than or equal to 0."),
            (json!({ "part": plain, "quantity": "NaN" }), "quantity", "A valid number is required."),
            (json!({ "part": plain, "quantity": 1e12 }), "quantity", "Ensure that there are no more than 15 digits in total."),
            (json!({ "part": plain, "quantity": 1, "location": 9 }), "location", "Invalid pk \"9\" - object does not exist."),
            (json!({ "part": plain, "quantity": 1, "status": 11 }), "status", "\"11\" is not a valid choice."),
            (json!({ "part": plain, "quantity": 1, "purchase_price_currency": "XXX" }), "purchase_price_currency", "\"XXX\" is not a valid choice."),
            (json!({ "part": idea, "quantity": 1 }), "part", "Stock items cannot be created for virtual parts"),
            (json!({ "part": plain, "quantity": 1, "serial_numbers": "1" }), "serial_numbers", "Serial numbers cannot be supplied for a non-trackable part"),
            (json!({ "part": thing, "quantity": 1.5 }), "quantity", "Quantity must be integer value for trackable parts"),
            (json!({ "part": thing, "quantity": 2, "serial_numbers": "1-999999999" }), "serial_numbers", "Group 1-999999999 exceeds allowed quantity (2)"),
            (json!({ "part": thing, "quantity": 999_999_999, "serial_numbers": "1+" }), "serial_numbers", "Between 1 and 1000 serial numbers can be made at once"),
        ] {
            let answer = root.post(&app, STOCK, body.clone()).await;
            assert_eq!(answer.pair(), (400, json!({ field: [message] })), "{body}");
        }
        assert_eq!(root.get(&app, STOCK).await.json(), json!([]));
    }

    async fn a_serial_number_exists_once_in_a_family(app: App) {
        let root = app.root().await;
        let template = part(&app, &root, json!({ "name": "Chair", "is_template": true, "trackable": true })).await;
        let variant = |name: &str| json!({ "name": name, "variant_of": template, "trackable": true });
        let (red, blue) = (part(&app, &root, variant("Red")).await, part(&app, &root, variant("Blue")).await);
        let other = part(&app, &root, json!({ "name": "Lamp", "trackable": true })).await;
        let made = make(&app, &root, json!({ "part": red, "quantity": 3, "serial_numbers": "1-3" })).await;
        assert_eq!(made.len(), 3);
        let answer = root.post(&app, STOCK, json!({ "part": blue, "quantity": 2, "serial_numbers": "3,4" })).await;
        assert_eq!(answer.pair(), (400, json!({
            "serial_numbers": ["The following serial numbers already exist or are invalid: 3"],
        })));
        let next = make(&app, &root, json!({ "part": blue, "quantity": 1, "serial_numbers": "~" })).await[0];
        assert_eq!(root.get(&app, &format!("{STOCK}{next}/")).await.json()["serial"], json!("4"));
        make(&app, &root, json!({ "part": other, "quantity": 1, "serial_numbers": "1" })).await;
        let around = root.get(&app, &format!("{STOCK}{}/serial-numbers/", made[1])).await.json();
        assert_eq!((&around["previous"]["pk"], &around["next"]["pk"]), (&json!(made[0]), &json!(made[2])));
        let around = root.get(&app, &format!("{STOCK}{}/serial-numbers/", made[2])).await.json();
        assert_eq!(around["next"]["pk"], json!(next));

        // One thing is one thing.
        let answer = root.patch(&app, &format!("{STOCK}{next}/"), json!({ "quantity": 2 })).await;
        assert_eq!(answer.pair(), (400, json!({ "quantity": ["Quantity must be 1 for item with a serial number"] })));
        let answer = root.patch(&app, &format!("{STOCK}{next}/"), json!({ "serial": "2" })).await;
        assert_eq!(answer.pair(), (400, json!({ "serial": ["Stock item with this serial number already exists"] })));

        let url = "/api/settings/global/SERIAL_NUMBER_GLOBALLY_UNIQUE/";
        assert_eq!(root.patch(&app, url, json!({ "value": true })).await.status, 200);
        let answer = root.post(&app, STOCK, json!({ "part": other, "quantity": 1, "serial_numbers": "4" })).await;
        assert_eq!(answer.status, 400);
    }

    async fn of_two_that_ask_for_the_next_serial_number_at_once_each_gets_its_own(app: App) {
        let root = app.root().await;
        let pk = part(&app, &root, json!({ "name": "T", "trackable": true })).await;
        for _ in 0..5 {
            let body = json!({ "part": pk, "quantity": 2, "serial_numbers": "~+" });
            let (a, b, c) = tokio::join!(
                root.post(&app, STOCK, body.clone()), root.post(&app, STOCK, body.clone()), root.post(&app, STOCK, body)
            );
            assert_eq!((a.status.as_u16(), b.status.as_u16(), c.status.as_u16()), (201, 201, 201));
        }
        let list = root.get(&app, &format!("{STOCK}?part={pk}")).await.json();
        let mut serials: Vec<i64> =
            list.as_array().unwrap().iter().map(|item| item["serial"].as_str().unwrap().parse().unwrap()).collect();
        serials.sort_unstable();
        assert_eq!(serials, (1..=30).collect::<Vec<_>>());
    }

    async fn a_change_of_fields_is_in_the_log(app: App) {
        let root = app.root().await;
        let pk = part(&app, &root, json!({ "name": "P" })).await;
        let item = make(&app, &root, json!({ "part": pk, "quantity": 5 })).await[0];
        let url = format!("{STOCK}{item}/");
        let answer = root.patch(&app, &url, json!({ "quantity": "7.5", "batch": "B1", "status": 55, "purchase_price": "1.25" })).await;
        let read = answer.json();
        assert_eq!((&read["quantity"], &read["status_text"], &read["purchase_price"]), (&json!(7.5), &json!("Damaged"), &json!(1.25)));
        let log = root.get(&app, &format!("/api/stock/track/?item={item}&user_detail=true&part_detail=true&item_detail=true")).await.json();
        assert_eq!(log[0]["tracking_type"], json!(5));
        assert_eq!(log[0]["deltas"], json!({
            "batch": "B1", "purchase_price": 1.25, "quantity": 7.5, "added": 2.5, "status": 55, "old_status": 10,
        }));
        assert_eq!(log[0]["user_detail"]["username"], json!("root"));
        assert_eq!((&log[0]["item_detail"]["pk"], &log[0]["part_detail"]["pk"]), (&json!(item), &json!(pk)));
        // Sending it all back changes nothing, and is no entry.
        let whole = root.get(&app, &url).await.json();
        assert_eq!(root.patch(&app, &url, whole).await.status, 200);
        assert_eq!(root.get(&app, &url).await.json()["tracking_items"], json!(2));
        assert_eq!(root.patch(&app, &url, json!({ "status": 1 })).await.status, 400);
        assert_eq!(root.post(&app, "/api/stock/track/", json!({})).await.status, 405);
    }

    async fn parts_know_what_there_is_of_them(app: App) {
        let root = app.root().await;
        let near = root.make(&app, "/api/stock/location/", json!({ "name": "N" })).await;
        let far = root.make(&app, "/api/stock/location/", json!({ "name": "F", "external": true })).await;
        let template = part(&app, &root, json!({ "name": "T", "is_template": true, "minimum_stock": 4 })).await;
        let variant = part(&app, &root, json!({ "name": "V", "variant_of": template })).await;
        let none = part(&app, &root, json!({ "name": "Z" })).await;
        make(&app, &root, json!({ "part": template, "quantity": 0.1, "location": near })).await;
        make(&app, &root, json!({ "part": template, "quantity": 0.2, "location": far })).await;
        make(&app, &root, json!({ "part": template, "quantity": 100, "location": near, "status": 65 })).await;
        make(&app, &root, json!({ "part": variant, "quantity": 3, "location": near })).await;
        let list = root.get(&app, "/api/part/?limit=10").await.json();
        let read = &list["results"][0];
        let numbers = ["in_stock", "variant_stock", "total_in_stock", "external_stock", "unallocated_stock", "stock_item_count"];
        assert_eq!(numbers.map(|field| read[field].clone()), [json!(0.3), json!(3.0), json!(3.3), json!(0.2), json!(3.3), json!(2)]);
        for (query, expected) in [
            ("has_stock=true", vec![template, variant]),
            ("has_stock=false", vec![none]),
            ("low_stock=true", vec![template]),
            ("ordering=-in_stock", vec![variant, template, none]),
        ] {
            assert_eq!(keys(&root.get(&app, &format!("/api/part/?{query}")).await.json()), expected, "{query}");
        }
        let needed = root.get(&app, &format!("/api/part/{template}/requirements/")).await.json();
        assert_eq!(needed["total_stock"], json!(3.3));
    }

    async fn a_list_is_filtered_by_what_stock_is_and_where(app: App) {
        let root = app.root().await;
        let hall = root.make(&app, "/api/stock/location/", json!({ "name": "Hall" })).await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf", "parent": hall })).await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let template = part(&app, &root, json!({ "name": "A", "IPN": "X-1", "is_template": true, "trackable": true, "category": category })).await;
        let variant = part(&app, &root, json!({ "name": "B", "variant_of": template })).await;
        let one = make(&app, &root, json!({ "part": template, "quantity": 1, "location": hall, "serial_numbers": "12" })).await[0];
        let two = make(&app, &root, json!({ "part": variant, "quantity": 5, "location": shelf, "batch": "LOT" })).await[0];
        root.set(&app, "STOCK_ENABLE_EXPIRY", json!(true)).await;
        let three = make(&app, &root, json!({ "part": variant, "quantity": 2, "status": 70, "expiry_date": "2020-01-01" })).await[0];
        let four = make(&app, &root, json!({ "part": variant, "quantity": 9, "expiry_date": "2020-01-01" })).await[0];
        for (query, expected) in [
            ("", vec![one, three, two, four]),
            (&*format!("part={template}"), vec![one, three, two, four]),
            (&*format!("part={template}&include_variants=false"), vec![one]),
            (&*format!("location={hall}"), vec![one, two]),
            (&*format!("location={hall}&cascade=false"), vec![one]),
            ("location=null&cascade=false", vec![three, four]),
            ("in_stock=true", vec![one, two, four]),
            ("in_stock=false", vec![three]),
            ("serialized=true", vec![one]),
            ("serial=12", vec![one]),
            ("serial_gte=10&serial_lte=12", vec![one]),
            ("batch=LOT", vec![two]),
            ("has_batch=false", vec![one, three, four]),
            ("status=70", vec![three]),
            ("expired=true", vec![four]),
            ("min_stock=2&max_stock=5", vec![three, two]),
            ("IPN=X-1", vec![one]),
            ("name_contains=b", vec![three, two, four]),
            (&*format!("category={category}"), vec![one]),
            ("search=lot", vec![two]),
            ("ordering=-quantity", vec![four, two, three, one]),
            ("tracked=true", vec![one, two]),
        ] {
            assert_eq!(keys(&root.get(&app, &format!("{STOCK}?{query}")).await.json()), expected, "{query}");
        }
        for query in ["part=abc", "part=99", "location=99", "min_stock=x"] {
            assert_eq!(root.get(&app, &format!("{STOCK}?{query}")).await.status, 400, "{query}");
        }
    }

    async fn the_number_of_statements_does_not_grow_with_the_list(app: App) {
        let root = app.root().await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let mut seen = Vec::new();
        for n in 0..8 {
            let pk = part(&app, &root, json!({ "name": format!("p{n}"), "category": category })).await;
            make(&app, &root, json!({ "part": pk, "quantity": n, "location": shelf })).await;
            let path = format!("{STOCK}?limit=50&location_detail=true&path_detail=true&part_detail=true");
            root.get(&app, &path).await;
            let before = app.ctx.db.statements();
            root.get(&app, &path).await;
            seen.push(app.ctx.db.statements() - before);
        }
        let least = *seen.iter().min().unwrap();
        // Page, parts, default locations, locations, paths; a page that is not full counts itself.
        assert_eq!(least, 5);
        // The clock may tick between two requests, which costs the two statements of authentication.
        assert!(seen.iter().all(|cost| *cost <= least + 2), "{seen:?}");
    }

    async fn a_detail_shows_nothing_that_a_direct_read_denies(app: App) {
        use stockade::{accounts::group::Rules, scope::Role};
        let root = app.root().await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let pk = part(&app, &root, json!({ "name": "P" })).await;
        make(&app, &root, json!({ "part": pk, "quantity": 1, "location": shelf })).await;
        let clerk = app.person("clerk").await;
        let rules = Rules { view: true, ..Rules::default() };
        let group = app.group("clerks", &[(Role::Stock, rules)]).await;
        app.join(&clerk, &[&group]).await;
        let clerk = app.by_token(&clerk).await;
        let read = clerk.get(&app, &format!("{STOCK}?location_detail=true&path_detail=true")).await.json();
        let item = read[0].as_object().unwrap();
        for hidden in ["part_detail", "location_detail", "location_path"] {
            assert!(!item.contains_key(hidden), "{hidden}");
        }
        // And who may not view stock learns nothing of it from parts.
        let reader = app.person("reader").await;
        let group = app.group("readers", &[(Role::Part, rules)]).await;
        app.join(&reader, &[&group]).await;
        let reader = app.by_token(&reader).await;
        assert_eq!(reader.get(&app, &format!("/api/part/{pk}/")).await.json()["in_stock"], json!(0.0));
    }

    async fn deleting_stock_is_in_the_log_of_its_part(app: App) {
        let root = app.root().await;
        let pk = part(&app, &root, json!({ "name": "P", "trackable": true })).await;
        let item = make(&app, &root, json!({ "part": pk, "quantity": 1, "serial_numbers": "1" })).await[0];
        let settings = "/api/settings/global/STOCK_ALLOW_DELETE_SERIALIZED/";
        assert_eq!(root.patch(&app, settings, json!({ "value": false })).await.status, 200);
        let url = format!("{STOCK}{item}/");
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), (400, json!({
            "non_field_errors": ["Serialized stock items cannot be deleted"],
        })));
        assert_eq!(root.patch(&app, settings, json!({ "value": true })).await.status, 200);
        assert_eq!(root.delete(&app, &url, json!({})).await.status, 204);
        let log = root.get(&app, &format!("/api/stock/track/?part={pk}")).await.json();
        assert_eq!((&log[0]["item"], &log[0]["deltas"]), (&json!(null), &json!({ "deleted": true, "quantity": 0.0, "removed": 1.0 })));
    }

    async fn the_codes_are_listed(app: App) {
        let root = app.root().await;
        let states = root.get(&app, "/api/stock/status/").await.json();
        assert_eq!(states["status_class"], json!("StockStatus"));
        assert_eq!(states["values"]["LOST"], json!({ "key": 70, "name": "LOST", "label": "Lost", "color": "dark" }));
        let events = root.get(&app, "/api/stock/track/status/").await.json();
        assert_eq!(events["values"]["SPLIT_FROM_PARENT"]["key"], json!(40));
    }
}
