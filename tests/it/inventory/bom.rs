//! `/api/bom/`.

use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

const PARTS: &str = "/api/part/";
const BOM: &str = "/api/bom/";
const SUBSTITUTES: &str = "/api/bom/substitute/";

async fn part(app: &App, root: &Actor, name: &str, more: Value) -> i64 {
    let mut body = json!({ "name": name });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    root.make(app, PARTS, body).await
}

async fn assembly(app: &App, root: &Actor, name: &str) -> i64 {
    part(app, root, name, json!({ "assembly": true })).await
}

async fn line(app: &App, root: &Actor, part: i64, sub_part: i64) -> i64 {
    root.make(app, BOM, json!({ "part": part, "sub_part": sub_part, "quantity": 1 })).await
}

fn sub_parts(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["sub_part"].as_i64().unwrap()).collect()
}

both! {
    async fn a_new_line_is_answered_whole(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        let answer = root.post(&app, BOM, json!({ "part": a, "sub_part": b, "quantity": "2.5", "reference": "R1" })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let mut read = answer.json();
        let detail = read["sub_part_detail"].take();
        assert_eq!((&detail["pk"], &detail["minimum_stock"]), (&json!(b), &json!("0.000000")));
        assert_eq!(read["part_detail"].take()["full_name"], json!("A"));
        assert_eq!(read, json!({
            "part": a, "sub_part": b, "reference": "R1", "raw_amount": "2.5", "quantity": 2.5, "piece_count": 1,
            "allow_variants": false, "inherited": false, "optional": false, "consumable": false, "setup_quantity": 0.0,
            "attrition": 0.0, "rounding_multiple": null, "note": "", "pk": 1, "pricing_min": null, "pricing_max": null,
            "pricing_min_total": null, "pricing_max_total": null, "pricing_updated": null, "substitutes": [],
            "validated": false, "available_stock": 0.0, "available_substitute_stock": 0.0,
            "available_variant_stock": 0.0, "external_stock": 0.0, "on_order": 0.0, "building": 0.0, "can_build": 0.0,
            "part_detail": null, "sub_part_detail": null,
        }));
        let list = root.get(&app, BOM).await.json();
        assert_eq!((list[0].get("part_detail"), list[0].get("pricing_min"), &list[0]["can_build"]), (None, None, &json!(0.0)));
        let list = root.get(&app, &format!("{BOM}?can_build=false&limit=1")).await.json();
        assert_eq!(list["results"][0].get("can_build"), None);
    }

    async fn a_line_knows_what_there_is_of_what_goes_in(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({ "is_template": true })).await;
        let variant = part(&app, &root, "BV", json!({ "variant_of": b })).await;
        let other = part(&app, &root, "C", json!({})).await;
        let body = json!({ "part": a, "sub_part": b, "quantity": 2, "allow_variants": true, "setup_quantity": 1 });
        let line = root.make(&app, BOM, body).await;
        root.make(&app, SUBSTITUTES, json!({ "bom_item": line, "part": other })).await;
        let url = format!("{BOM}?available_stock=true");
        assert_eq!(root.get(&app, &url).await.json(), json!([]));
        for (part, quantity) in [(b, 4), (variant, 2), (other, 1)] {
            let made = root.post(&app, "/api/stock/", json!({ "part": part, "quantity": quantity })).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let seen = root.get(&app, &url).await.json();
        let numbers = ["available_stock", "available_variant_stock", "available_substitute_stock", "can_build"];
        assert_eq!(json!(numbers.map(|name| &seen[0][name])), json!([4.0, 2.0, 1.0, 3.0]));
        assert_eq!(seen[0].get("substitutes"), None);
    }

    async fn only_a_component_goes_into_an_assembly(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let plain = part(&app, &root, "P", json!({ "component": false })).await;
        let gone = |field: &str, pk: i64| (400, json!({ field: [format!("Invalid pk \"{pk}\" - object does not exist.")] }));
        assert_eq!(root.post(&app, BOM, json!({ "part": a, "sub_part": plain })).await.pair(), gone("sub_part", plain));
        assert_eq!(root.post(&app, BOM, json!({ "part": plain, "sub_part": a })).await.pair(), gone("part", plain));
        assert_eq!(root.post(&app, BOM, json!({ "part": a, "sub_part": 999 })).await.pair(), gone("sub_part", 999));
        let answer = root.post(&app, BOM, json!({})).await;
        assert_eq!(answer.pair(), (400, json!({ "part": ["This field is required."], "sub_part": ["This field is required."] })));
    }

    async fn an_amount_is_read_in_the_units_of_what_goes_in(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let wire = part(&app, &root, "Wire", json!({ "units": "m" })).await;
        let screw = part(&app, &root, "Screw", json!({})).await;
        for (sub_part, raw, quantity) in [
            (wire, "100 mm", 0.1), (wire, "2", 2.0), (wire, "1 inch", 0.0254), (wire, "1/4 m", 0.25), (screw, "3", 3.0), (screw, "2 dozen", 24.0),
        ] {
            let read = root.post(&app, BOM, json!({ "part": a, "sub_part": sub_part, "raw_amount": raw })).await.json();
            assert_eq!((&read["quantity"], &read["raw_amount"]), (&json!(quantity), &json!(raw)));
        }
        for (sub_part, raw) in [(wire, "2 kg"), (wire, "abc"), (screw, "1 m"), (wire, "1e99"), (wire, "NaN")] {
            let answer = root.post(&app, BOM, json!({ "part": a, "sub_part": sub_part, "raw_amount": raw })).await;
            assert_eq!(answer.status, 400, "{raw}");
            assert!(answer.json()["raw_amount"][0].is_string(), "{raw}: {}", answer.text);
        }
        for quantity in [json!(0), json!("0.000001")] {
            let answer = root.post(&app, BOM, json!({ "part": a, "sub_part": screw, "quantity": quantity })).await;
            assert_eq!(answer.pair(), (400, json!({ "raw_amount": ["Quantity must be greater than zero"] })));
        }
        // Whichever of the two is new counts, also when a whole object is sent back.
        let pk = root.make(&app, BOM, json!({ "part": a, "sub_part": wire, "raw_amount": "50 cm" })).await;
        let url = format!("{BOM}{pk}/");
        let mut whole = root.get(&app, &url).await.json();
        assert_eq!(root.patch(&app, &url, whole.clone()).await.json()["raw_amount"], json!("50 cm"));
        whole["quantity"] = json!(3);
        let read = root.patch(&app, &url, whole.clone()).await.json();
        assert_eq!((&read["quantity"], &read["raw_amount"]), (&json!(3.0), &json!("3")));
        whole["raw_amount"] = json!("70 cm");
        assert_eq!(root.patch(&app, &url, whole).await.json()["quantity"], json!(0.7));
        assert_eq!(root.patch(&app, &url, json!({ "note": "n" })).await.json()["quantity"], json!(0.7));
    }

    async fn zero_is_a_quantity_where_the_setting_says_so(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        root.patch(&app, "/api/settings/global/PART_BOM_ALLOW_ZERO_QUANTITY/", json!({ "value": true })).await;
        let answer = root.post(&app, BOM, json!({ "part": a, "sub_part": b, "quantity": 0 })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["quantity"]), (201, &json!(0.0)));
        let answer = root.post(&app, BOM, json!({ "part": a, "sub_part": b, "quantity": 1, "attrition": 101 })).await;
        assert_eq!(answer.pair(), (400, json!({ "attrition": ["Ensure this value is less than or equal to 100."] })));
    }

    async fn nothing_goes_into_itself_however_far_away(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = assembly(&app, &root, "B").await;
        let c = assembly(&app, &root, "C").await;
        line(&app, &root, a, b).await;
        let cb = line(&app, &root, c, a).await;
        for (part, sub_part) in [(a, a), (b, a), (b, c), (a, c)] {
            let answer = root.post(&app, BOM, json!({ "part": part, "sub_part": sub_part })).await;
            assert_eq!(answer.status, 400, "{part} {sub_part}");
            let text = answer.json()["sub_part"][0].as_str().unwrap().to_owned();
            assert!(text.starts_with("Part '") && text.ends_with("(recursive)"), "{text}");
        }
        assert_eq!(root.patch(&app, &format!("{BOM}{cb}/"), json!({ "sub_part": c })).await.status, 400);
        // A variant inherits a line, and with it a cycle.
        let template = part(&app, &root, "T", json!({ "assembly": true, "is_template": true })).await;
        let variant = part(&app, &root, "V", json!({ "assembly": true, "variant_of": template })).await;
        let d = assembly(&app, &root, "D").await;
        line(&app, &root, d, variant).await;
        let body = json!({ "part": template, "sub_part": d, "inherited": true });
        assert_eq!(root.post(&app, BOM, body.clone()).await.status, 400);
        assert_eq!(root.post(&app, BOM, json!({ "part": template, "sub_part": variant })).await.status, 400);
        assert_eq!(root.patch(&app, &format!("{PARTS}{variant}/"), json!({ "variant_of": null })).await.status, 200);
        assert_eq!(root.post(&app, BOM, body).await.status, 201);
        let answer = root.patch(&app, &format!("{PARTS}{variant}/"), json!({ "variant_of": template })).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }

    async fn of_two_lines_that_would_close_a_cycle_at_once_one_is_refused(app: App) {
        let root = app.root().await;
        for round in 0..5 {
            let a = assembly(&app, &root, &format!("A{round}")).await;
            let b = assembly(&app, &root, &format!("B{round}")).await;
            let (one, other) = tokio::join!(
                root.post(&app, BOM, json!({ "part": a, "sub_part": b })),
                root.post(&app, BOM, json!({ "part": b, "sub_part": a }))
            );
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 400]);
        }
    }

    async fn a_bill_has_what_it_inherits_and_a_part_knows_where_it_is_used(app: App) {
        let root = app.root().await;
        let template = part(&app, &root, "T", json!({ "assembly": true, "is_template": true })).await;
        let variant = part(&app, &root, "V", json!({ "assembly": true, "variant_of": template })).await;
        let family = part(&app, &root, "F", json!({ "is_template": true })).await;
        let member = part(&app, &root, "M", json!({ "variant_of": family })).await;
        let spare = part(&app, &root, "S", json!({})).await;
        let own = part(&app, &root, "O", json!({})).await;
        let inherited = root.make(&app, BOM, json!({ "part": template, "sub_part": family, "inherited": true, "allow_variants": true })).await;
        line(&app, &root, template, own).await;
        line(&app, &root, variant, spare).await;
        root.make(&app, SUBSTITUTES, json!({ "bom_item": inherited, "part": spare })).await;
        let list = |query: String| { let (root, app) = (&root, &app); async move { root.get(app, &format!("{BOM}?{query}")).await.json() } };
        assert_eq!(sub_parts(&list(format!("part={variant}")).await), [family, spare]);
        assert_eq!(sub_parts(&list(format!("part={template}")).await), [family, own]);
        assert_eq!(list(format!("uses={member}")).await.as_array().unwrap().len(), 1);
        assert_eq!(list(format!("uses={spare}")).await.as_array().unwrap().len(), 2);
        assert_eq!(list(format!("uses={own}")).await[0]["part"], json!(template));
        for (query, count) in [
            ("inherited=true", 1), ("allow_variants=false", 2), ("optional=true", 0), ("part_active=true", 3), ("sub_part_assembly=true", 0),
            ("search=O", 1), ("sub_part_virtual=false", 3), ("available_stock=true", 0), ("ordering=-sub_part", 3), ("validated=false", 3),
        ] {
            assert_eq!(list(query.to_owned()).await.as_array().unwrap().len(), count, "{query}");
        }
        let names: Vec<i64> = sub_parts(&list("ordering=-sub_part".to_owned()).await);
        assert_eq!(names, [spare, own, family]);
        let parts = root.get(&app, &format!("{PARTS}?in_bom_for={variant}")).await.json();
        let pks: Vec<_> = parts.as_array().unwrap().iter().map(|part| part["pk"].as_i64().unwrap()).collect();
        assert_eq!(pks, [family, spare]);
    }

    async fn a_check_holds_until_the_line_or_the_bill_changes(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        let pk = line(&app, &root, a, b).await;
        let (url, bill) = (format!("{BOM}{pk}/"), format!("{PARTS}{a}/bom-validate/"));
        assert_eq!(root.get(&app, &bill).await.json(), json!({ "pk": a, "bom_validated": false, "bom_checksum": "", "bom_checked_by": null, "bom_checked_date": null }));
        assert_eq!(root.patch(&app, &format!("{url}validate/"), json!({ "valid": true })).await.pair(), (200, json!({ "valid": true })));
        let validated = || async { root.get(&app, &url).await.json()["validated"].clone() };
        assert_eq!(validated().await, json!(true));
        root.patch(&app, &url, json!({ "note": "no matter" })).await;
        assert_eq!(validated().await, json!(true));
        assert_eq!(root.patch(&app, &url, json!({ "quantity": 2 })).await.json()["validated"], json!(false));
        let checked = root.patch(&app, &bill, json!({ "valid": true })).await.json();
        assert_eq!((&checked["bom_validated"], &checked["bom_checked_by"]), (&json!(true), &json!(1)));
        assert_eq!(checked["bom_checked_date"], json!(app.ctx.clock.today().to_string()));
        assert_eq!(validated().await, json!(true));
        let valid = || async { root.get(&app, &format!("{PARTS}?bom_valid=true")).await.json().as_array().unwrap().len() };
        assert_eq!(valid().await, 1);
        let other = part(&app, &root, "C", json!({})).await;
        let second = line(&app, &root, a, other).await;
        assert_eq!((valid().await, root.get(&app, &bill).await.json()["bom_validated"].clone()), (0, json!(false)));
        assert_eq!(root.delete(&app, &format!("{BOM}{second}/"), json!({})).await.status, 204);
        assert_eq!(valid().await, 1);
        assert_eq!(root.put(&app, &bill, json!({ "valid": false })).await.json()["bom_checksum"], json!(""));
        assert_eq!(validated().await, json!(false));
    }

    async fn a_locked_bill_is_not_changed(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        let pk = line(&app, &root, a, b).await;
        root.patch(&app, &format!("{PARTS}{a}/"), json!({ "locked": true })).await;
        let locked = (400, json!({ "non_field_errors": ["BOM item cannot be modified - assembly is locked"] }));
        let url = format!("{BOM}{pk}/");
        assert_eq!(root.post(&app, BOM, json!({ "part": a, "sub_part": b })).await.pair(), locked);
        assert_eq!(root.patch(&app, &url, json!({ "quantity": 2 })).await.pair(), locked);
        assert_eq!(root.delete(&app, &url, json!({})).await.pair(), locked);
        assert_eq!(root.delete(&app, BOM, json!({ "items": [pk] })).await.pair(), locked);
        assert_eq!(root.post(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": a })).await.status, 400);
        root.patch(&app, "/api/settings/global/PART_ENABLE_LOCKING/", json!({ "value": false })).await;
        assert_eq!(root.patch(&app, &url, json!({ "quantity": 2 })).await.status, 200);
    }

    async fn what_a_tracked_part_is_in_is_tracked_and_counts_whole_ones(app: App) {
        let root = app.root().await;
        let top = assembly(&app, &root, "A").await;
        let middle = assembly(&app, &root, "B").await;
        let tracked = part(&app, &root, "C", json!({ "trackable": true })).await;
        line(&app, &root, top, middle).await;
        let answer = root.post(&app, BOM, json!({ "part": middle, "sub_part": tracked, "quantity": 1.5 })).await;
        assert_eq!(answer.pair(), (400, json!({ "quantity": ["Quantity must be integer value for trackable parts"] })));
        line(&app, &root, middle, tracked).await;
        for pk in [top, middle] {
            assert_eq!(root.get(&app, &format!("{PARTS}{pk}/")).await.json()["trackable"], json!(true));
        }
        let late = part(&app, &root, "D", json!({})).await;
        let above = assembly(&app, &root, "E").await;
        line(&app, &root, above, late).await;
        root.patch(&app, &format!("{PARTS}{late}/"), json!({ "trackable": true })).await;
        assert_eq!(root.get(&app, &format!("{PARTS}{above}/")).await.json()["trackable"], json!(true));
    }

    async fn a_substitute_is_another_component_and_stands_once(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        let c = part(&app, &root, "C", json!({})).await;
        let pk = line(&app, &root, a, b).await;
        let answer = root.post(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": b })).await;
        assert_eq!(answer.pair(), (400, json!({ "part": ["Substitute part cannot be the same as the master part"] })));
        let read = root.post(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": c })).await.json();
        assert_eq!((&read["part"], &read["part_detail"]["name"]), (&json!(c), &json!("C")));
        let answer = root.post(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": c })).await;
        assert_eq!(answer.pair(), (400, json!({ "non_field_errors": ["The fields part, bom_item must make a unique set."] })));
        let shown = root.get(&app, &format!("{BOM}{pk}/?substitutes=true")).await.json();
        assert_eq!(shown["substitutes"][0]["pk"], read["pk"]);
        assert_eq!(root.get(&app, &format!("{SUBSTITUTES}?bom_item={pk}")).await.json().as_array().unwrap().len(), 1);
        assert_eq!(root.delete(&app, &format!("{SUBSTITUTES}{}/", read["pk"]), json!({})).await.status, 204);
    }

    async fn a_bill_is_copied_with_its_substitutes_or_not_at_all(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = assembly(&app, &root, "B").await;
        let c = part(&app, &root, "C", json!({ "units": "m" })).await;
        let d = part(&app, &root, "D", json!({})).await;
        let pk = root.make(&app, BOM, json!({ "part": a, "sub_part": c, "raw_amount": "10 cm", "reference": "W1" })).await;
        root.make(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": d })).await;
        let old = line(&app, &root, b, d).await;
        let url = format!("{PARTS}{b}/bom-copy/");
        let answer = root.post(&app, &url, json!({ "part": a })).await;
        assert_eq!(answer.pair(), (201, json!({ "part": a, "remove_existing": true, "include_inherited": false, "skip_invalid": false, "copy_substitutes": true })));
        let list = root.get(&app, &format!("{BOM}?part={b}&substitutes=true")).await.json();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!((&list[0]["raw_amount"], &list[0]["reference"], &list[0]["substitutes"][0]["part"]), (&json!("10 cm"), &json!("W1"), &json!(d)));
        assert_eq!(root.get(&app, &format!("{BOM}{old}/")).await.status, 404);
        line(&app, &root, a, b).await;
        assert_eq!(root.post(&app, &url, json!({ "part": a })).await.status, 400);
        assert_eq!(root.get(&app, &format!("{BOM}?part={b}")).await.json().as_array().unwrap().len(), 1);
        assert_eq!(root.post(&app, &url, json!({ "part": a, "skip_invalid": true })).await.status, 201);
        assert_eq!(root.post(&app, &url, json!({ "part": b })).await.status, 400);
        // A copy of the part brings it along.
        let body = json!({ "name": "A copy", "assembly": true, "duplicate": { "original": a, "copy_bom": true } });
        let copy = root.make(&app, PARTS, body).await;
        assert_eq!(root.get(&app, &format!("{BOM}?part={copy}")).await.json().as_array().unwrap().len(), 2);
    }

    async fn a_part_in_use_is_not_deleted_unless_the_setting_says_so(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({ "active": false })).await;
        line(&app, &root, a, b).await;
        let url = format!("{PARTS}{b}/");
        let answer = root.delete(&app, &url, json!({})).await;
        assert_eq!(answer.pair(), (400, json!({ "non_field_errors": ["Cannot delete this part as it is used in an assembly"] })));
        root.patch(&app, "/api/settings/global/PART_ALLOW_DELETE_FROM_ASSEMBLY/", json!({ "value": true })).await;
        assert_eq!(root.delete(&app, &url, json!({})).await.status, 204);
        assert!(root.get(&app, BOM).await.json().as_array().unwrap().is_empty());
    }

    async fn many_lines_are_changed_and_deleted_together_or_not_at_all(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        let one = line(&app, &root, a, b).await;
        let two = line(&app, &root, a, b).await;
        let answer = root.patch(&app, BOM, json!({ "items": [one, two], "optional": true })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(root.get(&app, &format!("{BOM}?optional=true")).await.json().as_array().unwrap().len(), 2);
        assert_eq!(root.delete(&app, BOM, json!({ "items": [one, 999] })).await.status, 400);
        let answer = root.delete(&app, BOM, json!({ "items": [one, two] })).await;
        assert_eq!(answer.pair(), (200, json!({ "success": "Deleted 2 items" })));
        assert_eq!(root.delete(&app, BOM, json!({})).await.status, 400);
    }

    async fn a_list_of_lines_costs_a_fixed_number_of_statements(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let mut seen = Vec::new();
        for n in 0..8 {
            let b = part(&app, &root, &format!("p{n}"), json!({})).await;
            let c = part(&app, &root, &format!("s{n}"), json!({})).await;
            let pk = line(&app, &root, a, b).await;
            root.make(&app, SUBSTITUTES, json!({ "bom_item": pk, "part": c })).await;
            let path = format!("{BOM}?limit=50&part={a}&part_detail=true&sub_part_detail=true&substitutes=true&pricing=true");
            root.get(&app, &path).await;
            let before = app.ctx.db.statements();
            root.get(&app, &path).await;
            seen.push(app.ctx.db.statements() - before);
        }
        // The clock may tick between two requests, which costs the two statements of authentication and a setting.
        let least = *seen.iter().min().unwrap();
        assert!(least <= 5 && seen.iter().all(|cost| *cost <= least + 3), "{seen:?}");
    }

    async fn the_detail_of_a_part_is_for_those_who_may_view_parts(app: App) {
        let root = app.root().await;
        let a = assembly(&app, &root, "A").await;
        let b = part(&app, &root, "B", json!({})).await;
        line(&app, &root, a, b).await;
        let client = app.application("client", "r:view:bom r:view:part").await;
        let person = app.superuser("root2").await;
        let path = format!("{BOM}?part_detail=true&sub_part_detail=true");
        let both = app.bearer(&client, &person, "r:view:bom r:view:part").await.get(&app, &path).await.json();
        assert_eq!(both[0]["part_detail"]["name"], json!("A"));
        let bom = app.bearer(&client, &person, "r:view:bom").await.get(&app, &path).await.json();
        assert_eq!((bom[0].get("part_detail"), bom[0].get("sub_part_detail")), (None, None));
    }
}
