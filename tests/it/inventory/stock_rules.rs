//! What settings and owners say about stock; codes and numbers that the server makes.

use chrono::Days;
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{App, actors::Actor, both};

const STOCK: &str = "/api/stock/";

async fn stock(app: &App, root: &Actor, body: Value) -> Value {
    let answer = root.post(app, STOCK, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()[0].clone()
}

fn keys(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["pk"].as_i64().unwrap()).collect()
}

both! {
    async fn stock_expires_and_is_stale_as_the_settings_say(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "Glue", "salable": true })).await;
        let customer = root.make(&app, "/api/company/", json!({ "name": "C", "is_customer": true })).await;
        let today = app.ctx.clock.today();
        let mut items = Vec::new();
        for day in [today - Days::new(1), today, today + Days::new(5), today + Days::new(30)] {
            let made = stock(&app, &root, json!({ "part": part, "quantity": 1, "expiry_date": day.to_string() })).await;
            items.push(made["pk"].as_i64().unwrap());
        }
        let list = |query: &'static str| {
            let (root, app) = (&root, &app);
            async move { keys(&root.get(app, &format!("{STOCK}?ordering=expiry_date&{query}")).await.json()) }
        };
        assert_eq!((list("expired=true").await, list("stale=true").await, list("expired=false").await.len()), (vec![], vec![], 4));
        root.set(&app, "STOCK_ENABLE_EXPIRY", json!(true)).await;
        app.ctx.clock.advance(2);
        assert_eq!((list("expired=true").await, list("stale=true").await), (items[..1].to_vec(), vec![]));
        root.set(&app, "STOCK_STALE_DAYS", json!(10)).await;
        app.ctx.clock.advance(2);
        assert_eq!((list("stale=true").await, list("stale=false").await), (items[..3].to_vec(), items[3..].to_vec()));
        let one = root.get(&app, &format!("{STOCK}{}/", items[0])).await.json();
        assert_eq!((&one["expired"], &one["stale"]), (&json!(true), &json!(true)));
        let body = json!({ "items": [{ "item": items[0] }], "customer": customer });
        let refused = root.post(&app, "/api/stock/assign/", body.clone()).await;
        assert_eq!(refused.pair(), (400, json!({ "items": [{ "item": ["Stock item has expired"] }] })));
        root.set(&app, "STOCK_ALLOW_EXPIRED_SALE", json!(true)).await;
        let sold = root.post(&app, "/api/stock/assign/", body).await;
        assert_eq!(sold.pair(), (201, json!({ "items": [items[0]], "customer": customer, "notes": "" })));
    }

    async fn what_has_an_owner_is_changed_by_its_owner_only_where_the_setting_says_so(app: App) {
        let root = app.root().await;
        let rules = [(Role::Stock, Rules::ALL), (Role::StockLocation, Rules::ALL), (Role::Part, Rules::ALL)];
        let group = app.group("keepers", &rules).await;
        let (ann, bob) = (app.person("ann").await, app.person("bob").await);
        app.join(&ann, &[&group]).await;
        app.join(&bob, &[&group]).await;
        let (by_ann, by_bob) = (app.by_token(&ann).await, app.by_token(&bob).await);
        let owners = root.get(&app, "/api/user/owner/").await.json();
        let owner = |name: &str| {
            let row = owners.as_array().unwrap().iter().find(|row| row["name"] == name);
            row.unwrap_or_else(|| panic!("{owners}"))["pk"].as_i64().unwrap()
        };
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let hall = root.make(&app, "/api/stock/location/", json!({ "name": "Hall", "owner": owner("ann") })).await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf", "parent": hall })).await;
        let yard = root.make(&app, "/api/stock/location/", json!({ "name": "Yard" })).await;
        let inside = stock(&app, &root, json!({ "part": part, "quantity": 5, "location": shelf })).await["pk"].clone();
        let body = json!({ "part": part, "quantity": 5, "location": yard, "owner": owner("keepers") });
        let shared = stock(&app, &root, body).await["pk"].clone();
        let add = |pk: &Value| json!({ "items": [{ "pk": pk, "quantity": 1 }] });
        assert_eq!(by_bob.post(&app, "/api/stock/add/", add(&inside)).await.status, 201);
        root.set(&app, "STOCK_OWNERSHIP_CONTROL", json!(true)).await;
        let there = |pk: &Value, to: i64| json!({ "items": [{ "pk": pk, "quantity": 1 }], "location": to });
        for (who, allowed) in [(&by_ann, true), (&by_bob, false), (&root, true)] {
            let status = |fine: u16| if allowed { fine } else { 403 };
            let path = format!("{STOCK}{inside}/");
            assert_eq!(who.post(&app, "/api/stock/add/", add(&inside)).await.status, status(201));
            assert_eq!(who.post(&app, "/api/stock/transfer/", there(&inside, yard)).await.status, status(201));
            assert_eq!(who.post(&app, "/api/stock/transfer/", there(&shared, shelf)).await.status, status(201));
            assert_eq!(who.patch(&app, &path, json!({ "batch": "B" })).await.status, status(200));
            assert_eq!(who.post(&app, STOCK, json!({ "part": part, "quantity": 1, "location": shelf })).await.status, status(201));
            assert_eq!(who.patch(&app, &format!("/api/stock/location/{shelf}/"), json!({ "description": "d" })).await.status, status(200));
            assert_eq!(who.post(&app, "/api/barcode/unlink/", json!({ "stockitem": inside })).await.status, status(200));
            assert_eq!(who.post(&app, "/api/stock/add/", add(&shared)).await.status, 201);
        }
        let gone = json!({ "delete_stock_items": true, "delete_sub_locations": true });
        assert_eq!(by_bob.delete(&app, &format!("/api/stock/location/{hall}/"), gone.clone()).await.status, 403);
        assert_eq!(by_bob.delete(&app, &format!("{STOCK}{inside}/"), json!({})).await.status, 403);
        assert_eq!(by_ann.delete(&app, &format!("{STOCK}{inside}/"), json!({})).await.status, 204);
    }

    async fn transfers_merge_and_bring_back_as_the_settings_say(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P", "salable": true })).await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let customer = root.make(&app, "/api/company/", json!({ "name": "C", "is_customer": true })).await;
        let there = stock(&app, &root, json!({ "part": part, "quantity": 5, "location": shelf })).await["pk"].clone();
        let sold = stock(&app, &root, json!({ "part": part, "quantity": 2 })).await["pk"].clone();
        let body = json!({ "items": [{ "item": sold }], "customer": customer });
        assert_eq!(root.post(&app, "/api/stock/assign/", body).await.status, 201);
        let body = json!({ "items": [{ "pk": sold, "quantity": 2 }], "location": shelf });
        assert_eq!(root.post(&app, "/api/stock/transfer/", body.clone()).await.status, 400);
        root.set(&app, "STOCK_ALLOW_OUT_OF_STOCK_TRANSFER", json!(true)).await;
        root.set(&app, "STOCK_MERGE_ON_TRANSFER", json!(true)).await;
        assert_eq!(root.post(&app, "/api/stock/transfer/", body).await.status, 201);
        assert_eq!(root.get(&app, &format!("{STOCK}{there}/")).await.json()["quantity"], json!(7.0));
        root.set(&app, "STOCK_DELETE_DEPLETED_DEFAULT", json!(false)).await;
        let kept = stock(&app, &root, json!({ "part": part, "quantity": 2 })).await;
        assert_eq!(kept["delete_on_deplete"], json!(false));
    }

    async fn batch_codes_are_made_by_the_template(app: App) {
        let root = app.root().await;
        let part = root.make(&app, "/api/part/", json!({ "name": "Glue", "IPN": "G-1" })).await;
        assert_eq!(root.post(&app, "/api/generate/batch-code/", json!({})).await.pair(), (201, json!({
            "batch_code": "", "build_order": null, "item": null, "location": null, "part": null, "purchase_order": null, "quantity": null,
        })));
        root.set(&app, "STOCK_BATCH_CODE_TEMPLATE", json!("{{ part.IPN }}/{{ year }}")).await;
        let year = app.ctx.clock.today().format("%Y").to_string();
        let code = root.post(&app, "/api/generate/batch-code/", json!({ "part": part, "quantity": 2 })).await.json();
        assert_eq!(code["batch_code"], json!(format!("G-1/{year}")));
        assert_eq!(stock(&app, &root, json!({ "part": part, "quantity": 1 })).await["batch"], json!(format!("G-1/{year}")));
        assert_eq!(stock(&app, &root, json!({ "part": part, "quantity": 1, "batch": "" })).await["batch"], json!(""));
        for (body, field) in [(json!({ "part": 99 }), "part"), (json!({ "build_order": 1 }), "build_order"), (json!({ "quantity": "x" }), "quantity")] {
            let answer = root.post(&app, "/api/generate/batch-code/", body).await;
            assert!(answer.status == 400 && answer.json().get(field).is_some(), "{}", answer.text);
        }
        let clerk = app.entitled("clerk", &[(Role::Stock, Rules::ALL)]).await;
        assert_eq!(clerk.post(&app, "/api/generate/batch-code/", json!({ "part": part })).await.status, 403);
        let stranger = app.entitled("stranger", &[(Role::Part, Rules::ALL)]).await;
        assert_eq!(stranger.post(&app, "/api/generate/batch-code/", json!({})).await.status, 403);
    }

    async fn serial_numbers_follow_the_last_of_the_family(app: App) {
        let root = app.root().await;
        let template = root.make(&app, "/api/part/", json!({ "name": "T", "is_template": true, "trackable": true })).await;
        let variant = root.make(&app, "/api/part/", json!({ "name": "V", "variant_of": template, "trackable": true })).await;
        let path = format!("/api/part/{template}/serial-numbers/");
        assert_eq!(root.get(&app, &path).await.json(), json!({ "latest": null, "next": "1" }));
        stock(&app, &root, json!({ "part": variant, "quantity": 2, "serial_numbers": "8,9" })).await;
        assert_eq!(root.get(&app, &path).await.json(), json!({ "latest": "9", "next": "10" }));
        let answer = root.post(&app, "/api/generate/serial-number/", json!({ "part": template, "quantity": 3 })).await;
        assert_eq!(answer.pair(), (201, json!({ "serial_number": "10,11,12", "part": template, "quantity": 3 })));
        let answer = root.post(&app, "/api/generate/serial-number/", json!({})).await.json();
        assert_eq!(answer, json!({ "serial_number": null, "part": null, "quantity": 1 }));
        for quantity in [0, -1, 1001] {
            let answer = root.post(&app, "/api/generate/serial-number/", json!({ "part": template, "quantity": quantity })).await;
            assert_eq!(answer.status, 400, "{quantity}");
        }
        assert_eq!(root.get(&app, "/api/part/99/serial-numbers/").await.status, 404);
        let blind = app.entitled("blind", &[(Role::Part, Rules::ALL)]).await;
        assert_eq!(blind.get(&app, &path).await.status, 403);
    }

    async fn what_can_be_built_is_what_the_scarcest_line_allows(app: App) {
        let root = app.root().await;
        let part = |body: Value| {
            let (root, app) = (&root, &app);
            async move { root.make(app, "/api/part/", body).await }
        };
        let board = part(json!({ "name": "Board", "assembly": true })).await;
        let chip = part(json!({ "name": "Chip", "is_template": true })).await;
        let variant = part(json!({ "name": "Chip 2", "variant_of": chip })).await;
        let (screw, glue, bolt) = (part(json!({ "name": "Screw" })).await, part(json!({ "name": "Glue" })).await, part(json!({ "name": "Bolt" })).await);
        let path = format!("/api/part/{board}/requirements/");
        assert_eq!(root.get(&app, &path).await.json()["can_build"], json!(0.0));
        // 9 chips and 4 of a variant that will do, 2 each: 6.5.
        let line = json!({ "part": board, "sub_part": chip, "quantity": 2, "allow_variants": true });
        let for_chips = root.make(&app, "/api/bom/", line).await;
        // (100 - 10) of screws and 20 of bolts instead, 4 each and a quarter lost: 110 / 5 = 22.
        let line = json!({ "part": board, "sub_part": screw, "quantity": 4, "setup_quantity": 10, "attrition": 25 });
        let screws = root.make(&app, "/api/bom/", line).await;
        root.make(&app, "/api/bom/substitute/", json!({ "bom_item": screws, "part": bolt })).await;
        // None of it there, and none counted.
        root.make(&app, "/api/bom/", json!({ "part": board, "sub_part": glue, "quantity": 1, "consumable": true })).await;
        for (part, quantity) in [(chip, 9), (variant, 4), (screw, 100), (bolt, 20)] {
            stock(&app, &root, json!({ "part": part, "quantity": quantity })).await;
        }
        // Damaged stock counts, what was lost does not.
        stock(&app, &root, json!({ "part": screw, "quantity": 1000, "status": 70 })).await;
        for (line, built) in [(for_chips, 6.5), (screws, 22.0)] {
            assert_eq!(root.get(&app, &format!("/api/bom/{line}/")).await.json()["can_build"], json!(built));
        }
        assert_eq!(root.get(&app, &path).await.json()["can_build"], json!(6.0));
        let blind = app.entitled("blind", &[(Role::Part, Rules::ALL)]).await;
        assert_eq!(blind.get(&app, &path).await.json()["can_build"], json!(0.0));
    }

    async fn the_first_stock_of_a_part_takes_the_right_to_add_stock(app: App) {
        let clerk = app.entitled("clerk", &[(Role::Part, Rules::ALL)]).await;
        let body = json!({ "name": "P", "initial_stock": { "quantity": 5 } });
        assert_eq!(clerk.post(&app, "/api/part/", body.clone()).await.status, 403);
        let root = app.root().await;
        assert_eq!(root.get(&app, "/api/part/").await.json(), json!([]));
        assert_eq!(clerk.post(&app, "/api/part/", json!({ "name": "P", "initial_stock": { "quantity": 0 } })).await.status, 201);
        let both = app.entitled("both", &[(Role::Part, Rules::ALL), (Role::Stock, Rules::ALL)]).await;
        assert_eq!(both.post(&app, "/api/part/", json!({ "name": "Q", "initial_stock": { "quantity": 5 } })).await.status, 201);
    }

    async fn an_assembly_is_taken_apart_as_its_bill_says(app: App) {
        let root = app.root().await;
        let part = |body: Value| {
            let (root, app) = (&root, &app);
            async move { root.make(app, "/api/part/", body).await }
        };
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let bin = root.make(&app, "/api/stock/location/", json!({ "name": "Bin" })).await;
        let rack = root.make(&app, "/api/stock/location/", json!({ "name": "Rack", "structural": true })).await;
        let board = part(json!({ "name": "Board", "assembly": true })).await;
        let (chip, screw) = (part(json!({ "name": "Chip", "trackable": false })).await, part(json!({ "name": "Screw" })).await);
        let line = |sub: i64, quantity: i64| json!({ "part": board, "sub_part": sub, "quantity": quantity });
        let chips = root.make(&app, "/api/bom/", line(chip, 1)).await;
        let screws = root.make(&app, "/api/bom/", line(screw, 4)).await;
        let body = json!({ "part": board, "quantity": 3, "location": shelf, "purchase_price": "10" });
        let item = stock(&app, &root, body).await["pk"].clone();
        let path = format!("{STOCK}{item}/disassemble/");
        let plain = stock(&app, &root, json!({ "part": chip, "quantity": 3 })).await["pk"].clone();
        for (pk, body, error) in [
            (&plain, json!({ "quantity": 1, "items": [{ "bom_item": chips, "quantity": 1 }] }), json!({ "non_field_errors": ["Stock item is not an assembly"] })),
            (&item, json!({ "quantity": 0, "items": [{ "bom_item": chips, "quantity": 1 }] }), json!({ "quantity": ["Quantity must be greater than zero"] })),
            (&item, json!({ "quantity": 4, "items": [{ "bom_item": chips, "quantity": 1 }] }), json!({ "quantity": ["Quantity must not exceed available stock quantity (3)"] })),
            (&item, json!({ "quantity": 1, "items": [] }), json!({ "items": ["Between 1 and 1000 components must be provided"] })),
            (&item, json!({ "quantity": 1, "items": [{ "bom_item": chips, "quantity": 0 }, { "bom_item": chips, "quantity": 1 }] }), json!({ "items": [
                { "quantity": ["Quantity must be greater than zero"] }, { "bom_item": [format!("Invalid pk \"{chips}\" - object does not exist.")] },
            ] })),
            (&item, json!({ "quantity": 1, "items": [{ "bom_item": chips, "quantity": 1, "location": rack }] }), json!({ "items": [
                { "location": ["Stock items cannot be located into structural stock locations!"] },
            ] })),
            (&item, json!({ "quantity": 1, "items": [{ "bom_item": chips, "quantity": 1, "status": 11 }] }), json!({ "items": [
                { "status": ["\"11\" is not a valid choice."] },
            ] })),
        ] {
            let text = body.to_string();
            assert_eq!(root.post(&app, &format!("{STOCK}{pk}/disassemble/"), body).await.pair(), (400, error), "{text}");
        }
        let body = json!({ "quantity": 2, "notes": "broken", "location": bin, "items": [
            { "bom_item": chips, "quantity": 2, "status": 55, "location": shelf, "purchase_price": "4" },
            { "bom_item": screws, "quantity": "8" },
        ] });
        let made = root.post(&app, &path, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made = made.json();
        let shown = |row: &Value| ["part", "quantity", "location", "status", "purchase_price"].map(|field| row[field].clone());
        assert_eq!(shown(&made[0]), [json!(chip), json!(2.0), json!(shelf), json!(55), json!(4.0)]);
        // 2 boards at 10, less 2 chips at 4, over 8 screws.
        assert_eq!(shown(&made[1]), [json!(screw), json!(8.0), json!(bin), json!(10), json!(1.5)]);
        assert_eq!(root.get(&app, &format!("{STOCK}{item}/")).await.json()["quantity"], json!(1.0));
        let log = root.get(&app, &format!("/api/stock/track/?item={item}")).await.json();
        assert_eq!((&log[0]["tracking_type"], &log[0]["notes"], &log[0]["deltas"]["removed"]), (&json!(46), &json!("broken"), &json!(2.0)));
        let log = root.get(&app, &format!("/api/stock/track/?item={}", made[1]["pk"])).await.json();
        assert_eq!((&log[0]["tracking_type"], &log[0]["deltas"]["stockitem"]), (&json!(47), &item));
        // What was installed in it is found beside the components, and only the whole is taken apart then.
        root.set(&app, "STOCK_ENFORCE_BOM_INSTALLATION", json!(false)).await;
        let body = json!({ "stock_item": plain, "quantity": 3 });
        assert_eq!(root.post(&app, &format!("{STOCK}{item}/install/"), body).await.status, 201);
        let body = |quantity: &str| json!({ "quantity": quantity, "items": [{ "bom_item": screws, "quantity": 4 }] });
        assert_eq!(root.post(&app, &path, body("0.5")).await.status, 400);
        assert_eq!(root.post(&app, &path, body("1")).await.status, 201);
        let inside = root.get(&app, &format!("{STOCK}{plain}/")).await.json();
        assert_eq!((&inside["belongs_to"], &inside["location"]), (&json!(null), &json!(shelf)));
        assert_eq!(root.get(&app, &format!("{STOCK}{item}/")).await.status, 404);
    }
}
