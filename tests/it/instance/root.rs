//! `/api/`, version and flags.

use poem::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{actors::Actor, both, shape::shape};

/// What only staff are told.
const FOR_STAFF: [&str; 4] = ["system_health", "database", "platform", "installer"];

both! {
    async fn a_client_without_a_credential_is_told_which_server_this_is(app: App) {
        let answer = Actor::anonymous().get(&app, "/api/").await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
        let info = answer.json();
        assert_eq!((&info["server"], &info["apiVersion"]), (&json!("InvenTree"), &json!(534)));
        assert_eq!(answer.header("x-inventree-api"), "534");
        let keys: Vec<_> = info.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, [
            "server", "id", "version", "instance", "apiVersion", "worker_running", "worker_count",
            "worker_pending_tasks", "plugins_enabled", "plugins_install_disabled", "email_configured", "debug_mode",
            "docker_mode", "default_locale", "customize", "active_plugins", "system_health", "database", "platform",
            "installer", "target", "django_admin", "settings",
        ]);
        for key in FOR_STAFF {
            assert_eq!(info[key], Value::Null, "{key}");
        }
        let no = json!("bool");
        assert_eq!(
            shape(&info["settings"]),
            json!({"sso_registration": no, "registration_enabled": no, "password_forgotten_enabled": no})
        );
        // As the Python client asks: with a body, whatever it is.
        let sent = Actor::anonymous().call(&app, Method::GET, "/api/", Some(json!({}))).await;
        assert_eq!(sent.json(), info);
    }

    async fn only_staff_are_told_on_what_it_runs(app: App) {
        let (ann, stan) = (app.person("ann").await, app.staff("stan").await);
        for caller in [app.by_token(&ann).await, app.acting_for(&stan, "g:read").await] {
            let info = caller.get(&app, "/api/").await.json();
            assert!(FOR_STAFF.iter().all(|key| info[key].is_null()), "{info}");
            assert!(caller.get(&app, "/api/flags/").await.json()[0].get("conditions").is_none());
            assert_eq!(caller.get(&app, "/api/version/").await.status, StatusCode::FORBIDDEN);
            assert_eq!(caller.get(&app, "/api/version-text").await.status, StatusCode::FORBIDDEN);
        }
        for caller in [app.by_token(&stan).await, app.acting_for(&stan, "a:staff").await] {
            let info = caller.get(&app, "/api/").await.json();
            assert!(FOR_STAFF.iter().all(|key| !info[key].is_null()), "{info}");
            assert!(caller.get(&app, "/api/flags/OIDC/").await.json().get("conditions").is_some());
            let version = caller.get(&app, "/api/version/").await.json();
            assert_eq!(version["version"]["api"], json!(534));
            let text = caller.get(&app, "/api/version-text").await.json();
            assert_eq!(shape(&text), json!([{
                "version": "string", "date": "string", "gh": "null", "text": ["string"], "latest": "bool",
            }]));
        }
        for path in ["/api/version/", "/api/version-text"] {
            assert_eq!(Actor::anonymous().get(&app, path).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(Actor::sending("Token inv-x").get(&app, "/api/").await.status, StatusCode::UNAUTHORIZED);
    }

    async fn no_query_parameter_switches_a_feature(app: App) {
        let nobody = Actor::anonymous();
        let flags = nobody.get(&app, "/api/flags/").await.json();
        let expected = json!([
            {"key": "EXPERIMENTAL", "state": false}, {"key": "NEXT_GEN", "state": false}, {"key": "OIDC", "state": true},
        ]);
        assert_eq!(flags, expected);
        assert_eq!(nobody.get(&app, "/api/flags/?experimental=&ngen=&oidc=").await.json(), expected);
        assert_eq!(nobody.get(&app, "/api/flags/OIDC/").await.json(), expected[2]);
        assert_eq!(nobody.get(&app, "/api/flags/X/").await.pair(), (404, json!({"detail": "Not found."})));
    }
}
