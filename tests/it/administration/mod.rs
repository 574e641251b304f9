//! `/api/oauth/...`: the authorization server over the API.

use poem::http::StatusCode;
use serde_json::{Value, json};
use stockade::{
    oauth::{application, register::initial},
    scope::Scopes,
};

use crate::support::{actors::Actor, both, browser::Browser, people::PASSWORD};

fn portal() -> Value {
    json!({"name": "Portal", "redirect_uris": ["https://app.example/cb"], "scope": ["openid", "r:view:part"]})
}

/// No text of an answer holds a secret of the kinds that Stockade makes.
fn tells_no_secret(text: &str) {
    for prefix in ["scs_", "sat_", "srt_", "sac_", "sia_", "sra_", "sse_"] {
        assert!(!text.contains(prefix), "{prefix} in {text}");
    }
    assert!(!text.contains("digest"), "{text}");
}

both! {
    async fn an_application_is_registered_read_changed_and_removed(app: App) {
        let root = app.root().await;
        let made = root.post(&app, "/api/oauth/application/", portal()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        let path = format!("/api/oauth/application/{}/", made["pk"]);
        assert!(made["client_secret"].as_str().unwrap().starts_with("scs_"));
        assert_eq!((&made["origin"], &made["is_active"]), (&json!("administrator"), &json!(true)));
        let read = root.get(&app, &path).await;
        tells_no_secret(&read.text);
        assert_eq!((&read.json()["name"], read.json().get("client_secret")), (&json!("Portal"), None));
        let changed = root.patch(&app, &path, json!({"name": "Gate", "metadata": {"contacts": ["a@b.example"]}, "is_active": false})).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        let changed = changed.json();
        assert_eq!((&changed["name"], &changed["is_active"]), (&json!("Gate"), &json!(false)));
        assert_eq!(changed["metadata"]["contacts"], json!(["a@b.example"]));
        assert_eq!(changed["redirect_uris"], json!(["https://app.example/cb"]), "what is not sent stays");
        // The same state as was read, or nothing.
        let late = json!({"name": "Late", "version": made["version"]});
        assert_eq!(root.patch(&app, &path, late).await.status, StatusCode::CONFLICT);
        let now = json!({"name": "Now", "version": changed["version"]});
        assert_eq!(root.patch(&app, &path, now).await.status, StatusCode::OK);
        let secret = root.post(&app, &format!("{path}secret/"), json!({"overlap": 60})).await;
        assert!(secret.json()["client_secret"].as_str().unwrap().starts_with("scs_"), "{}", secret.text);
        let list = root.get(&app, "/api/oauth/application/?limit=50&search=now").await;
        tells_no_secret(&list.text);
        assert_eq!(list.json()["count"], 1, "{}", list.text);
        assert_eq!(root.delete(&app, &path, json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(root.get(&app, &path).await.status, StatusCode::NOT_FOUND);
    }

    async fn what_the_form_refuses_the_api_refuses_beside_the_same_fields(app: App) {
        let root = app.root().await;
        for (name, value) in [
            ("name", json!("")),
            ("redirect_uris", json!(["http://app.example/cb"])),
            ("redirect_uris", json!(["https://a.example/ https://b.example/"])),
            ("scope", json!(["nonsense"])),
            ("algorithm", json!("HS256")),
            ("grant_types", json!(["password"])),
            ("access_token_lifetime", json!(1)),
            ("client_id", json!("https://app.example/")),
            ("metadata", json!({"no_such_member": "x"})),
            ("metadata", json!({"contacts": 7})),
            ("metadata", json!("x")),
            ("backchannel_logout_uri", json!("x")),
        ] {
            let mut body = portal();
            let field = if name == "backchannel_logout_uri" {
                body["metadata"] = json!({name: value});
                name
            } else {
                body[name] = value.clone();
                name
            };
            let answer = root.post(&app, "/api/oauth/application/", body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {value}: {}", answer.text);
            assert!(answer.json().get(field).is_some(), "{name}: {}", answer.text);
        }
        let default = application::find(app.ctx.db.reader(), application::default::CLIENT_ID).await.unwrap().unwrap();
        let path = format!("/api/oauth/application/{}/", default.id);
        assert_eq!(root.patch(&app, &path, json!({"name": "x"})).await.status, StatusCode::FORBIDDEN);
        assert_eq!(root.delete(&app, &path, json!({})).await.status, StatusCode::FORBIDDEN);
    }

    async fn nobody_sets_what_is_not_theirs_to_set(app: App) {
        let root = app.root().await;
        let mut body = portal();
        for (name, value) in [("is_default", json!(true)), ("origin", json!("document")), ("created_by", json!(1)), ("client_secret", json!("scs_x")), ("pk", json!(77))] {
            body[name] = value;
        }
        let made = root.post(&app, "/api/oauth/application/", body).await.json();
        assert_eq!((&made["is_default"], &made["origin"]), (&json!(false), &json!("administrator")), "{made}");
        assert!(made["pk"] != 77 && made["client_secret"] != "scs_x");
    }

    async fn a_bearer_hands_on_no_scope_that_its_token_does_not_carry(app: App) {
        let user = app.superuser("ann").await;
        let client = app.application("tool", &Scopes::all().to_string()).await;
        let narrow = app.bearer(&client, &user, "a:superuser openid r:view:part").await;
        let refused = narrow.post(&app, "/api/oauth/application/", json!({"name": "x", "redirect_uris": ["https://app.example/cb"], "scope": ["openid", "r:delete:part"]})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert!(refused.json().get("scope").is_some());
        assert_eq!(narrow.post(&app, "/api/oauth/application/", portal()).await.status, StatusCode::CREATED);
    }

    async fn tokens_and_grants_are_listed_without_their_values_and_revoked(app: App) {
        let root = app.root().await;
        app.person("ann").await;
        let shop = app.confidential("shop").await;
        let tokens = shop.tokens(&app, "ann", "openid").await;
        let list = root.get(&app, "/api/oauth/token/").await;
        tells_no_secret(&list.text);
        let rows = list.json();
        let row = rows.as_array().unwrap().iter().find(|row| row["client_id"] == "shop").unwrap();
        assert_eq!((&row["username"], &row["scope"]), (&json!("ann"), &json!("openid")));
        assert_eq!(root.delete(&app, &format!("/api/oauth/token/{}/", row["pk"]), json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        let list = root.get(&app, &format!("/api/oauth/grant/?application={}", shop.row.id)).await;
        tells_no_secret(&list.text);
        let grant = list.json()[0]["pk"].clone();
        assert_eq!(root.delete(&app, &format!("/api/oauth/grant/{grant}/"), json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(root.delete(&app, &format!("/api/oauth/grant/{grant}/"), json!({})).await.status, StatusCode::NOT_FOUND);
        assert_eq!(shop.refresh(&app, tokens.refresh()).await.json()["error"], "invalid_grant");
    }

    async fn keys_are_listed_and_rotated(app: App) {
        let root = app.root().await;
        let before = root.get(&app, "/api/oauth/key/").await;
        assert!(!before.text.contains("private") && !before.text.contains("\"d\""));
        let made = root.post(&app, "/api/oauth/key/rotate/", json!({"now": true})).await.json();
        let kids = made["kids"].as_array().unwrap();
        let after = root.get(&app, "/api/oauth/key/").await.json();
        assert_eq!(after.as_array().unwrap().len(), before.json().as_array().unwrap().len() + kids.len());
        for key in after.as_array().unwrap() {
            assert_eq!(key["signs"].as_bool().unwrap(), kids.contains(&key["kid"]), "{key}");
        }
    }

    async fn initial_access_tokens_are_made_listed_and_ended(app: App) {
        let root = app.root().await;
        let made = root.post(&app, "/api/oauth/initial-token/", json!({"name": "ci", "uses": 3, "expires_in": 600})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        assert!(made.json()["token"].as_str().unwrap().starts_with("sia_"));
        let list = root.get(&app, "/api/oauth/initial-token/").await;
        tells_no_secret(&list.text);
        assert_eq!((&list.json()[0]["name"], &list.json()[0]["uses_left"]), (&json!("ci"), &json!(3)));
        for wrong in [json!({}), json!({"name": "x", "uses": 0}), json!({"name": "x", "expires_in": 1})] {
            assert_eq!(root.post(&app, "/api/oauth/initial-token/", wrong).await.status, StatusCode::BAD_REQUEST);
        }
        let path = format!("/api/oauth/initial-token/{}/", made.json()["pk"]);
        assert_eq!(root.delete(&app, &path, json!({})).await.status, StatusCode::NO_CONTENT);
        assert!(initial::list(&app.ctx).await.unwrap().is_empty());
    }

    async fn sessions_of_anybody_are_listed_and_ended(app: App) {
        let root = app.root().await;
        let ann = app.person("ann").await;
        let (one, two) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        let list = root.get(&app, &format!("/api/oauth/session/?user={}", ann.id)).await;
        tells_no_secret(&list.text);
        assert_eq!(list.json().as_array().unwrap().len(), 2, "{}", list.text);
        let first = list.json().as_array().unwrap().iter().map(|row| row["pk"].as_i64().unwrap()).min().unwrap();
        assert_eq!(root.delete(&app, &format!("/api/oauth/session/{first}/"), json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(one.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        assert_eq!(two.get("/accounts/").await.status, StatusCode::OK);
        assert_eq!(root.post(&app, "/api/oauth/session/end/", json!({"user": ann.id})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(two.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        assert_eq!(root.post(&app, "/api/oauth/session/end/", json!({"user": 99_999})).await.status, StatusCode::BAD_REQUEST);
    }

    async fn only_superusers_come_here(app: App) {
        let staff = app.person("ann").await;
        let actor = app.by_token(&staff).await;
        for path in ["application", "token", "grant", "key", "initial-token", "session"] {
            let path = format!("/api/oauth/{path}/");
            assert_eq!(actor.get(&app, &path).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(Actor::anonymous().get(&app, &path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}
