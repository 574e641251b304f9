//! What the settings say about parts.

use serde_json::json;

use crate::support::both;

const PARTS: &str = "/api/part/";

both! {
    async fn a_new_part_is_what_the_settings_say_unless_its_maker_does(app: App) {
        let root = app.root().await;
        for (key, value) in [
            ("PART_TEMPLATE", true), ("PART_ASSEMBLY", true), ("PART_COMPONENT", false), ("PART_PURCHASEABLE", false),
            ("PART_SALABLE", true), ("PART_TRACKABLE", true), ("PART_VIRTUAL", true),
        ] {
            root.set(&app, key, json!(value)).await;
        }
        let part = root.post(&app, PARTS, json!({ "name": "P" })).await.json();
        let flags = ["is_template", "assembly", "component", "purchaseable", "salable", "trackable", "virtual"];
        assert_eq!(flags.map(|flag| part[flag].as_bool().unwrap()), [true, true, false, false, true, true, true]);
        let body = json!({ "name": "Q", "is_template": false, "assembly": false, "component": true, "purchaseable": true, "salable": false, "trackable": false, "virtual": false });
        let part = root.post(&app, PARTS, body).await.json();
        assert_eq!(flags.map(|flag| part[flag].as_bool().unwrap()), [false, false, true, true, false, false, false]);
    }

    async fn an_internal_part_number_follows_the_settings(app: App) {
        let root = app.root().await;
        root.set(&app, "PART_IPN_REGEX", json!("^[A-Z]-[0-9]+$")).await;
        let answer = root.post(&app, PARTS, json!({ "name": "A", "IPN": "x" })).await;
        assert_eq!(answer.pair(), (400, json!({ "IPN": ["IPN must match regex pattern ^[A-Z]-[0-9]+$"] })));
        let pk = root.make(&app, PARTS, json!({ "name": "A", "IPN": "S-1" })).await;
        root.make(&app, PARTS, json!({ "name": "B", "IPN": "S-1" })).await;
        root.set(&app, "PART_ALLOW_DUPLICATE_IPN", json!(false)).await;
        let duplicate = json!({ "IPN": ["Duplicate IPN not allowed in part settings"] });
        assert_eq!(root.post(&app, PARTS, json!({ "name": "C", "IPN": "S-1" })).await.pair(), (400, duplicate.clone()));
        assert_eq!(root.post(&app, PARTS, json!({ "name": "C", "IPN": "" })).await.status, 201);
        assert_eq!(root.post(&app, PARTS, json!({ "name": "D", "IPN": "" })).await.status, 201);
        let (a, b) = tokio::join!(
            root.post(&app, PARTS, json!({ "name": "E", "IPN": "S-9" })),
            root.post(&app, PARTS, json!({ "name": "F", "IPN": "S-9" }))
        );
        let refused = if a.status == 201 { b } else { a };
        assert_eq!(refused.pair(), (400, duplicate));
        root.set(&app, "PART_ALLOW_EDIT_IPN", json!(false)).await;
        let url = format!("{PARTS}{pk}/");
        let answer = root.patch(&app, &url, json!({ "IPN": "S-2" })).await;
        assert_eq!(answer.pair(), (400, json!({ "IPN": ["Internal part numbers cannot be changed"] })));
        assert_eq!(root.patch(&app, &url, json!({ "IPN": "S-1", "name": "A2" })).await.status, 200);
        for pattern in ["(", "(((((a{99}){99}){99}){99}){99})"] {
            let answer = root.patch(&app, "/api/settings/global/PART_IPN_REGEX/", json!({ "value": pattern })).await;
            assert_eq!(answer.pair(), (400, json!({ "value": ["Not a valid regular expression."] })), "{pattern}");
        }
    }

    async fn a_full_name_follows_the_format(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P", "IPN": "I", "revision": "B" })).await;
        let url = format!("{PARTS}{pk}/");
        assert_eq!(root.get(&app, &url).await.json()["full_name"], json!("I | P | B"));
        root.set(&app, "PART_NAME_FORMAT", json!("{{ part.name }} [{{ part.IPN }}]")).await;
        assert_eq!(root.get(&app, &url).await.json()["full_name"], json!("P [I]"));
        assert_eq!(root.get(&app, PARTS).await.json()[0]["full_name"], json!("P [I]"));
        let answer = root.patch(&app, "/api/settings/global/PART_NAME_FORMAT/", json!({ "value": "{{ part.name" })).await;
        assert_eq!(answer.pair(), (400, json!({ "value": ["Not a valid template."] })));
    }

    async fn revisions_can_be_off_or_for_assemblies_only(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let body = json!({ "name": "P", "revision": "B", "revision_of": pk });
        root.set(&app, "PART_REVISION_ASSEMBLY_ONLY", json!(true)).await;
        let answer = root.post(&app, PARTS, body.clone()).await;
        assert_eq!(answer.pair(), (400, json!({ "revision_of": ["Revisions are only allowed for assembly parts"] })));
        root.set(&app, "PART_ENABLE_REVISION", json!(false)).await;
        let answer = root.post(&app, PARTS, body).await;
        assert_eq!(answer.pair(), (400, json!({ "revision_of": ["Part revisions are not enabled"] })));
    }

    async fn a_lock_counts_only_where_locking_is_on(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P", "locked": true, "active": false })).await;
        root.set(&app, "PART_ENABLE_LOCKING", json!(false)).await;
        assert_eq!(root.delete(&app, &format!("{PARTS}{pk}/"), json!({})).await.status, 204);
    }

    async fn a_new_part_brings_its_first_stock_and_supplier(app: App) {
        let root = app.root().await;
        let place = root.make(&app, "/api/stock/location/", json!({ "name": "L" })).await;
        let firm = root.make(&app, "/api/company/", json!({ "name": "F", "is_supplier": true, "is_manufacturer": true, "currency": "USD" })).await;
        let body = json!({
            "name": "P0",
            "initial_stock": { "quantity": 5, "location": place },
            "initial_supplier": { "supplier": firm, "sku": "S", "manufacturer": firm, "mpn": "M" },
        });
        let part = root.post(&app, PARTS, body).await;
        assert_eq!(part.status, 201, "{}", part.text);
        assert_eq!(part.json()["in_stock"], json!(5.0));
        let pk = part.json()["pk"].clone();
        let stock = root.get(&app, &format!("/api/stock/?part={pk}&limit=5")).await.json();
        assert_eq!((&stock["count"], &stock["results"][0]["location"]), (&json!(1), &json!(place)));
        let sold = root.get(&app, &format!("/api/company/part/?part={pk}&limit=5")).await.json();
        assert_eq!((&sold["count"], &sold["results"][0]["SKU"], &sold["results"][0]["MPN"]), (&json!(1), &json!("S"), &json!("M")));
    }

    async fn a_new_part_does_not_bring_what_cannot_be(app: App) {
        let root = app.root().await;
        let answer = root.post(&app, PARTS, json!({ "name": "P", "virtual": true, "initial_stock": { "quantity": 5 } })).await;
        assert_eq!(answer.pair(), (400, json!({ "initial_stock": { "part": ["Stock items cannot be created for virtual parts"] } })));
        let answer = root.post(&app, PARTS, json!({ "name": "P", "initial_supplier": { "supplier": 1, "sku": "S" } })).await;
        assert_eq!(answer.pair(), (400, json!({ "initial_supplier": { "supplier": ["Invalid pk \"1\" - object does not exist."] } })));
        let answer = root.post(&app, PARTS, json!({ "name": "P", "duplicate": { "original": 99 } })).await;
        assert_eq!(answer.pair(), (400, json!({ "duplicate": { "original": ["Invalid pk \"99\" - object does not exist."] } })));
        let body = json!({ "name": "P", "initial_stock": { "quantity": 0 }, "initial_supplier": { "supplier": null, "sku": "" }, "duplicate": null, "copy_category_parameters": true });
        assert_eq!(root.post(&app, PARTS, body).await.status, 201);
    }
}
