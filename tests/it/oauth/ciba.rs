//! `/o/bc-authorize/`, `/o/ciba/` and the CIBA grant (CIBA core 1.0): an application asks, the person decides here.

use poem::http::StatusCode;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};
use stockade::oauth::ciba;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::{self, Browser},
    oauth::{Client, Tokens, form, hidden, jwt, post},
    people::PASSWORD,
    signer::Signer,
};

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const PATH: &str = "/o/bc-authorize/";

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn bank(app: &App) -> Client {
    app.enrol("bank", |row| row.grant_types = Set(format!("{GRANT} refresh_token"))).await
}

async fn ask(app: &App, client: &Client, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("scope", "openid g:read"), ("login_hint", "ann")];
    fields.retain(|(name, _)| more.iter().all(|(changed, _)| changed != name));
    fields.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    client.post(app, PATH, &fields).await
}

async fn asked(app: &App, client: &Client) -> Value {
    let answer = ask(app, client, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn id(asked: &Value) -> &str {
    asked["auth_req_id"].as_str().unwrap()
}

async fn poll(app: &App, client: &Client, asked: &Value) -> Answer {
    client.post(app, "/o/token/", &[("grant_type", GRANT), ("auth_req_id", id(asked))]).await
}

/// Decides the first request of the page.
async fn press(browser: &Browser<'_>, action: &str) -> browser::Answer {
    let page = browser.get("/o/ciba/").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let (request, ticket) = (hidden(&page, "request"), hidden(&page, "ticket"));
    browser.post("/o/ciba/", &[("request", &request), ("ticket", &ticket), ("action", action)]).await
}

/// An application's own server: what it is told comes out of the channel.
async fn listener(status: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://127.0.0.1:{}/told", listener.local_addr().unwrap().port());
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !(text.contains("\r\n\r\n") && text.ends_with('}')) {
                match stream.read(&mut buffer).await {
                    Ok(n) if n > 0 => text.push_str(&String::from_utf8_lossy(&buffer[..n])),
                    _ => break,
                }
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = sender.send(text).await;
        }
    });
    (address, receiver)
}

/// The same server, which may call this machine; and an application that is told there.
async fn pinged(app: App, status: &'static str) -> (App, Client, mpsc::Receiver<String>) {
    let app = app.reconfigured(|config| config.egress.allow_loopback = true).await;
    app.superuser("ann").await;
    let (address, told) = listener(status).await;
    let bank = bank(&app).await;
    let metadata = json!({
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": address,
    });
    let bank = app.change(&bank, |row| row.metadata = Set(metadata.to_string())).await;
    (app, bank, told)
}

both! {
    async fn a_person_who_allows_it_on_their_own_page_lets_the_application_in(app: App) {
        let ann = app.superuser("ann").await;
        let bank = bank(&app).await;
        let asked = asked(&app, &bank).await;
        assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(300), &json!(5)));
        assert_eq!(error(&poll(&app, &bank, &asked).await), "authorization_pending");
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert!(browser.get("/accounts/").await.body.contains("An application waits"));
        assert_eq!(press(&browser, "accept").await.location(), "/o/ciba/?done=allowed");
        assert!(!browser.get("/accounts/").await.body.contains("An application waits"));
        app.ctx.clock.advance(5);
        let tokens = Tokens::of(&poll(&app, &bank, &asked).await);
        assert_eq!(tokens.scope, "openid g:read");
        let (_, claims) = jwt(tokens.id.as_deref().unwrap());
        assert_eq!((&claims["sub"], &claims["aud"], &claims["amr"]), (&json!(ann.sub), &json!("bank"), &json!(["pwd"])));
        Tokens::of(&bank.refresh(&app, tokens.refresh()).await);
        assert_eq!(error(&poll(&app, &bank, &asked).await), "invalid_grant", "once");
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED, "a replay ends it");
    }

    async fn denied_expired_hurried_and_anothers(app: App) {
        app.superuser("ann").await;
        let bank = bank(&app).await;
        let other = app.enrol("other", |row| row.grant_types = Set(GRANT.into())).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let first = asked(&app, &bank).await;
        assert_eq!(error(&poll(&app, &other, &first).await), "invalid_grant");
        assert_eq!(error(&poll(&app, &bank, &first).await), "authorization_pending");
        assert_eq!(error(&poll(&app, &bank, &first).await), "slow_down");
        assert_eq!(press(&browser, "deny").await.location(), "/o/ciba/?done=denied");
        assert_eq!(error(&poll(&app, &bank, &first).await), "access_denied");
        let second = asked(&app, &bank).await;
        app.ctx.clock.advance(301);
        assert_eq!(error(&poll(&app, &bank, &second).await), "expired_token");
        assert!(browser.get("/o/ciba/").await.body.contains("Nothing waits for you"));
        for (id, expected) in [("", "invalid_request"), ("x", "invalid_grant"), (&"x".repeat(50_000), "invalid_grant")] {
            let answer = bank.post(&app, "/o/token/", &[("grant_type", GRANT), ("auth_req_id", id)]).await;
            assert_eq!(error(&answer), expected);
        }
    }

    async fn a_device_code_and_an_auth_req_id_are_never_taken_for_one_another(app: App) {
        app.superuser("ann").await;
        let bank = bank(&app).await;
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let bank = app.change(&bank, |row| row.grant_types = Set(format!("{GRANT} {device}"))).await;
        let ciba = asked(&app, &bank).await;
        let code = bank.post(&app, "/o/device-authorization/", &[("scope", "g:read")]).await.json();
        let code = code["device_code"].as_str().unwrap();
        for (grant, name, value) in [(GRANT, "auth_req_id", code), (device, "device_code", id(&ciba))] {
            let answer = bank.post(&app, "/o/token/", &[("grant_type", grant), (name, value)]).await;
            assert_eq!(error(&answer), "invalid_grant");
        }
    }

    async fn exactly_one_hint_names_an_active_person(app: App) {
        app.superuser("root").await;
        let ann = app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let bank = bank(&app).await;
        let tokens = shop.tokens(&app, "ann", "openid").await;
        let foreign = tokens.id.unwrap();
        for (more, expected) in [
            (&[("login_hint", "")][..], "invalid_request"),
            (&[("login_hint", "nobody")], "unknown_user_id"),
            (&[("login_hint", "ann@example.org")], "unknown_user_id"),
            (&[("login_hint", &"x".repeat(50_000))], "unknown_user_id"),
            (&[("id_token_hint", &foreign)], "invalid_request"),
            (&[("login_hint", ""), ("id_token_hint", &foreign)], "invalid_request"),
            (&[("login_hint", ""), ("id_token_hint", "x")], "invalid_request"),
            (&[("login_hint", ""), ("login_hint_token", "x")], "invalid_request"),
            (&[("scope", "")], "invalid_request"),
            (&[("scope", "g:read")], "invalid_scope"),
            (&[("scope", "openid nonsense")], "invalid_scope"),
            (&[("requested_expiry", "0")], "invalid_request"),
            (&[("requested_expiry", "-5")], "invalid_request"),
            (&[("requested_expiry", "soon")], "invalid_request"),
            (&[("binding_message", "a\u{202e}b")], "invalid_binding_message"),
            (&[("binding_message", &"x".repeat(101))], "invalid_binding_message"),
            (&[("binding_message", "two\nlines")], "invalid_binding_message"),
            (&[("resource", "https://nobody.example/")], "invalid_target"),
            (&[("request", "x")], "invalid_request"),
        ] {
            assert_eq!(error(&ask(&app, &bank, more).await), expected, "{more:?}");
        }
        let mut row: entities::accounts::user::ActiveModel = ann.clone().into();
        row.email = Set("ann@example.org".into());
        row.email_verified = Set(true);
        row.update(app.ctx.db.migrator()).await.unwrap();
        assert_eq!(ask(&app, &bank, &[("login_hint", "ann@example.org")]).await.status, StatusCode::OK);
        let long = ask(&app, &bank, &[("requested_expiry", "999999")]).await.json();
        assert_eq!(long["expires_in"], 1800);
        let mut row: entities::accounts::user::ActiveModel = ann.into();
        row.is_active = Set(false);
        row.update(app.ctx.db.migrator()).await.unwrap();
        assert_eq!(error(&ask(&app, &bank, &[]).await), "unknown_user_id");
    }

    async fn an_id_token_of_the_application_itself_is_a_hint(app: App) {
        app.superuser("ann").await;
        let bank = bank(&app).await;
        let bank = app.change(&bank, |row| row.grant_types = Set(format!("{GRANT} authorization_code"))).await;
        let own = bank.tokens(&app, "ann", "openid").await.id.unwrap();
        let answer = ask(&app, &bank, &[("login_hint", ""), ("id_token_hint", &own)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn a_client_that_is_registered_to_sign_must_and_a_signed_request_counts_once(app: App) {
        app.superuser("ann").await;
        let bank = bank(&app).await;
        let (signer, thief) = (Signer::new("k1"), Signer::new("k1"));
        let keys: Value = serde_json::from_str(&signer.jwks()).unwrap();
        let metadata = json!({"backchannel_authentication_request_signing_alg": "ES256", "jwks": keys});
        let bank = app.change(&bank, |row| row.metadata = Set(metadata.to_string())).await;
        let now = app.ctx.clock.now();
        let good = |jti: &str| {
            json!({
                "iss": "bank", "aud": "http://127.0.0.1:8000/o", "iat": now, "nbf": now, "exp": now + 300, "jti": jti,
                "scope": "openid g:read", "login_hint": "ann", "binding_message": "W4SCT",
            })
        };
        let send = async |request: String| bank.post(&app, PATH, &[("request", &request)]).await;
        assert_eq!(error(&ask(&app, &bank, &[]).await), "invalid_request", "without a signature");
        let request = signer.sign(&good("1"));
        let beside = [("request", request.as_str()), ("login_hint", "ann")];
        assert_eq!(error(&bank.post(&app, PATH, &beside).await), "invalid_request");
        let answer = send(request.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert!(browser.get("/o/ciba/").await.body.contains("W4SCT"));
        assert_eq!(error(&send(request).await), "invalid_request", "once");
        assert_eq!(error(&send(thief.sign(&good("2"))).await), "invalid_request", "another key");
        for (name, value) in [
            ("iss", json!("shop")),
            ("aud", json!("https://other.example")),
            ("exp", json!(now - 60)),
            ("exp", json!(null)),
            ("nbf", json!(null)),
            ("iat", json!(null)),
            ("jti", json!(null)),
        ] {
            let mut claims = good(&format!("3{name}{value}"));
            claims[name] = value;
            if claims[name].is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
            assert_eq!(error(&send(signer.sign(&claims)).await), "invalid_request", "{claims}");
        }
        let plain = app.change(&bank, |row| row.metadata = Set("{}".into())).await;
        assert_eq!(error(&plain.post(&app, PATH, &[("request", &signer.sign(&good("4")))]).await), "invalid_request");
    }

    async fn only_a_confidential_client_that_may_asks(app: App) {
        app.superuser("ann").await;
        let (shop, bank) = (app.confidential("shop").await, bank(&app).await);
        assert_eq!(error(&ask(&app, &shop, &[]).await), "unauthorized_client");
        let fields = [("client_id", "bank"), ("scope", "openid"), ("login_hint", "ann")];
        let answer = post(&Actor::anonymous(), &app, PATH, &fields).await;
        assert_eq!((answer.status, error(&answer).as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        let public = app.enrol("open", |row| {
            row.client_type = Set("public".into());
            row.grant_types = Set(GRANT.into());
        }).await;
        assert_eq!(error(&ask(&app, &public, &[]).await), "unauthorized_client");
        assert_eq!(bank.actor().get(&app, PATH).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn nobody_is_flooded_with_requests(app: App) {
        app.superuser("ann").await;
        let bank = bank(&app).await;
        for _ in 0..2 {
            asked(&app, &bank).await;
        }
        let refused = ask(&app, &bank, &[]).await;
        assert_eq!((refused.status, error(&refused).as_str()), (StatusCode::FORBIDDEN, "access_denied"));
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let mut count = 2;
        while count < 10 {
            press(&browser, "deny").await;
            asked(&app, &bank).await;
            count += 1;
        }
        press(&browser, "deny").await;
        assert_eq!(error(&ask(&app, &bank, &[]).await), "access_denied", "ten an hour, whatever was answered");
        app.superuser("bob").await;
        assert_eq!(ask(&app, &bank, &[("login_hint", "bob")]).await.status, StatusCode::OK, "others are not meant");
        app.ctx.clock.advance(3601);
        asked(&app, &bank).await;
    }

    async fn the_page_says_who_asks_what_and_only_the_person_asked_decides(app: App) {
        app.superuser("ann").await;
        app.superuser("bob").await;
        let bank = bank(&app).await;
        let answer = ask(&app, &bank, &[("binding_message", "W4SCT <1>"), ("scope", "openid r:change:part")]).await;
        let asked = answer.json();
        let (ann, bob) =
            (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "bob", PASSWORD).await);
        let page = ann.get("/o/ciba/").await;
        for words in ["The bank", "W4SCT &#60;1&#62;", "Change parts", "127.0.0.1"] {
            assert!(page.body.contains(words), "{words} in {}", page.body);
        }
        assert!(bob.get("/o/ciba/").await.body.contains("Nothing waits for you"));
        let (request, ticket) = (hidden(&page, "request"), hidden(&page, "ticket"));
        for (browser, request, ticket) in
            [(&bob, request.as_str(), ticket.as_str()), (&ann, &request, "x"), (&ann, "999", &ticket), (&ann, &request, "")]
        {
            browser.post("/o/ciba/", &[("request", request), ("ticket", ticket), ("action", "accept")]).await;
        }
        let body = form(&[("request", &request), ("ticket", &ticket), ("action", "accept")]);
        let foreign = ann.send(poem::http::Method::POST, "/o/ciba/", &[("Origin", "https://evil.example")], Some(body.into()));
        assert_eq!(foreign.await.status, StatusCode::FORBIDDEN);
        assert_eq!(error(&poll(&app, &bank, &asked).await), "authorization_pending");
        let stranger = Browser::new(&app).await;
        assert!(stranger.get("/o/ciba/").await.location().starts_with("/accounts/login/"));
    }

    async fn a_ping_tells_with_the_clients_own_token_that_there_is_a_decision(app: App) {
        let (app, bank, mut told) = pinged(app, "204 No Content").await;
        assert_eq!(error(&ask(&app, &bank, &[]).await), "invalid_request", "the token is missing");
        for bad in ["a b", &"x".repeat(1025), "\u{e9}"] {
            assert_eq!(error(&ask(&app, &bank, &[("client_notification_token", bad)]).await), "invalid_request");
        }
        let asked = ask(&app, &bank, &[("client_notification_token", "hush-hush")]).await.json();
        let rows = entities::oauth::decoupled_request::Entity::find().all(app.ctx.db.reader()).await.unwrap();
        let stored = format!("{rows:?}");
        assert!(!stored.contains("hush-hush") && !stored.contains(id(&asked)), "sealed");
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        press(&browser, "accept").await;
        let text = tokio::time::timeout(std::time::Duration::from_secs(20), told.recv()).await.unwrap().unwrap();
        assert!(text.starts_with("POST /told "), "{text}");
        assert!(text.to_lowercase().contains("authorization: bearer hush-hush"), "{text}");
        assert!(text.ends_with(&json!({"auth_req_id": id(&asked)}).to_string()), "{text}");
        Tokens::of(&poll(&app, &bank, &asked).await);
    }

    async fn a_ping_that_fails_is_sent_again_until_it_is_heard_or_the_request_expires(app: App) {
        let (app, bank, mut told) = pinged(app, "503 Service Unavailable").await;
        ask(&app, &bank, &[("client_notification_token", "hush")]).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        press(&browser, "deny").await;
        let soon = std::time::Duration::from_secs(20);
        tokio::time::timeout(soon, told.recv()).await.unwrap().unwrap();
        ciba::deliver(&app.ctx).await.unwrap();
        assert!(told.try_recv().is_err(), "not at once");
        for pause in [6, 16, 31] {
            app.ctx.clock.advance(pause);
            // Two nodes at a time; one tells.
            let (one, two) = tokio::join!(ciba::deliver(&app.ctx), ciba::deliver(&app.ctx));
            one.unwrap();
            two.unwrap();
            assert!(told.try_recv().is_ok(), "after {pause}");
            assert!(told.try_recv().is_err(), "once");
        }
        app.ctx.clock.advance(400);
        ciba::deliver(&app.ctx).await.unwrap();
        app.ctx.clock.advance(400);
        while told.try_recv().is_ok() {}
        ciba::deliver(&app.ctx).await.unwrap();
        assert!(told.try_recv().is_err(), "it has expired");
    }
}
