//! `/api/barcode/`.

use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{App, actors::Actor, both};

const SCAN: &str = "/api/barcode/";
const LINK: &str = "/api/barcode/link/";
const UNLINK: &str = "/api/barcode/unlink/";
const HISTORY: &str = "/api/barcode/history/";
/// What `md5sum` says of `hello`.
const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

struct Shop {
    root: Actor,
    part: i64,
    place: i64,
    item: i64,
}

async fn shop(app: &App) -> Shop {
    let root = app.root().await;
    let part = root.make(app, "/api/part/", json!({ "name": "P" })).await;
    let place = root.make(app, "/api/stock/location/", json!({ "name": "Shelf" })).await;
    let made = root.post(app, "/api/stock/", json!({ "part": part, "quantity": 5, "location": place })).await.json();
    Shop { root, part, place, item: made[0]["pk"].as_i64().unwrap() }
}

async fn scan(app: &App, who: &Actor, text: &str) -> (u16, Value) {
    who.post(app, SCAN, json!({ "barcode": text })).await.pair()
}

both! {
    async fn a_text_is_linked_to_a_thing_found_and_unlinked(app: App) {
        let Shop { root, item, .. } = shop(&app).await;
        let nobody = json!({
            "error": "No match found for barcode data", "barcode_data": "hello", "barcode_hash": HELLO, "plugin": "None",
        });
        assert_eq!(scan(&app, &root, "hello").await, (400, nobody));
        let linked = root.post(&app, LINK, json!({ "barcode": " hello ", "stockitem": item })).await;
        assert_eq!(linked.pair(), (200, json!({
            "success": "Assigned barcode to stockitem instance", "stockitem": { "pk": item }, "barcode_data": "hello",
            "barcode_hash": HELLO,
        })));
        let (status, mut found) = scan(&app, &root, "hello").await;
        assert_eq!(status, 200, "{found}");
        let instance = found["stockitem"]["instance"].take();
        assert_eq!((&instance["pk"], &instance["barcode_hash"]), (&json!(item), &json!(HELLO)));
        assert_eq!(found, json!({
            "success": "Match found for barcode data", "plugin": "InvenTreeBarcode", "barcode_data": "hello",
            "barcode_hash": HELLO, "stockitem": { "pk": item, "api_url": format!("/api/stock/{item}/"), "instance": null },
        }));
        let gone = root.post(&app, UNLINK, json!({ "stockitem": item })).await;
        assert_eq!(gone.pair(), (200, json!({ "success": "Barcode unassigned from stockitem instance" })));
        assert_eq!(root.post(&app, UNLINK, json!({ "stockitem": item })).await.status, 200);
        assert_eq!(scan(&app, &root, "hello").await.0, 400);
    }

    async fn a_text_stands_on_one_thing_of_whatever_kind(app: App) {
        let Shop { root, part, place, item } = shop(&app).await;
        assert_eq!(root.post(&app, LINK, json!({ "barcode": "hello", "part": part })).await.status, 200);
        let again = root.post(&app, LINK, json!({ "barcode": "hel\u{1d}lo", "stocklocation": place })).await;
        assert_eq!(again.pair(), (400, json!({
            "error": "Barcode matches existing item", "barcode_data": "hel\u{1d}lo", "barcode_hash": HELLO,
            "part": { "pk": part.to_string(), "api_url": format!("/api/part/{part}/") },
        })));
        // What refers to a thing by itself stands on that one.
        let own = root.post(&app, LINK, json!({ "barcode": format!("{{\"part\": {part}}}"), "stockitem": item })).await;
        assert_eq!(own.status, 400);
        // The same once more, and another instead.
        assert_eq!(root.post(&app, LINK, json!({ "barcode": "hello", "part": part })).await.status, 200);
        assert_eq!(root.post(&app, LINK, json!({ "barcode": "other", "part": part })).await.status, 200);
        assert_eq!(scan(&app, &root, "hello").await.0, 400);
        let (a, b) = tokio::join!(
            root.post(&app, LINK, json!({ "barcode": "both", "stocklocation": place })),
            root.post(&app, LINK, json!({ "barcode": "both", "stockitem": item }))
        );
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    }

    async fn what_is_split_off_has_no_barcode_of_its_own(app: App) {
        let Shop { root, place, item, .. } = shop(&app).await;
        root.post(&app, LINK, json!({ "barcode": "hello", "stockitem": item })).await;
        let body = json!({ "items": [{ "pk": item, "quantity": 2 }], "location": place });
        assert_eq!(root.post(&app, "/api/stock/transfer/", body).await.status, 201);
        let split = root.get(&app, &format!("/api/stock/?parent={item}")).await.json();
        assert_eq!(split[0]["barcode_hash"], json!(""));
    }

    async fn barcodes_of_ours_are_made_and_read_in_both_formats(app: App) {
        let Shop { root, part, place, item } = shop(&app).await;
        let wanted = |model: &str, pk: i64| json!({ "model": model, "pk": pk });
        let made = root.post(&app, "/api/barcode/generate/", wanted("stockitem", item)).await;
        assert_eq!(made.pair(), (200, json!({ "barcode": format!("{{\"stockitem\": {item}}}") })));
        root.set(&app, "INTERNAL_BARCODE_FORMAT", json!("short")).await;
        let short = root.post(&app, "/api/barcode/generate/", wanted("stocklocation", place)).await.json();
        assert_eq!(short, json!({ "barcode": format!("INV-SL{place}") }));
        for (text, kind, pk) in [
            (format!("{{\"stockitem\": {item}}}"), "stockitem", item), (format!("INV-SL{place}"), "stocklocation", place),
            (format!("INV-PA{part}"), "part", part),
        ] {
            let (status, found) = scan(&app, &root, &text).await;
            assert_eq!((status, &found[kind]["pk"]), (200, &json!(pk)), "{found}");
        }
        for text in ["INV-PA99", "{\"part\": 99}", "INV-", "{\"part\": \"x\"}"] {
            assert_eq!(scan(&app, &root, text).await.0, 400, "{text}");
        }
        let answer = root.post(&app, "/api/barcode/generate/", wanted("user", 1)).await;
        assert_eq!(answer.pair(), (400, json!({ "model": ["\"user\" is not a valid choice."] })));
        let answer = root.post(&app, "/api/barcode/generate/", wanted("part", 99)).await;
        assert_eq!(answer.pair(), (400, json!({ "pk": ["Invalid pk \"99\" - object does not exist."] })));
    }

    async fn what_is_wrong_with_a_request_is_said(app: App) {
        let Shop { root, part, place, .. } = shop(&app).await;
        let missing = json!({ "error": "Missing data: Provide one of 'part, stockitem, stocklocation, supplierpart, manufacturerpart'" });
        for body in [json!({ "barcode": "x" }), json!({ "barcode": "x", "part": part, "stocklocation": place }), json!({ "barcode": "x", "part": null })] {
            assert_eq!(root.post(&app, LINK, body).await.pair(), (400, missing.clone()));
        }
        assert_eq!(root.post(&app, UNLINK, json!({})).await.pair(), (400, missing));
        for (body, field, message) in [
            (json!({ "part": part }), "barcode", "This field is required."),
            (json!({ "part": part, "barcode": "" }), "barcode", "This field may not be blank."),
            (json!({ "part": part, "barcode": "x".repeat(4096) }), "barcode", "Ensure this field has no more than 4095 characters."),
            (json!({ "part": part, "barcode": "\u{0}" }), "barcode", "Null characters are not allowed."),
            (json!({ "part": 99, "barcode": "x" }), "part", "Invalid pk \"99\" - object does not exist."),
        ] {
            assert_eq!(root.post(&app, LINK, body).await.pair(), (400, json!({ field: [message] })));
        }
    }

    async fn nobody_scans_or_links_what_they_may_not_see_or_change(app: App) {
        let Shop { root, part, item, .. } = shop(&app).await;
        root.post(&app, LINK, json!({ "barcode": "hello", "part": part })).await;
        let clerk = app.entitled("clerk", &[(Role::Stock, Rules { view: true, ..Rules::default() })]).await;
        let denied = json!({ "error": "User does not have permission to view this model" });
        assert_eq!(scan(&app, &clerk, "hello").await, (403, denied.clone()));
        assert_eq!(clerk.post(&app, "/api/barcode/generate/", json!({ "model": "part", "pk": part })).await.pair(), (403, denied));
        let refused = clerk.post(&app, LINK, json!({ "barcode": "mine", "stockitem": item })).await;
        assert_eq!(refused.pair(), (403, json!({ "error": "User does not have permission to change this model" })));
        assert_eq!(clerk.post(&app, UNLINK, json!({ "part": part })).await.status, 403);
        assert_eq!(scan(&app, &clerk, &format!("INV-SI{item}")).await.0, 200);
        assert_eq!(scan(&app, &root, "hello").await.0, 200);
    }

    async fn a_suppliers_bag_is_found_by_its_number(app: App) {
        let Shop { root, part, item, .. } = shop(&app).await;
        let company = |name: &str| json!({ "name": name, "is_supplier": true, "is_manufacturer": true });
        let digikey = root.make(&app, "/api/company/", company("Digi-Key Electronics")).await;
        let other = root.make(&app, "/api/company/", company("Other")).await;
        let made = json!({ "part": part, "manufacturer": other, "MPN": "LM358" });
        let made = root.make(&app, "/api/company/part/manufacturer/", made).await;
        let sold = json!({ "part": part, "supplier": digikey, "SKU": "296-1-ND", "manufacturer_part": made });
        let sold = root.make(&app, "/api/company/part/", sold).await;
        root.make(&app, "/api/company/part/", json!({ "part": part, "supplier": other, "SKU": "296-1-ND" })).await;
        let bag = "[)>\u{1e}06\u{1d}P296-1-ND\u{1d}1PLM358\u{1d}Q10\u{1e}\u{4}";
        let (status, found) = scan(&app, &root, bag).await;
        assert_eq!((status, &found["supplierpart"]["pk"], &found["plugin"]), (200, &json!(sold), &json!("DigiKeyPlugin")));
        let (status, found) = scan(&app, &root, ">[)>06\u{1d}1PLM358\u{1d}Q3\u{1d}1VTI").await;
        assert_eq!((status, &found["supplierpart"]["pk"], &found["plugin"]), (200, &json!(sold), &json!("MouserPlugin")));
        // Of two that both could be it, neither is.
        assert_eq!(scan(&app, &root, "{pbn:P,on:S,pc:296-1-ND,pm:,qty:2}").await.0, 400);
        // A bag may be linked to the stock that came in it, and is that from then on.
        assert_eq!(root.post(&app, LINK, json!({ "barcode": bag, "stockitem": item })).await.status, 200);
        assert_eq!(scan(&app, &root, bag).await.1["stockitem"]["pk"], json!(item));
    }

    async fn scans_are_kept_as_the_settings_say_and_shown_to_staff_and_to_whoever_scanned(app: App) {
        let Shop { root, item, .. } = shop(&app).await;
        scan(&app, &root, "hello").await;
        assert_eq!(root.get(&app, HISTORY).await.json(), json!([]));
        root.set(&app, "BARCODE_STORE_RESULTS", json!(true)).await;
        root.set(&app, "BARCODE_RESULTS_MAX_NUM", json!(2)).await;
        app.ctx.clock.advance(2);
        scan(&app, &root, "first").await;
        scan(&app, &root, &format!("INV-SI{item}")).await;
        let clerk = app.entitled("clerk", &[(Role::Stock, Rules::ALL)]).await;
        scan(&app, &clerk, "third").await;
        let all = root.get(&app, HISTORY).await.json();
        assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
        assert_eq!((&all[0]["data"], &all[0]["result"], &all[0]["user_detail"]["username"]), (&json!("third"), &json!(false), &json!("clerk")));
        assert_eq!((&all[1]["result"], &all[1]["response"]["stockitem"]["pk"], &all[1]["endpoint"]), (&json!(true), &json!(item), &json!("/api/barcode/")));
        let own = clerk.get(&app, HISTORY).await.json();
        assert_eq!(own.as_array().unwrap().len(), 1);
        assert_eq!(root.get(&app, &format!("{HISTORY}?result=true")).await.json().as_array().unwrap().len(), 1);
        assert_eq!(clerk.delete(&app, &format!("{HISTORY}{}/", own[0]["pk"]), json!({})).await.status, 403);
        assert_eq!(root.delete(&app, &format!("{HISTORY}{}/", own[0]["pk"]), json!({})).await.status, 204);
        assert_eq!(root.put(&app, &format!("{HISTORY}{}/", all[1]["pk"]), json!({ "data": "x" })).await.status, 405);
    }
}
