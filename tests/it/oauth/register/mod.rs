//! `/o/register/`: applications that register themselves (RFC 7591, RFC 7592).

mod documents;
mod logo;
mod statements;

use poem::http::{Method, StatusCode};
use serde_json::{Value, json};
use stockade::{
    config::{Config, RegistrationPolicy},
    oauth::{application, register::initial},
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    elsewhere::{Elsewhere, Page, may_ask_this_machine},
    oauth::{CALLBACK, Client, Tokens},
    people::PASSWORD,
};

/// Registration is open.
fn open(config: &mut Config) {
    config.oauth.registration.policy = RegistrationPolicy::Open;
}

/// Registration needs a token.
fn by_token(config: &mut Config) {
    config.oauth.registration.policy = RegistrationPolicy::Token;
}

fn asked() -> Value {
    json!({"client_name": "Own", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"]})
}

async fn register(app: &App, body: Value) -> Answer {
    Actor::anonymous().post(app, "/o/register/", body).await
}

fn refused(answer: &Answer, status: u16, code: &str, word: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str().unwrap()), (status, code), "{}", answer.text);
    assert!(answer.json()["error_description"].as_str().unwrap().contains(word), "{word}: {}", answer.text);
}

/// A registered application as tests use one.
async fn client(app: &App, registered: &Value) -> Client {
    let id = registered["client_id"].as_str().unwrap();
    let row = application::find(app.ctx.db.reader(), id).await.unwrap().unwrap().row;
    Client { row, secret: registered["client_secret"].as_str().map(str::to_owned) }
}

both! {
    async fn it_is_not_there_unless_it_is_switched_on(app: App) {
        for method in [Method::POST, Method::GET, Method::PUT, Method::DELETE] {
            for path in ["/o/register/", "/o/register", "/o/register/x/"] {
                let answer = Actor::anonymous().call(&app, method.clone(), path, Some(asked())).await;
                assert_eq!(answer.pair(), (404, json!({"error": "not_found"})), "{method} {path}");
            }
        }
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert!(document.get("registration_endpoint").is_none());
        let app = app.reconfigured(open).await;
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert!(document["registration_endpoint"].as_str().unwrap().ends_with("/o/register/"));
    }

    async fn what_was_stored_is_told_and_works_and_what_is_unknown_or_privileged_is_not(app: App) {
        app.superuser("ann").await;
        let app = app.reconfigured(open).await;
        let mut body = asked();
        for (name, value) in [
            ("scope", json!("openid profile a:superuser r:view:part nonsense")),
            ("grant_types", json!(["authorization_code", "refresh_token", "client_credentials", "password"])),
            ("client_id", json!("mine")),
            ("client_secret", json!("mine")),
            ("consent", json!("trusted")),
            ("is_default", json!(true)),
            ("profile", json!("fapi2")),
            ("unknown", json!({"a": 1})),
            ("software_id", json!("s-1")),
            ("contacts", json!(["a@example.org"])),
        ] {
            body[name] = value;
        }
        let answer = register(&app, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store");
        let told = answer.json();
        assert_eq!(told["scope"], "openid profile");
        assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(told["response_types"], json!(["code"]));
        assert_eq!((&told["client_secret_expires_at"], &told["software_id"]), (&json!(0), &json!("s-1")));
        assert_eq!(told["contacts"], json!(["a@example.org"]));
        assert!(told["client_id_issued_at"].as_i64().unwrap() > 0 && told["client_id"] != "mine" && told["client_secret"] != "mine");
        for name in ["consent", "is_default", "unknown", "profile"] {
            assert!(told.get(name).is_none(), "{name}");
        }
        let own = client(&app, &told).await;
        assert!(!own.row.is_default && own.row.consent == "always" && own.row.require_pkce && own.row.origin == "dynamic");
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let code = browser.code(&own.url("openid a:superuser")).await;
        assert_eq!(Tokens::of(&own.redeem(&app, &code).await).scope, "openid");
    }

    async fn nobody_is_taken_for_verified_because_they_say_so_and_no_consent_is_remembered(app: App) {
        app.superuser("ann").await;
        let app = app.reconfigured(open).await;
        let own = client(&app, &register(&app, asked()).await.json()).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        browser.code(&own.url("openid")).await;
        let page = browser.follow(&own.url("openid")).await;
        assert_eq!(page.status, StatusCode::OK, "asked again");
        assert!(page.body.contains("not verified"), "{}", page.body);
    }

    async fn a_member_that_is_wrong_is_named_under_the_registered_code(app: App) {
        let app = app.reconfigured(|config| { open(config); config.oauth.registration.per_hour = 1000; }).await;
        for (name, value, code) in [
            ("redirect_uris", json!([]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["http://app.example/cb"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["https://app.example/cb#x"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["https://a.example/ https://b.example/"]), "invalid_redirect_uri"),
            ("redirect_uris", json!("https://app.example/cb"), "invalid_client_metadata"),
            ("redirect_uris", json!([1]), "invalid_client_metadata"),
            ("client_name", json!(7), "invalid_client_metadata"),
            ("client_name", json!("x".repeat(300)), "invalid_client_metadata"),
            ("client_name", json!("a\u{202e}b"), "invalid_client_metadata"),
            ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
            ("scope", json!("a:superuser"), "invalid_client_metadata"),
            ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
            ("id_token_signed_response_alg", json!("HS256"), "invalid_client_metadata"),
            ("logo_uri", json!("javascript:alert(1)"), "invalid_client_metadata"),
            ("subject_type", json!("x"), "invalid_client_metadata"),
            ("contacts", json!("x"), "invalid_client_metadata"),
            ("backchannel_logout_uri", json!("ftp://x"), "invalid_client_metadata"),
            ("frontchannel_logout_uri", json!("https://other.example/"), "invalid_client_metadata"),
            ("application_type", json!("x"), "invalid_client_metadata"),
            ("initiate_login_uri", json!("http://app.example/"), "invalid_client_metadata"),
        ] {
            let mut body = asked();
            body[name] = value;
            refused(&register(&app, body).await, 400, code, name);
        }
        for (content_type, body, status) in [
            ("application/json", "[]", 400),
            ("application/json", "{", 400),
            ("application/json", "", 400),
            ("application/x-www-form-urlencoded", "client_name=x", 415),
            ("application/json", &format!("{{\"a\": \"{}\"}}", "x".repeat(70_000)), 413),
        ] {
            let answer = Actor::anonymous().send(&app, Method::POST, "/o/register/", Some((content_type, body.into()))).await;
            refused(&answer, status, "invalid_client_metadata", "");
        }
    }

    async fn an_initial_access_token_is_good_for_its_uses_and_its_time(app: App) {
        let app = app.reconfigured(by_token).await;
        refused(&register(&app, asked()).await, 401, "invalid_token", "");
        let issued = initial::create(&app.ctx, None, "ci", 3600, 2).await.unwrap();
        assert!(!issued.token.digest.contains(&issued.value));
        let bearer = Actor::sending(format!("Bearer {}", issued.value));
        // A registration that fails takes no use.
        refused(&bearer.post(&app, "/o/register/", json!({})).await, 400, "invalid_redirect_uri", "redirect_uris");
        assert_eq!(bearer.post(&app, "/o/register/", asked()).await.status, StatusCode::CREATED);
        let (a, b) = tokio::join!(bearer.post(&app, "/o/register/", asked()), bearer.post(&app, "/o/register/", asked()));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401], "the last use is one's only");
        let late = initial::create(&app.ctx, None, "late", 60, 5).await.unwrap();
        app.ctx.clock.advance(61);
        for value in [late.value.as_str(), "nonsense", &issued.value] {
            let answer = Actor::sending(format!("Bearer {value}")).post(&app, "/o/register/", asked()).await;
            refused(&answer, 401, "invalid_token", "");
        }
    }

    async fn open_registration_has_a_limit_for_each_address_and_a_quota(app: App) {
        let app = app.reconfigured(|config| { open(config); config.oauth.registration.per_hour = 2; config.oauth.registration.quota = 3; }).await;
        for _ in 0..2 {
            assert_eq!(register(&app, asked()).await.status, StatusCode::CREATED);
        }
        refused(&register(&app, asked()).await, 429, "temporarily_unavailable", "");
        app.ctx.clock.advance(3601);
        assert_eq!(register(&app, asked()).await.status, StatusCode::CREATED);
        refused(&register(&app, asked()).await, 429, "temporarily_unavailable", "");
        app.ctx.clock.advance(3601);
        refused(&register(&app, asked()).await, 429, "temporarily_unavailable", "");
    }

    async fn the_registration_is_managed_by_its_own_token_and_by_no_other(app: App) {
        app.superuser("ann").await;
        let app = app.reconfigured(open).await;
        let (own, other) = (register(&app, asked()).await.json(), register(&app, asked()).await.json());
        let path = own["registration_client_uri"].as_str().unwrap().replace(&app.ctx.config.origin(), "");
        let holder = |registered: &Value| Actor::sending(format!("Bearer {}", registered["registration_access_token"].as_str().unwrap()));
        let read = holder(&own).get(&app, &path).await;
        assert_eq!(read.status, StatusCode::OK);
        assert_eq!((&read.json()["client_id"], read.json().get("client_secret")), (&own["client_id"], None));
        for stranger in [Actor::anonymous(), holder(&other), Actor::sending("Bearer x"), Actor::sending("Basic eDp5")] {
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                let answer = stranger.call(&app, method, &path, Some(asked())).await;
                refused(&answer, 401, "invalid_token", "");
            }
        }
        // A full replacement: what is left out goes back to its default.
        let mut body = asked();
        body["client_id"] = own["client_id"].clone();
        body["client_name"] = json!("Renamed");
        body["contacts"] = json!(["a@example.org"]);
        let changed = holder(&own).put(&app, &path, body.clone()).await;
        assert_eq!((changed.status, &changed.json()["client_name"]), (StatusCode::OK, &json!("Renamed")), "{}", changed.text);
        body.as_object_mut().unwrap().remove("contacts");
        body.as_object_mut().unwrap().remove("client_name");
        let changed = holder(&own).put(&app, &path, body.clone()).await.json();
        assert_eq!((&changed["client_name"], changed.get("contacts")), (&json!("Application at app.example"), None));
        for (name, value) in [
            ("client_id", json!("other")),
            ("client_id", Value::Null),
            ("client_secret", json!("scs_wrong")),
            ("registration_access_token", json!("x")),
            ("client_id_issued_at", json!(1)),
        ] {
            let mut wrong = body.clone();
            wrong[name] = value;
            refused(&holder(&own).put(&app, &path, wrong).await, 400, "invalid_client_metadata", name);
        }
        body["client_secret"] = own["client_secret"].clone();
        assert_eq!(holder(&own).put(&app, &path, body).await.status, StatusCode::OK);

        // Deleted, everything of it dies.
        let used = client(&app, &own).await;
        let tokens = used.tokens(&app, "ann", "openid").await;
        let gone = holder(&own).delete(&app, &path, json!({})).await;
        assert_eq!((gone.status, gone.text.as_str()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        refused(&holder(&own).get(&app, &path).await, 401, "invalid_token", "");
    }

    async fn the_token_of_a_disabled_registration_does_not_bring_it_back(app: App) {
        let app = app.reconfigured(open).await;
        let own = register(&app, asked()).await.json();
        let row = client(&app, &own).await.row;
        application::set_active(&app.ctx, row.id, false).await.unwrap();
        let holder = Actor::sending(format!("Bearer {}", own["registration_access_token"].as_str().unwrap()));
        let mut body = asked();
        body["client_id"] = own["client_id"].clone();
        refused(&holder.put(&app, &format!("/o/register/{}/", row.client_id), body).await, 401, "invalid_token", "");
        assert!(!application::find(app.ctx.db.reader(), &row.client_id).await.unwrap().unwrap().is_active);
    }

    async fn what_an_administrator_registered_is_managed_by_no_token(app: App) {
        let app = app.reconfigured(open).await;
        let shop = app.confidential("shop").await;
        let own = register(&app, asked()).await.json();
        let holder = Actor::sending(format!("Bearer {}", own["registration_access_token"].as_str().unwrap()));
        refused(&holder.get(&app, &format!("/o/register/{}/", shop.id())).await, 401, "invalid_token", "");
    }

    async fn a_sector_identifier_uri_must_list_every_redirect_uri(app: App) {
        let app = app.reconfigured(|config| { open(config); may_ask_this_machine(config); }).await;
        let elsewhere = Elsewhere::start().await;
        elsewhere.put("/good", Page::json(&json!([CALLBACK, "https://other.example/"])));
        elsewhere.put("/bad", Page::json(&json!(["https://other.example/"])));
        elsewhere.put("/moved", Page::status(302).header("location", &elsewhere.at("/good")));
        let mut body = asked();
        body["subject_type"] = json!("pairwise");
        for path in ["/bad", "/moved", "/missing"] {
            body["sector_identifier_uri"] = json!(elsewhere.at(path));
            refused(&register(&app, body.clone()).await, 400, "invalid_client_metadata", "sector_identifier_uri");
        }
        body["sector_identifier_uri"] = json!(elsewhere.at("/good"));
        let told = register(&app, body).await;
        assert_eq!((told.status, &told.json()["subject_type"]), (StatusCode::CREATED, &json!("pairwise")), "{}", told.text);
    }
}
