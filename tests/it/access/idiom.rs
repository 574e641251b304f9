//! 404, 405, HEAD, OPTIONS and the headers, as Django REST has them.

use poem::http::Method;
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{actors::Actor, both};

both! {
    async fn an_unknown_path_and_a_path_without_its_slash_are_404(app: App) {
        let root = app.root().await;
        for path in ["/api/nope/", "/api/part", "/api/part/1", "/api/part/x/", "/api/part/category/tree/deep/er/", "/api/part/1.5/"] {
            for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
                let known = path == "/api/part/x/" || path == "/api/part/1.5/";
                if known && method == Method::POST {
                    continue;
                }
                let answer = root.call(&app, method, path, Some(json!({ "name": "p" }))).await;
                let url = format!("http://127.0.0.1:8000{path}");
                assert_eq!(answer.pair(), (404, json!({ "detail": "API endpoint not found", "url": url })), "{path}");
                assert_eq!(answer.header("content-type"), "application/json");
            }
        }
    }

    async fn a_method_that_is_none_is_405_and_says_which_are(app: App) {
        let root = app.root().await;
        let answer = root.put(&app, "/api/part/requirements/", json!({})).await;
        assert_eq!(answer.status, 404);
        let answer = root.delete(&app, "/api/part/", json!({})).await;
        assert_eq!(answer.pair(), (405, json!({ "detail": "Method \"DELETE\" not allowed." })));
        assert_eq!(answer.header("allow"), "GET, POST, PUT, PATCH, HEAD, OPTIONS");
        let answer = root.post(&app, "/api/part/1/", json!({})).await;
        assert_eq!(answer.pair(), (405, json!({ "detail": "Method \"POST\" not allowed." })));
        assert_eq!(answer.header("allow"), "GET, PUT, PATCH, DELETE, HEAD, OPTIONS");
    }

    async fn head_is_get_without_the_body(app: App) {
        let root = app.root().await;
        let get = root.get(&app, "/api/part/?limit=1").await;
        let head = root.call(&app, Method::HEAD, "/api/part/?limit=1", None).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""));
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(Actor::anonymous().call(&app, Method::HEAD, "/api/part/", None).await.status, 401);
    }

    async fn every_answer_has_inventrees_headers_and_no_cache_keeps_it(app: App) {
        let root = app.root().await;
        for (actor, path) in [(&root, "/api/part/"), (&root, "/api/nope/"), (&Actor::anonymous(), "/api/part/")] {
            let answer = actor.get(&app, path).await;
            for (name, value) in [
                ("content-type", "application/json"), ("x-inventree-api", "534"), ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("vary", "Accept, Authorization, Cookie"),
            ] {
                assert_eq!(answer.header(name), value, "{path}");
            }
        }
    }

    async fn a_body_on_get_and_options_is_ignored(app: App) {
        let root = app.root().await;
        for method in [Method::GET, Method::OPTIONS] {
            for body in ["{}", "{", "null"] {
                let body = Some(("application/json", body.as_bytes().to_vec()));
                assert_eq!(root.send(&app, method.clone(), "/api/part/", body).await.status, 200);
            }
        }
    }

    async fn options_describe_the_fields_and_the_actions_that_the_caller_may_take(app: App) {
        let root = app.root().await;
        let options = root.call(&app, Method::OPTIONS, "/api/part/", None).await.json();
        assert_eq!(options["parses"], json!(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]));
        let actions: Vec<&String> = options["actions"].as_object().unwrap().keys().collect();
        assert_eq!(actions, ["GET", "POST", "PUT"]);
        let fields = &options["actions"]["POST"];
        assert_eq!(fields["name"], json!({
            "type": "string", "required": true, "read_only": false, "label": "Name", "help_text": "Part name",
            "allow_null": false, "allow_blank": false, "max_length": 100,
        }));
        assert_eq!(fields["active"], json!({
            "type": "boolean", "required": false, "read_only": false, "label": "Active",
            "help_text": "Is this part active?", "allow_null": false, "default": true,
        }));
        assert_eq!(fields["category"], json!({
            "type": "related field", "required": false, "read_only": false, "label": "Category",
            "help_text": "Part category", "allow_null": true, "model": "partcategory", "api_url": "/api/part/category/",
            "pk_field": "pk", "filters": {},
        }));
        assert_eq!((&fields["pk"]["read_only"], &fields["pk"]["type"]), (&json!(true), &json!("integer")));
        assert_eq!((&fields["minimum_stock"]["type"], &fields["minimum_stock"]["min_value"]), (&json!("float"), &json!(0.0)));
        assert_eq!(fields["link"]["type"], json!("url"));
        assert_eq!(fields["creation_date"]["type"], json!("date"));
        assert_eq!(fields["full_name"]["read_only"], json!(true));

        let user = app.person("bob").await;
        let group = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        app.join(&user, &[&group]).await;
        let bob = app.by_token(&user).await;
        let options = bob.call(&app, Method::OPTIONS, "/api/part/1/", None).await.json();
        let actions: Vec<&String> = options["actions"].as_object().unwrap().keys().collect();
        assert_eq!(actions, ["GET"]);
        let options = root.call(&app, Method::OPTIONS, "/api/part/1/", None).await.json();
        let actions: Vec<&String> = options["actions"].as_object().unwrap().keys().collect();
        assert_eq!(actions, ["GET", "PUT", "DELETE"]);
        assert_eq!(options["actions"]["DELETE"], json!({}));
    }

    async fn an_unknown_format_is_nothing_that_there_is(app: App) {
        let root = app.root().await;
        for (path, status) in [
            ("/api/part/?format=json", 200),
            ("/api/part/?format=api", 404),
            ("/api/part/?format=yaml", 404),
            ("/api/?format=xml", 404),
            ("/api/schema/?format=xml", 404),
        ] {
            let answer = root.get(&app, path).await;
            assert_eq!(answer.status, status, "{path}");
            if status == 404 {
                assert_eq!(answer.json(), json!({ "detail": "Not found." }), "{path}");
            }
        }
    }

    async fn the_document_is_json_or_yaml_as_the_query_or_else_accept_says(app: App) {
        for (query, accept, kind) in [
            ("", "", "application/json"),
            ("", "*/*", "application/json"),
            ("", "application/yaml", "application/yaml"),
            ("", "application/vnd.oai.openapi+json, application/yaml", "application/json"),
            ("", "application/vnd.oai.openapi", "application/yaml"),
            ("?format=yaml", "application/json", "application/yaml"),
            ("?format=json", "application/yaml", "application/json"),
        ] {
            let answer = Actor::anonymous().with("Accept", accept).get(&app, &format!("/api/schema/{query}")).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind), "{query} {accept}");
            assert_eq!(answer.text.starts_with('{'), kind == "application/json");
        }
        let refused = Actor::anonymous().post(&app, "/api/schema/", json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"));
    }

    async fn the_documentation_comes_from_this_server_alone(app: App) {
        let page = Actor::anonymous().get(&app, "/api-doc/").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let sources = page.text.split(['"', '\'']).filter(|text| text.contains("//") || text.starts_with("/static/"));
        for source in sources {
            let local = source.starts_with("/static/") || source.starts_with("http://127.0.0.1:8000/");
            assert!(local, "{source}");
            if source.starts_with("/static/") {
                assert_eq!(Actor::anonymous().get(&app, source).await.status, 200, "{source}");
            }
        }
        let back = Actor::anonymous().get(&app, "/api-doc/oauth2-redirect.html?code=x&state=y").await;
        assert_eq!(back.status, 200);
        assert_eq!(back.header("cross-origin-opener-policy"), page.header("cross-origin-opener-policy"));
        let document: Value = Actor::anonymous().get(&app, "/api/schema/").await.json();
        assert_eq!(document["openapi"], json!("3.0.0"));
    }
}
