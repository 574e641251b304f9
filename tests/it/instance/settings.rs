//! `/api/settings/`.

use entities::common::{setting, user_setting};
use poem::http::StatusCode;
use sea_orm::prelude::*;
use serde_json::{Value, json};

use crate::support::{both, shape::shape};

const COMPANY: &str = "/api/settings/global/INVENTREE_COMPANY_NAME/";

both! {
    async fn settings_have_the_contracts_shape(app: App) {
        let ann = app.person("ann").await;
        let by_ann = app.by_token(&ann).await;
        let one = by_ann.get(&app, "/api/settings/global/WEEK_STARTS_ON/").await.json();
        let mut expected = json!({
            "pk": "number", "key": "string", "value": "number", "name": "string", "description": "string",
            "type": "string", "units": "string", "choices": [{"value": "number", "display_name": "string"}],
            "model_name": "null", "api_url": "null", "typ": "string", "read_only": "bool", "confirm": "bool",
            "confirm_text": "string",
        });
        assert_eq!(shape(&one), expected);
        assert_eq!((&one["value"], &one["type"], &one["typ"]), (&json!(1), &json!("integer"), &json!("inventree")));
        let list = by_ann.get(&app, "/api/settings/global/").await.json();
        assert!(list.as_array().unwrap().contains(&one));
        let page = by_ann.get(&app, "/api/settings/global/?limit=2&offset=1&ordering=key").await.json();
        assert_eq!((page["results"].as_array().unwrap().len(), &page["previous"]), (2, &json!("http://127.0.0.1:8000/api/settings/global/?limit=2&ordering=key")));

        let own = by_ann.get(&app, "/api/settings/user/SHOW_SPOTLIGHT/").await.json();
        let object = expected.as_object_mut().unwrap();
        object.shift_remove("read_only");
        object.insert("user".into(), json!("number"));
        object.insert("value".into(), json!("bool"));
        object.insert("choices".into(), json!([]));
        assert_eq!(shape(&own), expected);
        assert_eq!((&own["value"], &own["user"], &own["typ"]), (&json!(true), &json!(ann.id), &json!("user")));
        for path in ["global/NOPE", "user/NOPE", "global/_PENDING_MIGRATIONS", "global/SHOW_SPOTLIGHT", "user/WEEK_STARTS_ON"] {
            let answer = by_ann.get(&app, &format!("/api/settings/{path}/")).await;
            assert_eq!(answer.pair(), (404, json!({"detail": "Not found."})), "{path}");
        }
        assert_eq!(by_ann.get(&app, "/api/settings/global/week_starts_on/").await.json(), one);
    }

    async fn only_staff_change_a_global_setting(app: App) {
        let (ann, stan, root) = (app.person("ann").await, app.staff("stan").await, app.superuser("root").await);
        let body = json!({"value": "ACME"});
        for caller in [
            app.by_token(&ann).await,
            app.acting_for(&stan, "g:read").await,
            app.acting_for(&root, "g:read a:superuser").await,
            app.acting_for(&ann, "g:read a:staff").await,
        ] {
            assert_eq!(caller.patch(&app, COMPANY, body.clone()).await.status, StatusCode::FORBIDDEN);
            assert_eq!(caller.put(&app, COMPANY, body.clone()).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(setting::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 0);
        for (n, caller) in [app.by_token(&stan).await, app.by_token(&root).await, app.acting_for(&stan, "a:staff").await].iter().enumerate() {
            let value = format!("ACME {n}");
            let answer = caller.patch(&app, COMPANY, json!({"value": value, "key": "X", "pk": 9, "read_only": true, "type": "x"})).await;
            assert_eq!((answer.status, &answer.json()["value"]), (StatusCode::OK, &json!(value)));
            assert_eq!(answer.json()["key"], "INVENTREE_COMPANY_NAME");
        }
        assert_eq!(app.by_token(&ann).await.get(&app, COMPANY).await.json()["value"], "ACME 2");
    }

    async fn a_value_is_read_by_its_type(app: App) {
        let root = app.root().await;
        let patch = |key: &'static str, value: Value| {
            let (app, root) = (&app, &root);
            async move { root.patch(app, &format!("/api/settings/global/{key}/"), json!({"value": value})).await.pair() }
        };
        let value = |answer: (u16, Value)| (answer.0, answer.1["value"].clone());
        for (sent, stored) in [(json!(true), true), (json!("False"), false), (json!("true"), true), (json!(0), false)] {
            assert_eq!(value(patch("DISPLAY_FULL_NAMES", sent).await), (200, json!(stored)));
        }
        assert_eq!(value(patch("CALENDAR_HORIZON_MONTHS", json!("6")).await), (200, json!(6)));
        assert_eq!(value(patch("WEEK_STARTS_ON", json!(0)).await), (200, json!(0)));
        for (key, sent, message) in [
            ("DISPLAY_FULL_NAMES", json!("perhaps"), "Must be a valid boolean."),
            ("CALENDAR_HORIZON_MONTHS", json!("many"), "A valid integer is required."),
            ("CALENDAR_HORIZON_MONTHS", json!(0), "Ensure this value is greater than or equal to 1."),
            ("WEEK_STARTS_ON", json!(9), "\"9\" is not a valid choice."),
            ("INVENTREE_COMPANY_NAME", json!(null), "This field may not be null."),
            ("INVENTREE_COMPANY_NAME", json!(["a"]), "Not a valid string."),
            ("LABEL_ENABLE", json!(true), "This setting only tells what the server does. It cannot be changed."),
            ("INVENTREE_BASE_URL", json!("http://evil.example"), "This setting only tells what the server does. It cannot be changed."),
        ] {
            assert_eq!(patch(key, sent.clone()).await, (400, json!({"value": [message]})), "{key} {sent}");
        }
        assert_eq!(root.put(&app, COMPANY, json!({})).await.pair(), (400, json!({"value": ["This field is required."]})));
    }

    async fn the_instance_is_called_as_configured_until_somebody_names_it(app: App) {
        let root = app.root().await;
        let path = "/api/settings/global/INVENTREE_INSTANCE/";
        assert_eq!(root.get(&app, path).await.json()["value"], "Stockade");
        root.patch(&app, path, json!({"value": "Lab 5"})).await;
        assert_eq!(root.get(&app, "/api/").await.json()["instance"], "Lab 5");
        assert_eq!(root.get(&app, path).await.json()["value"], "Lab 5");
        let base = root.get(&app, "/api/settings/global/INVENTREE_BASE_URL/").await.json();
        assert_eq!((&base["value"], &base["read_only"]), (&json!("http://127.0.0.1:8000"), &json!(true)));
    }

    async fn people_have_settings_of_their_own(app: App) {
        let (ann, bob) = (app.person("ann").await, app.person("bob").await);
        let (by_ann, by_bob) = (app.by_token(&ann).await, app.by_token(&bob).await);
        let path = "/api/settings/user/DATE_DISPLAY_FORMAT/";
        let answer = by_ann.patch(&app, path, json!({"value": "DD-MM-YYYY", "user": bob.id})).await;
        assert_eq!((answer.status, &answer.json()["user"]), (StatusCode::OK, &json!(ann.id)));
        assert_eq!(by_ann.patch(&app, path, json!({"value": "DD/MM/YYYY"})).await.json()["value"], "DD/MM/YYYY");
        assert_eq!(by_bob.get(&app, path).await.json()["value"], "YYYY-MM-DD");
        assert_eq!(by_ann.get(&app, path).await.json()["value"], "DD/MM/YYYY");
        assert_eq!(user_setting::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 1);
        let bad = by_ann.patch(&app, path, json!({"value": "whenever"})).await.pair();
        assert_eq!(bad, (400, json!({"value": ["\"whenever\" is not a valid choice."]})));
    }
}
