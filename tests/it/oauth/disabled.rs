//! Who is disabled, deleted or changed has nothing that works: every way to a token, and every place where one counts.

use poem::http::StatusCode;
use poem::test::TestClient;
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use stockade::{
    accounts::{author::Author, person},
    ctx::Ctx,
    db::Db,
    oauth::{application, withdraw},
    secret::ServerKey,
    server,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    oauth::{Client, Tokens, hidden},
    people::PASSWORD,
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What can happen to somebody, or to what they gave.
const CASES: [&str; 6] = ["inactive", "deleted", "password", "client disabled", "secret rotated", "grant revoked"];

/// An application that knows every way.
async fn kiosk(app: &App, client_id: &str, format: &str) -> Client {
    app.enrol(client_id, |row| {
        row.grant_types = Set(format!("authorization_code refresh_token {DEVICE} {CIBA} {EXCHANGE}"));
        let metadata = json!({"token_exchange_subjects": [client_id], "access_token_format": format});
        row.metadata = Set(metadata.to_string());
    })
    .await
}

/// A device code that was allowed and not yet redeemed.
async fn allowed_device(app: &App, client: &Client, browser: &Browser<'_>) -> String {
    let asked = client.post(app, "/o/device-authorization/", &[("scope", "openid g:read")]).await.json();
    let page = browser.follow(&format!("/o/device/?user_code={}", asked["user_code"].as_str().unwrap())).await;
    let path = format!("/o/device-confirm/{}/{}/", client.id(), asked["user_code"].as_str().unwrap());
    let answer = browser.post(&path, &[("ticket", &hidden(&page, "ticket")), ("action", "accept")]).await;
    assert!(answer.location().starts_with("/o/device-grant-status/"), "{}", answer.body);
    asked["device_code"].as_str().unwrap().to_owned()
}

/// A request to a person that was allowed and not yet redeemed.
async fn allowed_ciba(app: &App, client: &Client, browser: &Browser<'_>, username: &str) -> String {
    let fields = [("scope", "openid g:read"), ("login_hint", username)];
    let asked = client.post(app, "/o/bc-authorize/", &fields).await.json();
    let page = browser.get("/o/ciba/").await;
    let (request, ticket) = (hidden(&page, "request"), hidden(&page, "ticket"));
    let answer = browser.post("/o/ciba/", &[("request", &request), ("ticket", &ticket), ("action", "accept")]).await;
    assert_eq!(answer.location(), "/o/ciba/?done=allowed");
    asked["auth_req_id"].as_str().unwrap().to_owned()
}

async fn poll_device(app: &App, client: &Client, code: &str) -> Answer {
    client.post(app, "/o/token/", &[("grant_type", DEVICE), ("device_code", code)]).await
}

async fn poll_ciba(app: &App, client: &Client, id: &str) -> Answer {
    client.post(app, "/o/token/", &[("grant_type", CIBA), ("auth_req_id", id)]).await
}

async fn exchange(app: &App, client: &Client, token: &str) -> Answer {
    let fields = [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    client.post(app, "/o/token/", &fields).await
}

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn happen(app: &App, case: &str, user_id: i32, client: &Client) {
    let operator = Author::operator();
    let (id, now) = (client.row.id, app.ctx.clock.now());
    match case {
        "inactive" => {
            let change = person::Change { is_active: Some(false), ..Default::default() };
            person::update(&app.ctx, &operator, user_id, change).await.unwrap();
        }
        "deleted" => person::delete(&app.ctx, &operator, user_id).await.unwrap(),
        "password" => {
            person::set_password(&app.ctx, &operator, user_id, "another long password", false).await.unwrap();
        }
        "client disabled" => application::set_active(&app.ctx, id, false).await.unwrap(),
        "secret rotated" => drop(application::new_secret(&app.ctx, id, 0).await.unwrap()),
        _ => {
            app.ctx.db.write(|tx| async move { withdraw::from_person(&tx, user_id, id, now).await }).await.unwrap();
        }
    }
}

both! {
    async fn whatever_happens_to_somebody_ends_every_way_to_a_token_and_every_token(app: App) {
        app.superuser("root").await;
        let watcher = app.confidential("watcher").await;
        for (n, case) in CASES.into_iter().enumerate() {
            let name = format!("p{n}");
            let person = app.superuser(&name).await;
            let kiosk = kiosk(&app, &format!("kiosk{n}"), if n % 2 == 0 { "opaque" } else { "jwt" }).await;
            let browser = Browser::logged_in(&app, &name, PASSWORD).await;
            let by_device = Tokens::of(&poll_device(&app, &kiosk, &allowed_device(&app, &kiosk, &browser).await).await);
            let by_ciba =
                Tokens::of(&poll_ciba(&app, &kiosk, &allowed_ciba(&app, &kiosk, &browser, &name).await).await);
            let exchanged = Tokens::of(&exchange(&app, &kiosk, &by_device.access).await);
            let code = browser.code(&kiosk.url("openid g:read")).await;
            let (device, ciba) =
                (allowed_device(&app, &kiosk, &browser).await, allowed_ciba(&app, &kiosk, &browser, &name).await);
            let me = async |token: &str| {
                Actor::sending(format!("Bearer {token}")).get(&app, "/api/user/me/").await.status
            };
            for token in [&by_device.access, &by_ciba.access, &exchanged.access] {
                assert_eq!(me(token).await, StatusCode::OK, "{case}: before");
            }
            app.ctx.clock.advance(2);
            happen(&app, case, person.id, &kiosk).await;

            for token in [&by_device.access, &by_ciba.access, &exchanged.access] {
                assert_eq!(me(token).await, StatusCode::UNAUTHORIZED, "{case}: api");
                assert_eq!(app.userinfo(token).await.status, StatusCode::UNAUTHORIZED, "{case}: userinfo");
                assert_eq!(watcher.introspect(&app, token).await, json!({"active": false}), "{case}");
            }
            let refused = ["invalid_grant", "invalid_client", "invalid_request"];
            for answer in [
                poll_device(&app, &kiosk, &device).await,
                poll_ciba(&app, &kiosk, &ciba).await,
                exchange(&app, &kiosk, &by_ciba.access).await,
                kiosk.refresh(&app, by_device.refresh()).await,
                kiosk.refresh(&app, by_ciba.refresh()).await,
                kiosk.redeem(&app, &code).await,
            ] {
                assert!(refused.contains(&error(&answer).as_str()), "{case}: {}", answer.text);
            }
            let answer = kiosk.post(&app, "/o/bc-authorize/", &[("scope", "openid"), ("login_hint", &name)]).await;
            match case {
                "inactive" | "deleted" => assert_eq!(error(&answer), "unknown_user_id"),
                "client disabled" | "secret rotated" => assert_eq!(error(&answer), "invalid_client"),
                _ => assert_eq!(answer.status, StatusCode::OK, "{case}: what is new may be asked"),
            }
        }
    }

    async fn an_unknown_client_costs_what_a_known_one_costs(app: App) {
        app.confidential("shop").await;
        let cost = async |client_id: &str, secret: &str| {
            let before = app.ctx.db.statements();
            let actor = Actor::sending(crate::support::oauth::basic(client_id, secret));
            for path in ["/o/token/", "/o/introspect/", "/o/revoke_token/", "/o/device-authorization/", "/o/bc-authorize/"] {
                let fields = [("grant_type", "client_credentials"), ("token", "x"), ("scope", "openid")];
                let answer = crate::support::oauth::post(&actor, &app, path, &fields).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            }
            app.ctx.db.statements() - before
        };
        let wrong = format!("scs_{}", "x".repeat(38));
        assert_eq!(cost("shop", &wrong).await, cost("nobody", &wrong).await);
        assert_eq!(cost("shop", "short").await, cost("nobody", "short").await);
    }
}

/// A second server on the same PostgreSQL database, as another process would be.
async fn second_node(app: &App) -> App2 {
    let name = app
        .ctx
        .db
        .reader()
        .query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT current_database()::text AS name"))
        .await
        .unwrap()
        .unwrap();
    let name: String = name.try_get("", "name").unwrap();
    let cluster = std::env::var("STOCKADE_TEST_POSTGRES").unwrap();
    let db = Db::connect(&format!("{cluster}/{name}")).await.unwrap();
    let clock = app.ctx.clock.clone();
    let ctx = Ctx::new(app.ctx.config.clone(), db, ServerKey::new(&[7; 32]), clock, app.ctx.rng).unwrap();
    App2 { client: TestClient::new(server::app(ctx)) }
}

struct App2 {
    client: TestClient<poem::endpoint::BoxEndpoint<'static>>,
}

impl App2 {
    async fn me(&self, token: &str) -> StatusCode {
        let request = self.client.get("/api/user/me/").header("Authorization", format!("Bearer {token}"));
        request.send().await.0.status()
    }
}

#[tokio::test]
async fn what_is_revoked_on_one_node_is_dead_on_the_other_within_a_second() {
    let app = App::postgres().await;
    app.superuser("root").await;
    let other = second_node(&app).await;
    for (n, case) in
        ["revoked", "inactive", "grant revoked", "client disabled", "secret rotated"].into_iter().enumerate()
    {
        for format in ["opaque", "jwt"] {
            let name = format!("p{n}{format}");
            let person = app.superuser(&name).await;
            let kiosk = kiosk(&app, &format!("kiosk{n}{format}"), format).await;
            let browser = Browser::logged_in(&app, &name, PASSWORD).await;
            let tokens = Tokens::of(&poll_device(&app, &kiosk, &allowed_device(&app, &kiosk, &browser).await).await);
            let exchanged = Tokens::of(&exchange(&app, &kiosk, &tokens.access).await);
            for token in [&tokens.access, &exchanged.access] {
                assert_eq!(other.me(token).await, StatusCode::OK, "{case}");
            }
            if case == "revoked" {
                let answer = kiosk.post(&app, "/o/revoke_token/", &[("token", tokens.refresh())]).await;
                assert_eq!(answer.status, StatusCode::OK);
            } else {
                happen(&app, case, person.id, &kiosk).await;
            }
            app.ctx.clock.advance(1);
            for token in [&tokens.access, &exchanged.access] {
                assert_eq!(other.me(token).await, StatusCode::UNAUTHORIZED, "{case} {format}");
            }
        }
    }
}

#[tokio::test]
async fn a_spent_device_code_is_spent_on_every_node() {
    let app = App::postgres().await;
    app.superuser("ann").await;
    let kiosk = kiosk(&app, "kiosk", "opaque").await;
    let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
    let code = allowed_device(&app, &kiosk, &browser).await;
    let other = second_node(&app).await;
    let secret = kiosk.secret.clone().unwrap();
    let there = async || -> Value {
        let body = crate::support::oauth::form(&[("grant_type", DEVICE), ("device_code", &code)]);
        let request = other.client.post("/o/token/").content_type("application/x-www-form-urlencoded");
        let request = request.header("Authorization", crate::support::oauth::basic("kiosk", &secret)).body(body);
        let text = request.send().await.0.into_body().into_string().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (here, there) = tokio::join!(poll_device(&app, &kiosk, &code), there());
    let given = [here.json(), there].iter().filter(|answer| answer.get("access_token").is_some()).count();
    assert_eq!(given, 1);
}
