//! The browsable API: what a browser gets with `debug` on, and that it is never more than the API gives.

use poem::http::Method;
use serde_json::json;

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    people::PASSWORD,
};

/// As browsers send it.
const ACCEPT: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

async fn open(browser: &Browser<'_>, path: &str) -> Answer {
    browser.send(Method::GET, path, &[ACCEPT], None).await
}

/// Presses a button of the page.
async fn press(browser: &Browser<'_>, path: &str, method: &str, content: &str) -> Answer {
    let token = browser.cookie("csrftoken").unwrap_or_default();
    let fields = [("csrf_token", token.as_str()), ("_content", content), ("_method", method)];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    browser.send(Method::POST, path, &[ACCEPT], Some(form.into_bytes())).await
}

async fn with_debug(app: App) -> App {
    app.reconfigured(|config| config.debug = true).await
}

both! {
    async fn a_browser_gets_a_page_only_with_debug_on(app: App) {
        app.superuser("ann").await;
        let answer = open(&Browser::logged_in(&app, "ann", PASSWORD).await, "/api/part/").await;
        assert_eq!(answer.header("content-type"), "application/json");
        let app = with_debug(app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = open(&browser, "/api/part/").await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.header("content-security-policy").contains("script-src 'self'"));
        assert!(page.body.contains("r:view:part") && page.body.contains("r:add:part"), "{}", page.body);
    }

    async fn a_client_that_does_not_ask_for_html_gets_json_with_debug_on_too(app: App) {
        let app = with_debug(app).await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for (path, accept) in [("/api/part/", "*/*"), ("/api/part/", "application/json"), ("/api/part/?format=json", ACCEPT.1), ("/api/schema/", ACCEPT.1)] {
            let answer = browser.send(Method::GET, path, &[("Accept", accept)], None).await;
            assert_eq!(answer.header("content-type"), "application/json", "{path} {accept}");
        }
    }

    async fn format_api_asks_for_the_page_and_is_unknown_without_debug(app: App) {
        app.superuser("ann").await;
        let plain = Browser::logged_in(&app, "ann", PASSWORD).await.get("/api/part/?format=api").await;
        assert_eq!((plain.status.as_u16(), plain.header("content-type")), (404, "application/json"));
        let app = with_debug(app).await;
        let page = Browser::logged_in(&app, "ann", PASSWORD).await.get("/api/part/?format=api").await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    }

    async fn what_the_api_denies_the_page_denies_in_words(app: App) {
        let app = with_debug(app).await;
        let root = app.root().await;
        root.make(&app, "/api/part/", json!({ "name": "Secret valve", "description": "x" })).await;
        app.person("bob").await;
        let page = open(&Browser::logged_in(&app, "bob", PASSWORD).await, "/api/part/").await;
        assert_eq!(page.status.as_u16(), 403);
        assert!(page.body.contains("You do not have permission to perform this action."), "{}", page.body);
        assert!(!page.body.contains("Secret valve"));
        let stranger = open(&Browser::new(&app).await, "/api/part/").await;
        assert_eq!(stranger.status.as_u16(), 401);
        assert!(stranger.body.contains("/accounts/login/?next=%2Fapi%2Fpart%2F"), "{}", stranger.body);
        assert!(!stranger.body.contains("<textarea"), "a stranger is offered nothing to send");
    }

    async fn its_forms_do_what_a_client_does(app: App) {
        let app = with_debug(app).await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let made = press(&browser, "/api/part/category/", "POST", r#"{ "name": "Valves" }"#).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.body);
        let root = app.root().await;
        let pk = root.get(&app, "/api/part/category/").await.json()[0]["pk"].to_string();
        let path = format!("/api/part/category/{pk}/");
        let changed = press(&browser, &path, "PATCH", r#"{ "description": "Open and shut" }"#).await;
        assert_eq!(changed.status.as_u16(), 200, "{}", changed.body);
        assert_eq!(root.get(&app, &path).await.json()["description"], "Open and shut");
        let gone = press(&browser, &path, "DELETE", r#"{ "delete_parts": false, "delete_child_categories": false }"#).await;
        assert_eq!(gone.status.as_u16(), 204, "{}", gone.body);
        assert_eq!(root.get(&app, &path).await.status.as_u16(), 404);
    }

    async fn a_refused_form_keeps_what_was_written(app: App) {
        let app = with_debug(app).await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let refused = press(&browser, "/api/part/category/", "POST", r#"{ "name": "", "description": "long & hard work" }"#).await;
        assert_eq!(refused.status.as_u16(), 400);
        assert!(refused.body.contains("long &#38; hard work"), "{}", refused.body);
        let broken = press(&browser, "/api/part/category/", "POST", "{ oops").await;
        assert_eq!(broken.status.as_u16(), 400);
        assert!(broken.body.contains("JSON parse error"), "{}", broken.body);
        let odd = press(&browser, "/api/part/category/", "BREW", "{}").await;
        assert_eq!(odd.status.as_u16(), 400);
    }

    async fn a_form_from_elsewhere_changes_nothing(app: App) {
        let app = with_debug(app).await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let form = b"_method=POST&_content=%7B%22name%22%3A%22Planted%22%7D".to_vec();
        let without = browser.send(Method::POST, "/api/part/category/", &[ACCEPT], Some(form.clone())).await;
        assert_eq!(without.status.as_u16(), 403);
        let token = format!("csrf_token={}&", browser.cookie("csrftoken").unwrap()).into_bytes();
        let headers = [ACCEPT, ("Origin", "https://evil.example")];
        let foreign = browser.send(Method::POST, "/api/part/category/", &headers, Some([token, form].concat())).await;
        assert_eq!(foreign.status.as_u16(), 403);
        assert_eq!(app.root().await.get(&app, "/api/part/category/").await.json(), json!([]));
    }

    async fn a_long_list_is_shown_a_page_at_a_time(app: App) {
        let app = with_debug(app).await;
        let root = app.root().await;
        for n in 0..26 {
            root.make(&app, "/api/part/category/", json!({ "name": format!("Category {n:02}") })).await;
        }
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = open(&browser, "/api/part/category/").await.body;
        assert!(page.contains("Category 24") && !page.contains("Category 25"));
        assert!(page.contains("26 in all") && page.contains("rel=\"next\""));
        assert!(open(&browser, "/api/part/category/?limit=100").await.body.contains("Category 25"));
    }

    async fn the_root_leads_to_every_list(app: App) {
        let app = with_debug(app).await;
        let page = open(&Browser::new(&app).await, "/api/").await;
        assert_eq!(page.status.as_u16(), 200);
        for place in ["/api/part/", "/api/part/category/", "/api/stock/", "/api/user/me/"] {
            assert!(page.body.contains(&format!("<a href=\"{place}\">")), "{place}: {}", page.body);
        }
    }
}
