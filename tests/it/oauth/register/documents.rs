//! Client ID metadata documents: an address as `client_id`.

use poem::http::StatusCode;
use serde_json::{Value, json};
use stockade::config::Config;

use crate::support::{
    actors::Actor,
    both,
    browser::Browser,
    elsewhere::{Elsewhere, Page, may_ask_this_machine},
    oauth::{CALLBACK, Tokens, VERIFIER, authorize, challenge, post},
    people::PASSWORD,
};

fn believing(config: &mut Config) {
    may_ask_this_machine(config);
    config.oauth.client_documents = true;
}

fn document(client_id: &str) -> Value {
    json!({"client_id": client_id, "client_name": "Somewhere", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none"})
}

fn url(client_id: &str, redirect_uri: &str) -> String {
    authorize(&[
        ("response_type", "code".into()),
        ("client_id", client_id.into()),
        ("redirect_uri", redirect_uri.into()),
        ("scope", "openid".into()),
        ("state", "s".into()),
        ("code_challenge", challenge(VERIFIER)),
        ("code_challenge_method", "S256".into()),
    ])
}

async fn is_unknown(browser: &Browser<'_>, client_id: &str) -> bool {
    let page = browser.follow(&url(client_id, CALLBACK)).await;
    page.status == StatusCode::BAD_REQUEST && page.body.contains("not known to this server")
}

both! {
    async fn an_application_is_what_the_document_at_its_address_says(app: App) {
        let app = app.reconfigured(believing).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let id = elsewhere.at("/client.json");
        elsewhere.put("/client.json", Page::json(&document(&id)));
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = browser.follow(&url(&id, CALLBACK)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("not verified") && page.body.contains("127.0.0.1"), "{}", page.body);
        let code = browser.code(&url(&id, CALLBACK)).await;
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER), ("client_id", &id)];
        Tokens::of(&post(&Actor::anonymous(), &app, "/o/token/", &fields).await);
        // Asked again, and the document kept meanwhile.
        assert_eq!(browser.follow(&url(&id, CALLBACK)).await.status, StatusCode::OK);
        assert_eq!(elsewhere.asked("/client.json").len(), 1);
        // Only what the document lists.
        let page = browser.follow(&url(&id, "https://evil.example/cb")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }

    async fn it_is_fetched_anew_when_it_is_old_and_what_it_says_then_holds(app: App) {
        let app = app.reconfigured(believing).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let id = elsewhere.at("/client.json");
        elsewhere.put("/client.json", Page::json(&document(&id)).header("cache-control", "max-age=600"));
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        browser.follow(&url(&id, CALLBACK)).await;
        let mut moved = document(&id);
        moved["redirect_uris"] = json!(["https://new.example/cb"]);
        elsewhere.put("/client.json", Page::json(&moved));
        assert_eq!(browser.follow(&url(&id, CALLBACK)).await.status, StatusCode::OK, "still fresh");
        app.ctx.clock.advance(601);
        assert_eq!(browser.follow(&url(&id, CALLBACK)).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(browser.follow(&url(&id, "https://new.example/cb")).await.status, StatusCode::OK);
    }

    async fn what_is_no_good_document_is_nobody_and_is_not_remembered(app: App) {
        let app = app.reconfigured(believing).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let with = |path: &str, name: &str, value: Value| {
            let mut changed = document(&elsewhere.at(path));
            changed[name] = value;
            Page::json(&changed)
        };
        let pages = [
            ("/other", with("/other", "client_id", json!(elsewhere.at("/else")))),
            ("/secret", with("/secret", "client_secret", json!("x"))),
            ("/basic", with("/basic", "token_endpoint_auth_method", json!("client_secret_basic"))),
            ("/nowhere", with("/nowhere", "redirect_uris", json!([]))),
            ("/plain", with("/plain", "redirect_uris", json!(["http://app.example/cb"]))),
            ("/large", with("/large", "padding", json!("x".repeat(6000)))),
            ("/html", Page::of("text/html", document(&elsewhere.at("/html")).to_string())),
            ("/list", Page::of("application/json", "[]")),
            ("/moved", Page::status(302).header("location", &elsewhere.at("/good"))),
            ("/gone", Page::status(404)),
        ];
        for (path, page) in pages {
            elsewhere.put(path, page);
            assert!(is_unknown(&browser, &elsewhere.at(path)).await, "{path}");
        }
        elsewhere.put("/gone", Page::json(&document(&elsewhere.at("/gone"))));
        assert!(!is_unknown(&browser, &elsewhere.at("/gone")).await, "a failure is not kept");
        for (suffix, why) in [("/a/../client", "dot segments"), ("/client#x", "fragment"), ("/", "no path"), ("", "no path")] {
            assert!(is_unknown(&browser, &elsewhere.at(suffix)).await, "{why}");
        }
        let with_user = elsewhere.at("/client").replace("://", "://user@");
        assert!(is_unknown(&browser, &with_user).await);
    }

    async fn off_or_for_an_inner_address_nothing_is_fetched(app: App) {
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let id = elsewhere.put("/client.json", Page::json(&document(&elsewhere.at("/client.json"))));
        let app = app.reconfigured(may_ask_this_machine).await;
        assert!(is_unknown(&Browser::logged_in(&app, "ann", PASSWORD).await, &id).await);
        let metadata = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert!(metadata.get("client_id_metadata_document_supported").is_none());
        let app = app.reconfigured(|config| { config.oauth.client_documents = true; config.egress.allow_loopback = false; }).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for inner in [id.as_str(), "https://127.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/x", "https://localhost/x"] {
            assert!(is_unknown(&browser, inner).await, "{inner}");
        }
        assert!(elsewhere.asked("/client.json").is_empty());
        let metadata = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
    }

    async fn switched_off_again_what_documents_described_is_gone(app: App) {
        let app = app.reconfigured(believing).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let id = elsewhere.at("/client.json");
        elsewhere.put("/client.json", Page::json(&document(&id)));
        Browser::logged_in(&app, "ann", PASSWORD).await.code(&url(&id, CALLBACK)).await;
        let app = app.reconfigured(|config| config.oauth.client_documents = false).await;
        assert!(is_unknown(&Browser::logged_in(&app, "ann", PASSWORD).await, &id).await);
    }
}
