//! `/api/part/`.

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::support::both;

const PARTS: &str = "/api/part/";

fn names(list: &Value) -> Vec<&str> {
    let rows = list.get("results").unwrap_or(list).as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn a_new_part_has_the_defaults_and_knows_who_made_it(app: App) {
        let user = app.superuser("ann").await;
        let ann = app.by_token(&user).await;
        let category = ann.make(&app, "/api/part/category/", json!({ "name": "Electronics" })).await;
        let answer = ann
            .post(&app, PARTS, json!({ "name": "Sample part", "description": "d", "category": category, "minimum_stock": "0.1" }))
            .await;
        let today = app.ctx.clock.today().to_string();
        let category_read = json!({
            "pk": category, "name": "Electronics", "description": "", "default_location": null,
            "default_keywords": null, "level": 0, "parent": null, "part_count": 0, "subcategories": 0,
            "pathstring": "Electronics", "starred": false, "structural": false, "icon": "",
            "parent_default_location": null,
        });
        assert_eq!(answer.pair(), (201, json!({
            "active": true, "assembly": false, "barcode_hash": "", "category": category,
            "category_name": "Electronics", "category_detail": category_read,
            "category_path": [{ "pk": category, "name": "Electronics" }],
            "component": true, "creation_date": today, "creation_user": user.id, "default_expiry": 0,
            "default_location": null, "default_location_detail": null, "description": "d", "full_name": "Sample part", "image": null, "IPN": "",
            "is_template": false, "keywords": null, "link": null, "locked": false, "minimum_stock": 0.1,
            "maximum_stock": 0.0, "name": "Sample part", "notes": null, "pk": 1, "purchaseable": true,
            "revision": "", "revision_of": null, "revision_count": 0, "salable": false, "starred": false,
            "thumbnail": "/static/img/blank_image.thumbnail.png", "testable": false, "trackable": false,
            "units": "", "variant_of": null, "virtual": false, "consumable": false, "pricing_min": null,
            "pricing_max": null, "pricing_updated": null, "responsible": null, "allocated_to_build_orders": 0.0,
            "allocated_to_sales_orders": 0.0, "building": 0.0, "scheduled_to_build": 0.0,
            "category_default_location": null, "in_stock": 0.0, "ordering": 0.0, "required_for_build_orders": 0,
            "required_for_sales_orders": 0, "stock_item_count": 0, "total_in_stock": 0.0, "external_stock": 0.0,
            "unallocated_stock": 0.0, "variant_stock": 0.0, "price_breaks": [], "tags": [],
        })));
    }

    async fn every_wrong_field_is_named_at_once_in_django_rests_words(app: App) {
        let root = app.root().await;
        let body = json!({
            "name": "x".repeat(101), "active": "maybe", "category": 99999, "variant_of": "z", "default_expiry": "1.5",
            "minimum_stock": -1, "maximum_stock": "NaN", "description": ["x"], "IPN": true, "link": "javascript:alert(1)",
            "keywords": "<b>bold</b>", "component": null, "units": "\u{0}", "default_location": 1, "revision_of": 9e99,
        });
        assert_eq!(root.post(&app, PARTS, body).await.pair(), (400, json!({
            "active": ["Must be a valid boolean."],
            "category": ["Invalid pk \"99999\" - object does not exist."],
            "component": ["This field may not be null."],
            "default_expiry": ["A valid integer is required."],
            "default_location": ["Invalid pk \"1\" - object does not exist."],
            "description": ["Not a valid string."],
            "IPN": ["Not a valid string."],
            "keywords": ["Remove HTML tags from this value"],
            "link": ["Enter a valid URL."],
            "minimum_stock": ["Ensure this value is greater than or equal to 0."],
            "maximum_stock": ["A valid number is required."],
            "name": ["Ensure this field has no more than 100 characters."],
            "revision_of": ["Incorrect type. Expected pk value, received float."],
            "units": ["Null characters are not allowed."],
            "variant_of": ["Incorrect type. Expected pk value, received str."],
        })));
        assert_eq!(root.post(&app, PARTS, json!({})).await.pair(), (400, json!({ "name": ["This field is required."] })));
        assert_eq!(root.post(&app, PARTS, json!({ "name": " " })).await.pair(), (400, json!({ "name": ["This field may not be blank."] })));
    }

    async fn numbers_and_texts_are_read_however_they_are_written(app: App) {
        let root = app.root().await;
        let body = json!({
            "name": 42, "default_expiry": "45.0", "minimum_stock": "1e1", "maximum_stock": 0.000_014, "active": "no",
            "description": "a < b & c > d", "notes": "# <b>Notes</b>\nand more", "link": "", "revision": null, "units": null,
        });
        let part = root.post(&app, PARTS, body).await;
        assert_eq!(part.status, 201, "{}", part.text);
        let part = part.json();
        assert_eq!(part["name"], json!("42"));
        assert_eq!(part["default_expiry"], json!(45));
        assert_eq!(part["minimum_stock"], json!(10.0));
        assert_eq!(part["maximum_stock"], json!(0.00001));
        assert_eq!(part["active"], json!(false));
        assert_eq!(part["description"], json!("a < b & c > d"));
        assert_eq!(part["notes"], json!("# <b>Notes</b>\nand more"));
        assert_eq!((&part["link"], &part["revision"], &part["units"]), (&json!(""), &json!(""), &Value::Null));
    }

    async fn what_patch_does_not_name_stays_and_null_clears(app: App) {
        let root = app.root().await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let pk = root.make(&app, PARTS, json!({ "name": "P", "keywords": "k", "category": category, "IPN": "I" })).await;
        let url = format!("{PARTS}{pk}/");
        let read = root.patch(&app, &url, json!({ "category": null })).await.json();
        assert_eq!((&read["category"], &read["keywords"], &read["IPN"]), (&Value::Null, &json!("k"), &json!("I")));
        assert!(read.get("category_name").is_none());
        // A whole object sent back, read-only and unknown keys and all, changes nothing.
        let whole = root.get(&app, &url).await.json();
        let again = root.patch(&app, &url, whole.clone()).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(root.get(&app, &url).await.json(), whole);
        assert_eq!(root.patch(&app, &url, json!({})).await.status, 200);
        assert_eq!(root.put(&app, &url, json!({ "IPN": "J" })).await.pair(), (400, json!({ "name": ["This field is required."] })));
        let read = root.put(&app, &url, json!({ "name": "Q" })).await.json();
        assert_eq!((&read["name"], &read["keywords"]), (&json!("Q"), &json!("k")));
    }

    async fn name_ipn_and_revision_are_unique_together(app: App) {
        let root = app.root().await;
        let body = json!({ "name": "P", "IPN": "I", "revision": "A" });
        root.make(&app, PARTS, body.clone()).await;
        let duplicate = json!({ "non_field_errors": ["The fields name, IPN, revision must make a unique set."] });
        assert_eq!(root.post(&app, PARTS, body).await.pair(), (400, duplicate.clone()));
        let other = root.make(&app, PARTS, json!({ "name": "P", "IPN": "I", "revision": "B" })).await;
        let answer = root.patch(&app, &format!("{PARTS}{other}/"), json!({ "revision": "A" })).await;
        assert_eq!(answer.pair(), (400, duplicate.clone()));
        for round in 0..10 {
            let body = json!({ "name": format!("race {round}") });
            let (a, b) = tokio::join!(root.post(&app, PARTS, body.clone()), root.post(&app, PARTS, body));
            let (made, refused) = if a.status == 201 { (a, b) } else { (b, a) };
            assert_eq!(made.status, 201);
            assert_eq!(refused.pair(), (400, duplicate.clone()));
        }
    }

    async fn a_revision_is_of_a_part_that_is_none_and_no_template(app: App) {
        let root = app.root().await;
        let template = root.make(&app, PARTS, json!({ "name": "T", "is_template": true })).await;
        let original = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let wrong = |field: &str, text: &str| (400, json!({ field: [text] }));
        let answer = root.post(&app, PARTS, json!({ "name": "P", "revision_of": original })).await;
        assert_eq!(answer.pair(), wrong("revision", "Revision code must be specified"));
        let revision = root.make(&app, PARTS, json!({ "name": "P", "revision": "B", "revision_of": original })).await;
        assert_eq!(root.get(&app, &format!("{PARTS}{original}/")).await.json()["revision_count"], json!(1));
        let answer = root.post(&app, PARTS, json!({ "name": "P", "revision": "C", "revision_of": revision })).await;
        assert_eq!(answer.pair(), wrong("revision_of", "Cannot make a revision of a part which is already a revision"));
        let answer = root.post(&app, PARTS, json!({ "name": "P", "revision": "C", "revision_of": template })).await;
        assert_eq!(answer.pair(), wrong("revision_of", "Cannot make a revision of a template part"));
        let answer = root
            .post(&app, PARTS, json!({ "name": "P", "revision": "C", "revision_of": original, "variant_of": template }))
            .await;
        assert_eq!(answer.pair(), wrong("revision_of", "Parent part must point to the same template"));
        let answer = root
            .patch(&app, &format!("{PARTS}{original}/"), json!({ "revision": "A", "revision_of": original }))
            .await;
        assert_eq!(answer.pair(), wrong("revision_of", "Part cannot be a revision of itself"));
    }

    async fn a_variant_is_of_a_template_and_never_of_itself(app: App) {
        let root = app.root().await;
        let plain = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let answer = root.post(&app, PARTS, json!({ "name": "V", "variant_of": plain })).await;
        assert_eq!(answer.pair(), (400, json!({ "variant_of": [format!("Invalid pk \"{plain}\" - object does not exist.")] })));
        let a = root.make(&app, PARTS, json!({ "name": "A", "is_template": true })).await;
        let b = root.make(&app, PARTS, json!({ "name": "B", "is_template": true, "variant_of": a })).await;
        for variant_of in [a, b] {
            let answer = root.patch(&app, &format!("{PARTS}{a}/"), json!({ "variant_of": variant_of })).await;
            assert_eq!(answer.pair(), (400, json!({ "variant_of": ["Invalid choice"] })));
        }
        let c = root.make(&app, PARTS, json!({ "name": "C", "variant_of": b })).await;
        let list = |query: String| { let root = &root; let app = &app; async move { root.get(app, &format!("{PARTS}?{query}")).await.json() } };
        assert_eq!(names(&list(format!("ancestor={a}")).await), ["B", "C"]);
        assert_eq!(names(&list(format!("exclude_tree={b}")).await), ["A", "P"]);
        assert_eq!(names(&list(format!("exclude_id={a},{c}&exclude_id={plain}")).await), ["B"]);
    }

    async fn a_locked_or_active_part_is_not_deleted(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P", "locked": true })).await;
        let url = format!("{PARTS}{pk}/");
        let refusal = |text: &str| (400, json!({ "non_field_errors": [text] }));
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), refusal("Cannot delete this part as it is locked"));
        root.patch(&app, &url, json!({ "locked": false })).await;
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), refusal("Cannot delete this part as it is still active"));
        root.patch(&app, &url, json!({ "active": false })).await;
        assert_eq!(root.delete(&app, &url, json!({})).await.status, 204);
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), (404, json!({ "detail": "No Part matches the given query." })));
    }

    async fn a_list_is_filtered_searched_and_ordered(app: App) {
        let root = app.root().await;
        let metal = root.make(&app, "/api/part/category/", json!({ "name": "Metal" })).await;
        let screws = root.make(&app, "/api/part/category/", json!({ "name": "Screws", "parent": metal })).await;
        for body in [
            json!({ "name": "M3 screw", "IPN": "S-1", "category": screws, "minimum_stock": 5, "units": "pcs" }),
            json!({ "name": "M4 screw 100%", "category": screws, "active": false, "keywords": "pan head" }),
            json!({ "name": "Plate", "category": metal, "description": "under_score" }),
            json!({ "name": "Loose", "notes": "a secret" }),
        ] {
            root.make(&app, PARTS, body).await;
        }
        let today = app.ctx.clock.today();
        for (query, expected) in [
            ("", vec!["Loose", "M3 screw", "M4 screw 100%", "Plate"]),
            ("active=false", vec!["M4 screw 100%"]),
            ("active=Yes", vec!["Loose", "M3 screw", "Plate"]),
            ("active=perhaps", vec!["Loose", "M3 screw", "M4 screw 100%", "Plate"]),
            ("nonsense=1&format=json", vec!["Loose", "M3 screw", "M4 screw 100%", "Plate"]),
            (&format!("category={metal}"), vec!["M3 screw", "M4 screw 100%", "Plate"]),
            (&format!("category={metal}&cascade=false"), vec!["Plate"]),
            ("category=null&cascade=false", vec!["Loose"]),
            ("search=SCREW", vec!["M3 screw", "M4 screw 100%"]),
            ("search=screw+m4", vec!["M4 screw 100%"]),
            ("search=%25", vec!["M4 screw 100%"]),
            ("search=r_s", vec!["Plate"]),
            ("search=%22pan+head%22", vec!["M4 screw 100%"]),
            ("search=metal", vec!["Plate"]),
            ("search=%27%20OR%201=1--", vec![]),
            ("search=screw&search_whole=true", vec!["M3 screw", "M4 screw 100%"]),
            ("search=scre&search_whole=true", vec![]),
            ("search=%5Em%5B34%5D&search_regex=true", vec!["M3 screw", "M4 screw 100%"]),
            ("search=secret", vec![]),
            ("search=secret&search_notes=true", vec!["Loose"]),
            ("IPN_regex=%5ES-%5Cd%24", vec!["M3 screw"]),
            ("name_regex=%5E(Loose%7CPlate)%24", vec!["Loose", "Plate"]),
            ("name_regex=%5Bls%5Doose", vec![]),
            ("IPN=S-1", vec!["M3 screw"]),
            ("has_ipn=false&ordering=-name", vec!["Plate", "M4 screw 100%", "Loose"]),
            ("has_units=true", vec!["M3 screw"]),
            ("low_stock=true", vec!["M3 screw"]),
            ("has_stock=true", vec![]),
            ("has_stock=false&limit=1", vec!["Loose"]),
            ("ordering=nonsense,-id", vec!["Loose", "Plate", "M4 screw 100%", "M3 screw"]),
            (&format!("created_after={today}"), vec![]),
            ("created_after=2001-01-01&created_before=2999-12-31&search=loose", vec!["Loose"]),
        ] {
            let answer = root.get(&app, &format!("{PARTS}?{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
            assert_eq!(names(&answer.json()), expected, "{query}");
        }
        for (query, error) in [
            ("category=999", json!({ "category": ["Select a valid choice. That choice is not one of the available choices."] })),
            ("variant_of=x", json!({ "variant_of": ["Enter a number."] })),
            ("created_after=yesterday", json!({ "created_after": ["Enter a valid date."] })),
            ("name_regex=(", json!({ "name_regex": ["Invalid regular expression"] })),
            ("search=((a%7B99%7D)%7B99%7D)%7B99%7D&search_regex=1", json!({ "search": ["The regular expression is too complex"] })),
            ("exclude_id=1,x", json!({ "exclude_id": ["Enter a number."] })),
        ] {
            assert_eq!(root.get(&app, &format!("{PARTS}?{query}")).await.pair(), (400, error), "{query}");
        }
    }

    async fn a_search_takes_no_notice_of_case_in_any_script(app: App) {
        let root = app.root().await;
        for name in ["\u{dc}bertrager [x]", "\u{424}\u{438}\u{43b}\u{44c}\u{442}\u{440}", "Straight"] {
            root.make(&app, PARTS, json!({ "name": name })).await;
        }
        for (search, expected) in [
            ("\u{fc}BER", vec!["\u{dc}bertrager [x]"]),
            ("\u{dc}ber [X]", vec!["\u{dc}bertrager [x]"]),
            ("\u{444}\u{418}\u{43b}", vec!["\u{424}\u{438}\u{43b}\u{44c}\u{442}\u{440}"]),
            ("\u{dc}*", vec![]),
            ("\u{dc}?e", vec![]),
        ] {
            let query: String = form_urlencoded::byte_serialize(search.as_bytes()).collect();
            let answer = root.get(&app, &format!("{PARTS}?search={query}")).await;
            assert_eq!(names(&answer.json()), expected, "{search}");
        }
    }

    async fn a_page_knows_its_neighbours_by_the_configured_address(app: App) {
        let root = app.root().await.with("Host", "evil.example").with("X-Forwarded-Host", "evil.example");
        for n in 0..5 {
            root.make(&app, PARTS, json!({ "name": format!("p{n}") })).await;
        }
        let page = root.get(&app, &format!("{PARTS}?limit=2&offset=2&active=true")).await.json();
        assert_eq!(names(&page), ["p2", "p3"]);
        let site = "http://127.0.0.1:8000/api/part/";
        assert_eq!(page["count"], json!(5));
        assert_eq!(page["next"], json!(format!("{site}?active=true&limit=2&offset=4")));
        assert_eq!(page["previous"], json!(format!("{site}?active=true&limit=2")));
        let page = root.get(&app, &format!("{PARTS}?limit=99999999999999999999999&offset=4")).await.json();
        assert_eq!((names(&page), &page["next"]), (vec!["p4"], &Value::Null));
        let page = root.get(&app, &format!("{PARTS}?limit=2&offset=99999999999999999999999")).await.json();
        assert_eq!(names(&page), ["p0", "p1"]);
        let page = root.get(&app, &format!("{PARTS}?limit=2&offset=9223372036854775807")).await.json();
        assert!(names(&page).is_empty());
        for query in ["limit=0", "limit=x", "limit=-1", "limit=", ""] {
            let list = root.get(&app, &format!("{PARTS}?{query}")).await.json();
            assert_eq!(list.as_array().map(Vec::len), Some(5), "{query}");
        }
        assert!(root.get(&app, PARTS).await.json()[0].get("notes").is_none());
    }

    async fn the_number_of_statements_does_not_grow_with_the_list(app: App) {
        let root = app.root().await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let mut seen = Vec::new();
        for n in 0..12 {
            root.make(&app, PARTS, json!({ "name": format!("p{n}"), "category": category })).await;
            let mut costs = Vec::new();
            for query in ["?limit=50", "", "?limit=50&category_detail=true&path_detail=true&tags=true&location_detail=true&price_breaks=true"] {
                let path = format!("{PARTS}{query}");
                root.get(&app, &path).await;
                let before = app.ctx.db.statements();
                root.get(&app, &path).await;
                costs.push(app.ctx.db.statements() - before);
            }
            seen.push(costs);
        }
        // The clock may tick between two requests, which costs the two statements of authentication.
        let least: Vec<u64> = (0..3).map(|at| seen.iter().map(|costs| costs[at]).min().unwrap()).collect();
        // A page that is not full counts itself.
        assert_eq!(least, [3, 3, 7]);
        assert!(seen.iter().all(|costs| costs.iter().zip(&least).all(|(cost, least)| *cost <= least + 2)), "{seen:?}");
        let url = format!("{PARTS}1/");
        let mut cost = u64::MAX;
        for _ in 0..5 {
            let before = app.ctx.db.statements();
            root.get(&app, &url).await;
            cost = cost.min(app.ctx.db.statements() - before);
        }
        assert_eq!(cost, 3);
    }

    async fn a_count_is_exact_after_a_write_of_this_server_and_a_second_old_after_anothers(app: App) {
        let root = app.root().await;
        for n in 0..5 {
            root.make(&app, PARTS, json!({ "name": format!("p{n}") })).await;
        }
        let url = format!("{PARTS}?limit=2");
        let count = async || root.get(&app, &url).await.json()["count"].as_u64().unwrap();
        assert_eq!(count().await, 5);
        let before = app.ctx.db.statements();
        for offset in [0, 1, 2, 0, 1, 2] {
            root.get(&app, &format!("{url}&offset={offset}")).await;
        }
        // Two statements a page. The clock may tick in between, which costs a count and the two of authentication.
        assert!(app.ctx.db.statements() - before <= 6 * 2 + 3, "a count is remembered");
        root.make(&app, PARTS, json!({ "name": "p5" })).await;
        assert_eq!(count().await, 6);
        let filtered = root.get(&app, &format!("{url}&search=p1")).await.json();
        assert_eq!(filtered["count"], 1, "of another query there is another count");
        // Past the function that writes, as another process does.
        let sql = "DELETE FROM part WHERE name = 'p5'";
        app.ctx.db.migrator().execute_unprepared(sql).await.unwrap();
        app.ctx.clock.advance(1);
        assert_eq!(count().await, 5);
        for (offset, page) in [(5, 0), (4, 1), (9, 0)] {
            let answer = root.get(&app, &format!("{url}&offset={offset}")).await.json();
            assert_eq!((&answer["count"], answer["results"].as_array().unwrap().len()), (&json!(5), page), "{offset}");
        }
    }

    async fn what_a_part_needs_is_all_numbers(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let needs = root.get(&app, &format!("{PARTS}{pk}/requirements/")).await.json();
        assert_eq!(needs["can_build"], json!(0.0));
        assert_eq!(root.get(&app, &format!("{PARTS}99/requirements/")).await.status, 404);
    }

    async fn many_parts_are_changed_together_or_not_at_all(app: App) {
        let root = app.root().await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        let shelf = root.make(&app, "/api/part/category/", json!({ "name": "S", "structural": true })).await;
        let mut parts = Vec::new();
        for n in 0..3 {
            parts.push(root.make(&app, PARTS, json!({ "name": format!("p{n}") })).await);
        }
        let (a, b) = (parts[0], parts[1]);
        let answer = root.patch(&app, PARTS, json!({ "items": [b, a, a], "category": category, "active": false })).await;
        assert_eq!(answer.pair(), (200, json!({ "success": "Updated multiple items", "items": [a, b] })));
        assert_eq!(names(&root.get(&app, &format!("{PARTS}?category={category}")).await.json()), ["p0", "p1"]);
        let text = |text: &str| (400, json!({ "non_field_errors": text }));
        assert_eq!(root.put(&app, PARTS, json!({})).await.pair(), text("List of items must be provided for bulk operation"));
        assert_eq!(root.put(&app, PARTS, json!({ "items": 1 })).await.pair(), text("Items must be provided as a list"));
        assert_eq!(root.put(&app, PARTS, json!({ "items": [] })).await.pair(), text("No items match the provided criteria"));
        assert_eq!(root.patch(&app, &format!("{PARTS}?all=true"), json!({ "active": true })).await.status, 400);
        for body in [
            json!({ "items": [a, 999], "active": true }),
            json!({ "items": [a, "x"], "active": true }),
            json!({ "items": [a, b], "active": true, "category": shelf }),
            json!({ "items": [a, b], "active": true, "name": "same" }),
        ] {
            assert_eq!(root.patch(&app, PARTS, body).await.status, 400);
            assert_eq!(root.get(&app, &format!("{PARTS}{a}/")).await.json()["active"], json!(false));
        }
    }
}
