//! `/api/stock/<action>/`.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const STOCK: &str = "/api/stock/";

struct Shop {
    root: Actor,
    shelf: i64,
    bin: i64,
    part: i64,
}

async fn shop(app: &App) -> Shop {
    let root = app.root().await;
    let shelf = root.make(app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
    let bin = root.make(app, "/api/stock/location/", json!({ "name": "Bin" })).await;
    let part = root.make(app, "/api/part/", json!({ "name": "P", "salable": true })).await;
    Shop { root, shelf, bin, part }
}

impl Shop {
    async fn stock(&self, app: &App, quantity: Value) -> i64 {
        let body = json!({ "part": self.part, "quantity": quantity, "location": self.shelf });
        self.make(app, body).await[0]
    }

    async fn make(&self, app: &App, body: Value) -> Vec<i64> {
        let answer = self.root.post(app, STOCK, body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json().as_array().unwrap().iter().map(|item| item["pk"].as_i64().unwrap()).collect()
    }

    async fn read(&self, app: &App, pk: i64) -> Value {
        self.root.get(app, &format!("{STOCK}{pk}/")).await.json()
    }

    async fn act(&self, app: &App, action: &str, body: Value) -> (u16, Value) {
        self.root.post(app, &format!("{STOCK}{action}/"), body).await.pair()
    }

    async fn last(&self, app: &App, pk: i64) -> Value {
        self.root.get(app, &format!("/api/stock/track/?item={pk}")).await.json()[0].clone()
    }
}

both! {
    async fn counting_sets_the_quantity_and_who_counted(app: App) {
        let shop = shop(&app).await;
        let pk = shop.stock(&app, json!(10)).await;
        let body = json!({ "items": [{ "pk": pk, "quantity": "12.5", "status": 50, "batch": "B" }], "notes": "found", "location": shop.bin });
        assert_eq!(shop.act(&app, "count", body).await, (201, json!({
            "items": [{ "pk": pk, "quantity": "12.50000" }], "notes": "found", "location": shop.bin,
        })));
        let item = shop.read(&app, pk).await;
        assert_eq!((&item["quantity"], &item["status"], &item["batch"]), (&json!(12.5), &json!(50), &json!("B")));
        assert_eq!((&item["location"], &item["stocktake_date"]), (&json!(shop.bin), &json!(app.ctx.clock.today().to_string())));
        let entry = shop.last(&app, pk).await;
        assert_eq!((&entry["label"], &entry["notes"]), (&json!("Stock counted"), &json!("found")));
        assert_eq!(entry["deltas"], json!({ "quantity": 12.5, "added": 2.5, "location": shop.bin, "status": 50, "old_status": 10 }));
    }

    async fn adding_and_removing_are_exact_and_end_at_nothing(app: App) {
        let shop = shop(&app).await;
        let pk = shop.stock(&app, json!("0.3")).await;
        let body = |quantity: &str| json!({ "items": [{ "pk": pk, "quantity": quantity }] });
        assert_eq!(shop.act(&app, "add", body("0.00001")).await.0, 201);
        assert_eq!(shop.act(&app, "remove", body("0.1")).await.0, 201);
        assert_eq!(shop.read(&app, pk).await["quantity"], json!(0.20001));
        // Nothing added is no entry.
        assert_eq!(shop.act(&app, "add", body("0")).await.0, 201);
        assert_eq!(shop.read(&app, pk).await["tracking_items"], json!(3));
        assert_eq!(shop.act(&app, "add", body("9999999999.9")).await, (400, json!({
            "items": [{ "quantity": ["Ensure that there are no more than 15 digits in total."] }],
        })));
        // More than there is takes what there is; the item goes with its last.
        assert_eq!(shop.act(&app, "remove", body("1000")).await, (201, json!({
            "items": [{ "pk": null, "quantity": "1000.00000" }], "notes": "",
        })));
        assert_eq!(shop.root.get(&app, &format!("{STOCK}{pk}/")).await.status, 404);
        let kept = shop.make(&app, json!({ "part": shop.part, "quantity": 1, "delete_on_deplete": false })).await[0];
        shop.act(&app, "remove", json!({ "items": [{ "pk": kept, "quantity": 1 }] })).await;
        let item = shop.read(&app, kept).await;
        assert_eq!((&item["quantity"], &item["in_stock"]), (&json!(0.0), &json!(false)));
    }

    async fn what_is_wrong_with_an_item_is_said_at_its_place_and_nothing_is_done(app: App) {
        let shop = shop(&app).await;
        let pk = shop.stock(&app, json!(10)).await;
        for action in ["count", "add", "remove"] {
            let body = json!({ "items": [{ "pk": pk, "quantity": 1 }, { "pk": 999, "quantity": 1 }] });
            assert_eq!(shop.act(&app, action, body).await, (400, json!({
                "items": [{}, { "pk": ["Invalid pk \"999\" - object does not exist."] }],
            })));
        }
        assert_eq!(shop.read(&app, pk).await["quantity"], json!(10.0));
        for (body, errors) in [
            (json!({}), json!({ "items": ["This field is required."] })),
            (json!({ "items": [] }), json!({ "non_field_errors": ["A list of stock items must be provided"] })),
            (json!({ "items": [{ "pk": pk, "quantity": -1 }] }), json!({ "items": [{ "quantity": ["Ensure this value is greater than or equal to 0."] }] })),
            (json!({ "items": [{ "pk": pk, "quantity": "NaN" }] }), json!({ "items": [{ "quantity": ["A valid number is required."] }] })),
            (json!({ "items": [{ "pk": pk, "quantity": 1 }, { "pk": pk, "quantity": 1 }] }), json!({ "items": [{}, { "pk": ["Duplicate stock item"] }] })),
        ] {
            assert_eq!(shop.act(&app, "add", body).await, (400, errors));
        }
    }

    async fn a_transfer_moves_the_whole_or_splits_a_part_off(app: App) {
        let shop = shop(&app).await;
        let pk = shop.stock(&app, json!(10)).await;
        let body = |quantity: f64, merge: bool| json!({
            "items": [{ "pk": pk, "quantity": quantity, "merge": merge }], "location": shop.bin,
        });
        assert_eq!(shop.act(&app, "transfer", body(4.0, false)).await.0, 201);
        assert_eq!(shop.read(&app, pk).await["quantity"], json!(6.0));
        let list = shop.root.get(&app, &format!("{STOCK}?location={}", shop.bin)).await.json();
        let child = list[0]["pk"].as_i64().unwrap();
        assert_eq!((&list[0]["quantity"], &list[0]["parent"]), (&json!(4.0), &json!(pk)));
        assert_eq!(shop.last(&app, child).await["deltas"], json!({
            "stockitem": pk, "quantity": 4.0, "added": 4.0, "status": 10, "location": shop.bin,
        }));
        assert_eq!(shop.last(&app, pk).await["deltas"], json!({ "stockitem": child, "quantity": 6.0, "removed": 4.0 }));
        // Into what lies there.
        assert_eq!(shop.act(&app, "transfer", body(1.0, true)).await.0, 201);
        assert_eq!((shop.read(&app, pk).await["quantity"].clone(), shop.read(&app, child).await["quantity"].clone()), (json!(5.0), json!(5.0)));
        // More than there is moves all.
        assert_eq!(shop.act(&app, "transfer", body(999.0, false)).await.0, 201);
        let item = shop.read(&app, pk).await;
        assert_eq!((&item["quantity"], &item["location"]), (&json!(5.0), &json!(shop.bin)));
        assert_eq!(shop.last(&app, pk).await["label"], json!("Location changed"));
        assert_eq!(shop.act(&app, "transfer", body(0.0, false)).await.0, 400);
    }

    async fn merging_makes_one_of_several_at_the_average_price(app: App) {
        let shop = shop(&app).await;
        let priced = |quantity: i32, price: &str| json!({
            "part": shop.part, "quantity": quantity, "location": shop.shelf, "purchase_price": price,
        });
        let a = shop.make(&app, priced(1, "10")).await[0];
        let b = shop.make(&app, priced(3, "2")).await[0];
        let body = |items: Value| json!({ "items": items, "location": shop.bin });
        let (status, _) = shop.act(&app, "merge", body(json!([{ "item": a }, { "item": b }]))).await;
        assert_eq!(status, 201);
        let item = shop.read(&app, a).await;
        assert_eq!((&item["quantity"], &item["purchase_price"], &item["location"]), (&json!(4.0), &json!(4.0), &json!(shop.bin)));
        assert_eq!(shop.root.get(&app, &format!("{STOCK}{b}/")).await.status, 404);
        let other = shop.root.make(&app, "/api/part/", json!({ "name": "Other" })).await;
        let c = shop.make(&app, json!({ "part": other, "quantity": 1 })).await[0];
        let (_, error) = shop.act(&app, "merge", body(json!([{ "item": a }, { "item": c }]))).await;
        assert_eq!(error, json!({ "non_field_errors": ["Stock items must refer to the same part"] }));
        let (_, error) = shop.act(&app, "merge", body(json!([{ "item": a }]))).await;
        assert_eq!(error, json!({ "non_field_errors": ["At least two stock items must be provided"] }));
        let (_, error) = shop.act(&app, "merge", body(json!([{ "item": a }, { "item": a }]))).await;
        assert_eq!(error, json!({ "items": [{}, { "item": ["Duplicate stock item"] }] }));
        let d = shop.stock(&app, json!(1)).await;
        shop.act(&app, "change_status", json!({ "items": [d], "status": 55 })).await;
        let (_, error) = shop.act(&app, "merge", body(json!([{ "item": a }, { "item": d }]))).await;
        assert_eq!(error, json!({ "non_field_errors": ["Stock status codes must match"] }));
    }

    async fn serial_numbers_are_given_to_some_of_an_item(app: App) {
        let mut shop = shop(&app).await;
        shop.part = shop.root.make(&app, "/api/part/", json!({ "name": "T", "trackable": true })).await;
        let pk = shop.stock(&app, json!(5)).await;
        let body = |quantity: i32, serials: &str| json!({
            "quantity": quantity, "serial_numbers": serials, "destination": shop.bin, "notes": "n",
        });
        let action = format!("{pk}/serialize");
        let (status, made) = shop.act(&app, &action, body(2, "7+")).await;
        assert_eq!(status, 201);
        assert_eq!((&made[0]["serial"], &made[1]["serial"], &made[0]["quantity"]), (&json!("7"), &json!("8"), &json!(1.0)));
        assert_eq!((&made[0]["parent"], &made[0]["location"]), (&json!(pk), &json!(shop.bin)));
        assert_eq!(shop.read(&app, pk).await["quantity"], json!(3.0));
        assert_eq!(shop.act(&app, &action, body(9, "20+")).await, (400, json!({
            "quantity": ["Quantity must not exceed available stock quantity (3)"],
        })));
        assert_eq!(shop.act(&app, &action, body(1, "8")).await, (400, json!({
            "serial_numbers": ["The following serial numbers already exist or are invalid: 8"],
        })));
        assert_eq!(shop.act(&app, &action, body(3, "~+")).await.0, 201);
        assert_eq!(shop.root.get(&app, &format!("{STOCK}{pk}/")).await.status, 404);
    }

    async fn only_what_the_bill_of_material_names_is_installed_unless_the_setting_says_so(app: App) {
        let mut shop = shop(&app).await;
        let part = |body: Value| {
            let root = shop.root.clone();
            let app = &app;
            async move { root.make(app, "/api/part/", body).await }
        };
        let board = part(json!({ "name": "Board", "assembly": true, "is_template": true })).await;
        let board2 = part(json!({ "name": "Board 2", "assembly": true, "variant_of": board })).await;
        let chip = part(json!({ "name": "Chip", "is_template": true })).await;
        let chip2 = part(json!({ "name": "Chip 2", "variant_of": chip })).await;
        let other = part(json!({ "name": "Other" })).await;
        let body = json!({ "part": board, "sub_part": chip, "quantity": 1, "inherited": true, "allow_variants": true });
        let line = shop.root.make(&app, "/api/bom/", body).await;
        shop.root.make(&app, "/api/bom/substitute/", json!({ "bom_item": line, "part": other })).await;
        let stranger = shop.stock(&app, json!(1)).await;
        let mut items = Vec::new();
        for part in [board2, chip, chip2, other] {
            shop.part = part;
            items.push(shop.stock(&app, json!(1)).await);
        }
        let fitting = shop.root.get(&app, &format!("{STOCK}?bom_item={line}&ordering=updated")).await.json();
        assert_eq!(fitting.as_array().unwrap().len(), 3);
        let action = format!("{}/install", items[0]);
        assert_eq!(shop.act(&app, &action, json!({ "stock_item": stranger })).await, (400, json!({
            "stock_item": ["Selected part is not in the Bill of Materials"],
        })));
        for item in &items[1..] {
            assert_eq!(shop.act(&app, &action, json!({ "stock_item": item })).await.0, 201);
        }
        shop.root.set(&app, "STOCK_ENFORCE_BOM_INSTALLATION", json!(false)).await;
        assert_eq!(shop.act(&app, &action, json!({ "stock_item": stranger })).await.0, 201);
    }

    async fn items_are_installed_in_items_and_taken_out(app: App) {
        let shop = shop(&app).await;
        shop.root.set(&app, "STOCK_ENFORCE_BOM_INSTALLATION", json!(false)).await;
        let holder = shop.stock(&app, json!(1)).await;
        let pk = shop.stock(&app, json!(5)).await;
        let (status, done) = shop.act(&app, &format!("{holder}/install"), json!({ "stock_item": pk, "quantity": 2 })).await;
        assert_eq!(status, 201);
        let inside = done["stock_item"].as_i64().unwrap();
        let item = shop.read(&app, inside).await;
        assert_eq!((&item["belongs_to"], &item["location"], &item["quantity"], &item["in_stock"]),
            (&json!(holder), &json!(null), &json!(2.0), &json!(false)));
        assert_eq!(shop.read(&app, holder).await["installed_items"], json!(1));
        assert_eq!(shop.last(&app, holder).await["label"], json!("Installed component item"));
        // Not in itself, at any depth.
        let (_, error) = shop.act(&app, &format!("{inside}/install"), json!({ "stock_item": holder })).await;
        assert_eq!(error, json!({ "stock_item": ["Stock item cannot be installed in itself"] }));
        let (_, error) = shop.act(&app, &format!("{holder}/install"), json!({ "stock_item": pk, "quantity": 9 })).await;
        assert_eq!(error, json!({ "quantity": ["Quantity to install must not exceed available quantity"] }));
        // What is installed is not moved.
        let body = json!({ "items": [{ "pk": inside, "quantity": 2 }], "location": shop.bin });
        assert_eq!(shop.act(&app, "transfer", body).await, (400, json!({ "items": [{ "pk": ["Stock item is not in stock"] }] })));
        let (status, _) = shop.act(&app, &format!("{inside}/uninstall"), json!({ "location": shop.bin })).await;
        assert_eq!(status, 201);
        let item = shop.read(&app, inside).await;
        assert_eq!((&item["belongs_to"], &item["location"]), (&json!(null), &json!(shop.bin)));
        let (_, error) = shop.act(&app, &format!("{inside}/uninstall"), json!({ "location": shop.bin })).await;
        assert_eq!(error, json!({ "non_field_errors": ["Stock item is not installed in another item"] }));
        // What is in an item that is deleted is found where that was.
        shop.act(&app, &format!("{holder}/install"), json!({ "stock_item": inside, "quantity": 2 })).await;
        assert_eq!(shop.root.delete(&app, &format!("{STOCK}{holder}/"), json!({})).await.status, 204);
        assert_eq!(shop.read(&app, inside).await["location"], json!(shop.shelf));
    }

    async fn an_item_is_converted_within_its_family(app: App) {
        let mut shop = shop(&app).await;
        let template = shop.root.make(&app, "/api/part/", json!({ "name": "T", "is_template": true })).await;
        let variant = |name: &str| json!({ "name": name, "variant_of": template });
        let red = shop.root.make(&app, "/api/part/", variant("Red")).await;
        let blue = shop.root.make(&app, "/api/part/", variant("Blue")).await;
        let stranger = shop.part;
        shop.part = red;
        let pk = shop.stock(&app, json!(2)).await;
        let action = format!("{pk}/convert");
        assert_eq!(shop.act(&app, &action, json!({ "part": blue })).await, (201, json!({ "part": blue })));
        assert_eq!(shop.read(&app, pk).await["part"], json!(blue));
        for part in [stranger, blue] {
            assert_eq!(shop.act(&app, &action, json!({ "part": part })).await, (400, json!({
                "part": ["Selected part is not a valid option for conversion"],
            })));
        }
    }

    async fn acting_on_stock_needs_the_right_to_change_it(app: App) {
        use stockade::{accounts::group::Rules, scope::Role};
        let shop = shop(&app).await;
        let pk = shop.stock(&app, json!(2)).await;
        let clerk = app.person("clerk").await;
        let group = app.group("clerks", &[(Role::Stock, Rules { view: true, change: true, ..Rules::default() })]).await;
        app.join(&clerk, &[&group]).await;
        let clerk = app.by_token(&clerk).await;
        let body = json!({ "items": [{ "pk": pk, "quantity": 1 }] });
        assert_eq!(clerk.post(&app, "/api/stock/add/", body).await.status, 201);
        assert_eq!(clerk.post(&app, STOCK, json!({ "part": shop.part, "quantity": 1 })).await.status, 403);
    }
}
