//! `/api/company/...`.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const COMPANIES: &str = "/api/company/";
const PARTS: &str = "/api/company/part/";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

async fn company(app: &App, root: &Actor, name: &str) -> i64 {
    root.make(app, COMPANIES, json!({ "name": name, "is_manufacturer": true, "is_customer": true })).await
}

both! {
    async fn a_new_company_is_answered_whole(app: App) {
        let root = app.root().await;
        let answer = root.post(&app, COMPANIES, json!({ "name": "Acme", "website": "https://acme.example", "email": "" })).await;
        assert_eq!(answer.pair(), (201, json!({
            "pk": 1, "name": "Acme", "description": "", "website": "https://acme.example", "phone": "", "email": null,
            "currency": "USD", "contact": "", "link": "", "image": null, "active": true, "is_customer": false,
            "is_manufacturer": false, "is_supplier": true, "notes": null, "parts_supplied": 0, "parts_manufactured": 0,
            "primary_address": null, "tax_id": "", "tags": [],
        })));
        for (body, field, message) in [
            (json!({}), "name", "This field is required."),
            (json!({ "name": "X", "email": "no address" }), "email", "Enter a valid email address."),
            (json!({ "name": "X", "currency": "ZZZ" }), "currency", "\"ZZZ\" is not a valid choice."),
            (json!({ "name": "X", "website": "javascript:alert(1)" }), "website", "Enter a valid URL."),
        ] {
            assert_eq!(root.post(&app, COMPANIES, body).await.pair(), (400, json!({ field: [message] })));
        }
        // Names may repeat; name and address together may not.
        let twin = json!({ "name": "Acme", "email": "a@acme.example" });
        assert_eq!(root.post(&app, COMPANIES, twin.clone()).await.status, 201);
        assert_eq!(root.post(&app, COMPANIES, twin).await.pair(), (400, json!({
            "non_field_errors": ["The fields name, email must make a unique set."],
        })));
        let list = root.get(&app, &format!("{COMPANIES}?is_supplier=true&search=acme&ordering=-name")).await.json();
        assert_eq!(names(&list), ["Acme", "Acme"]);
    }

    async fn one_address_of_a_company_is_its_primary_one(app: App) {
        let root = app.root().await;
        let acme = company(&app, &root, "Acme").await;
        let address = |title: &str, primary: bool| json!({ "company": acme, "title": title, "primary": primary, "line1": title });
        let first = root.make(&app, "/api/company/address/", address("First", false)).await;
        let second = root.make(&app, "/api/company/address/", address("Second", false)).await;
        let primary = |list: &Value| -> Vec<bool> { list.as_array().unwrap().iter().map(|row| row["primary"].as_bool().unwrap()).collect() };
        assert_eq!(primary(&root.get(&app, &format!("/api/company/address/?company={acme}")).await.json()), [true, false]);
        assert_eq!(root.patch(&app, &format!("/api/company/address/{second}/"), json!({ "primary": true })).await.status, 200);
        assert_eq!(primary(&root.get(&app, "/api/company/address/").await.json()), [false, true]);
        let read = root.get(&app, &format!("{COMPANIES}{acme}/")).await.json();
        assert_eq!(read["primary_address"]["line1"], json!("Second"));
        assert_eq!(root.delete(&app, &format!("/api/company/address/{first}/"), json!({})).await.status, 204);
        let contact = json!({ "company": acme, "name": "Ann", "email": "ann@acme.example", "role": "Sales" });
        let contact = root.post(&app, "/api/company/contact/", contact).await.json();
        assert_eq!(contact, json!({
            "pk": 1, "company": acme, "company_name": "Acme", "name": "Ann", "phone": "", "email": "ann@acme.example", "role": "Sales",
        }));
        // They go with their company.
        assert_eq!(root.delete(&app, &format!("{COMPANIES}{acme}/"), json!({})).await.status, 204);
        assert_eq!(root.get(&app, "/api/company/contact/").await.json(), json!([]));
    }

    async fn a_supplier_part_knows_its_pack_its_maker_and_its_prices(app: App) {
        let root = app.root().await;
        let (acme, maker) = (company(&app, &root, "Acme").await, company(&app, &root, "Maker").await);
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let made = root.make(&app, "/api/company/part/manufacturer/", json!({ "part": part, "manufacturer": maker, "MPN": "M-1" })).await;
        let body = json!({ "part": part, "supplier": acme, "SKU": "S-1", "manufacturer_part": made, "pack_quantity": "10", "available": 7 });
        let answer = root.post(&app, PARTS, body.clone()).await;
        let read = answer.json();
        assert_eq!(answer.status, 201, "{}", answer.text);
        let pk = read["pk"].as_i64().unwrap();
        assert_eq!((&read["MPN"], &read["primary"], &read["pack_quantity_native"]), (&json!("M-1"), &json!(true), &json!(10.0)));
        assert_eq!((&read["supplier_detail"]["name"], &read["manufacturer_detail"]["name"]), (&json!("Acme"), &json!("Maker")));
        assert_eq!((&read["available"], &read["pretty_name"]), (&json!(7.0), &json!("Acme | S-1")));
        assert!(read["availability_updated"].is_string());
        assert_eq!(root.post(&app, PARTS, body).await.pair(), (400, json!({
            "non_field_errors": ["The fields part, supplier, SKU must make a unique set."],
        })));
        let price = |quantity: i32, price: Value| json!({ "part": pk, "quantity": quantity, "price": price, "price_currency": "EUR" });
        let answer = root.post(&app, "/api/company/price-break/", price(10, json!("0.123456"))).await;
        assert_eq!((answer.status.as_u16(), answer.json()["price"].clone(), answer.json()["supplier"].clone()), (201, json!(0.123_456), json!(acme)));
        assert_eq!(root.post(&app, "/api/company/price-break/", price(10, json!(1))).await.pair(), (400, json!({
            "non_field_errors": ["The fields part, quantity must make a unique set."],
        })));
        assert_eq!(root.post(&app, "/api/company/price-break/", price(1, json!(-1))).await.pair(), (400, json!({
            "price": ["Ensure this value is greater than or equal to 0."],
        })));
        let read = root.get(&app, &format!("{PARTS}{pk}/")).await.json();
        assert_eq!(read["price_breaks"][0]["price"], json!(0.123_456));
        let second = root.make(&app, PARTS, json!({ "part": part, "supplier": acme, "SKU": "S-2", "primary": true })).await;
        let list = root.get(&app, &format!("{PARTS}?part={part}&ordering=SKU")).await.json();
        assert_eq!((&list[0]["primary"], &list[1]["primary"]), (&json!(false), &json!(true)));
        for (query, expected) in [
            (format!("company={maker}"), vec![pk]),
            (format!("manufacturer={maker}"), vec![pk]),
            ("MPN=M-1".to_owned(), vec![pk]),
            ("SKU=S-2".to_owned(), vec![second]),
            ("primary=true".to_owned(), vec![second]),
            ("has_stock=true".to_owned(), vec![]),
            ("search=maker".to_owned(), vec![pk]),
        ] {
            let list = root.get(&app, &format!("{PARTS}?{query}")).await.json();
            let keys: Vec<i64> = list.as_array().unwrap().iter().map(|row| row["pk"].as_i64().unwrap()).collect();
            assert_eq!(keys, expected, "{query}");
        }
        let companies = root.get(&app, &format!("{COMPANIES}?ordering=name")).await.json();
        assert_eq!((&companies[0]["parts_supplied"], &companies[1]["parts_manufactured"]), (&json!(2), &json!(1)));
    }

    async fn what_does_not_fit_a_supplier_part_is_refused(app: App) {
        let root = app.root().await;
        let acme = company(&app, &root, "Acme").await;
        let buyer = root.make(&app, COMPANIES, json!({ "name": "Buyer", "is_supplier": false })).await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P" })).await;
        let other = root.make(&app, "/api/part/", json!({ "name": "O" })).await;
        let made_here = root.make(&app, "/api/part/", json!({ "name": "H", "purchaseable": false })).await;
        let made = root.make(&app, "/api/company/part/manufacturer/", json!({ "part": other, "manufacturer": acme })).await;
        for (change, field, message) in [
            (json!({ "part": made_here }), "part", format!("Invalid pk \"{made_here}\" - object does not exist.")),
            (json!({ "supplier": buyer }), "supplier", format!("Invalid pk \"{buyer}\" - object does not exist.")),
            (json!({ "manufacturer_part": made }), "manufacturer_part", "Linked manufacturer part must reference the same base part".to_owned()),
            (json!({ "pack_quantity": "0" }), "pack_quantity", "Pack units must be greater than zero".to_owned()),
            (json!({ "pack_quantity": "lots" }), "pack_quantity", "Invalid quantity supplied".to_owned()),
            (json!({ "SKU": "" }), "SKU", "This field may not be blank.".to_owned()),
        ] {
            let mut body = json!({ "part": part, "supplier": acme, "SKU": "S" });
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(root.post(&app, PARTS, body).await.pair(), (400, json!({ field: [message] })));
        }
        let body = json!({ "part": part, "manufacturer": buyer });
        assert_eq!(root.post(&app, "/api/company/part/manufacturer/", body).await.status, 400);
    }

    async fn stock_is_bought_in_packs_and_goes_to_customers(app: App) {
        let root = app.root().await;
        let acme = company(&app, &root, "Acme").await;
        let shelf = root.make(&app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
        let part = root.make(&app, "/api/part/", json!({ "name": "P", "salable": true })).await;
        let pack = root.make(&app, PARTS, json!({ "part": part, "supplier": acme, "SKU": "S", "pack_quantity": "3" })).await;
        let body = |packs: Option<bool>| json!({
            "part": part, "quantity": 2, "supplier_part": pack, "use_pack_size": packs, "purchase_price": 10, "location": shelf,
        });
        assert_eq!(root.post(&app, "/api/stock/", body(None)).await.pair(), (400, json!({
            "use_pack_size": ["The supplier part has a pack size defined, but flag use_pack_size not set"],
        })));
        let item = root.post(&app, "/api/stock/", body(Some(true))).await.json()[0].clone();
        assert_eq!((&item["quantity"], &item["purchase_price"], &item["SKU"]), (&json!(6.0), &json!(3.333_333), &json!("S")));
        let read = root.get(&app, &format!("{PARTS}{pack}/")).await.json();
        assert_eq!(read["in_stock"], json!(6.0));
        let pk = item["pk"].as_i64().unwrap();
        let send = |customer: i64| json!({ "items": [{ "item": pk }], "customer": customer });
        let other = root.make(&app, COMPANIES, json!({ "name": "No customer" })).await;
        assert_eq!(root.post(&app, "/api/stock/assign/", send(other)).await.pair(), (400, json!({
            "customer": ["Selected company is not a customer"],
        })));
        assert_eq!(root.post(&app, "/api/stock/assign/", send(acme)).await.status, 201);
        let item = root.get(&app, &format!("/api/stock/{pk}/")).await.json();
        assert_eq!((&item["customer"], &item["location"], &item["in_stock"]), (&json!(acme), &json!(null), &json!(false)));
        assert_eq!(root.post(&app, "/api/stock/assign/", send(acme)).await.pair(), (400, json!({
            "items": [{ "item": ["Item must be in stock"] }],
        })));
        assert_eq!(root.delete(&app, &format!("{COMPANIES}{acme}/"), json!({})).await.pair(), (400, json!({
            "non_field_errors": ["Cannot delete this company as it has stock"],
        })));
        // Some of it comes back.
        let back = json!({ "items": [{ "pk": pk, "quantity": 2, "status": 85 }], "location": shelf });
        assert_eq!(root.post(&app, "/api/stock/return/", back).await.status, 201);
        let list = root.get(&app, "/api/stock/?in_stock=true").await.json();
        assert_eq!((&list[0]["quantity"], &list[0]["customer"], &list[0]["status"], &list[0]["parent"]), (&json!(2.0), &json!(null), &json!(85), &json!(pk)));
        assert_eq!(root.get(&app, &format!("/api/stock/{pk}/")).await.json()["quantity"], json!(4.0));
        let rest = json!({ "items": [{ "pk": pk, "quantity": 4 }], "location": shelf });
        assert_eq!(root.post(&app, "/api/stock/return/", rest.clone()).await.status, 201);
        let log = root.get(&app, &format!("/api/stock/track/?item={pk}")).await.json();
        assert_eq!((&log[0]["tracking_type"], &log[0]["deltas"]["customer"]), (&json!(105), &json!(acme)));
        assert_eq!(root.post(&app, "/api/stock/return/", rest).await.pair(), (400, json!({
            "items": [{ "pk": ["Stock item is already in stock"] }],
        })));
    }

    async fn the_number_of_statements_does_not_grow_with_the_list_of_supplier_parts(app: App) {
        let root = app.root().await;
        let acme = company(&app, &root, "Acme").await;
        let mut seen = Vec::new();
        for n in 0..6 {
            let part = root.make(&app, "/api/part/", json!({ "name": format!("p{n}") })).await;
            let made = root.make(&app, "/api/company/part/manufacturer/", json!({ "part": part, "manufacturer": acme })).await;
            root.make(&app, PARTS, json!({ "part": part, "supplier": acme, "SKU": "S", "manufacturer_part": made })).await;
            let flags = "part_detail=true&supplier_detail=true&manufacturer_detail=true&manufacturer_part_detail=true&pretty=true";
            let path = format!("{PARTS}?limit=50&{flags}");
            root.get(&app, &path).await;
            let before = app.ctx.db.statements();
            root.get(&app, &path).await;
            seen.push(app.ctx.db.statements() - before);
        }
        let least = *seen.iter().min().unwrap();
        // The clock may tick between two requests, which costs the two statements of authentication.
        assert!(seen.iter().all(|cost| *cost <= least + 2), "{seen:?}");
    }
}
