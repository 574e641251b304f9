//! `/o/device-authorization/`, `/o/device/` and `grant_type=...:device_code` (RFC 8628).

use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};
use stockade::{
    accounts::{group::Rules, session},
    scope::Role,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::{self, Browser},
    oauth::{Client, Tokens, hidden, jwt, post},
    people::PASSWORD,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn printer(app: &App, client_id: &str) -> Client {
    app.enrol(client_id, |row| {
        row.client_type = Set("public".into());
        row.grant_types = Set(format!("{GRANT} refresh_token"));
        row.redirect_uris = Set(String::new());
    })
    .await
}

async fn start(app: &App, client: &Client, scope: &str) -> Value {
    let answer = client.post(app, "/o/device-authorization/", &[("scope", scope)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

async fn poll(app: &App, client: &Client, asked: &Value) -> Answer {
    client.post(app, "/o/token/", &[("grant_type", GRANT), ("device_code", text(asked, "device_code"))]).await
}

/// Types a code; the page that it leads to.
async fn type_code(browser: &Browser<'_>, code: &str) -> browser::Answer {
    let answer = browser.post("/o/device/", &[("user_code", code)]).await;
    if answer.status == StatusCode::SEE_OTHER { browser.follow(answer.location()).await } else { answer }
}

/// Presses a button of the confirmation.
async fn press(browser: &Browser<'_>, asked: &Value, client: &Client, action: &str) -> browser::Answer {
    let page = type_code(browser, text(asked, "user_code")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let path = format!("/o/device-confirm/{}/{}/", client.id(), text(asked, "user_code"));
    browser.post(&path, &[("ticket", &hidden(&page, "ticket")), ("action", action)]).await
}

/// The tokens of a device that a person allowed.
pub(super) async fn tokens(app: &App, client: &Client, username: &str, fields: &[(&str, &str)]) -> Tokens {
    let answer = client.post(app, "/o/device-authorization/", fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let asked = answer.json();
    let browser = Browser::logged_in(app, username, PASSWORD).await;
    press(&browser, &asked, client, "accept").await;
    Tokens::of(&poll(app, client, &asked).await)
}

both! {
    async fn a_device_gets_tokens_once_a_person_has_typed_its_code_and_allowed_it(app: App) {
        let ann = app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        let asked = start(&app, &printer, "openid g:read").await;
        assert_eq!(asked["verification_uri"], "http://127.0.0.1:8000/o/device/");
        let complete = format!("http://127.0.0.1:8000/o/device/?user_code={}", text(&asked, "user_code"));
        assert_eq!(asked["verification_uri_complete"], complete);
        assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(1800), &json!(5)));
        assert_eq!(error(&poll(&app, &printer, &asked).await), "authorization_pending");

        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let answer = press(&browser, &asked, &printer, "accept").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(browser.follow(answer.location()).await.body.contains("Device Authorized"));
        app.ctx.clock.advance(5);
        let tokens = Tokens::of(&poll(&app, &printer, &asked).await);
        assert_eq!(tokens.scope, "openid g:read");
        let me = Actor::sending(format!("Bearer {}", tokens.access)).get(&app, "/api/user/me/").await;
        assert_eq!(me.json()["username"], "ann");
        let (_, claims) = jwt(tokens.id.as_deref().unwrap());
        let session = browser.cookie("sessionid").unwrap();
        let login = session::find(&app.ctx, app.ctx.db.reader(), &session).await.unwrap().unwrap();
        assert_eq!((&claims["sub"], &claims["sid"]), (&json!(ann.sub), &json!(login.session.sid)));
        assert_eq!((&claims["auth_time"], &claims["amr"]), (&json!(login.session.auth_time), &json!(["pwd"])));
        Tokens::of(&printer.refresh(&app, tokens.refresh()).await);
    }

    async fn a_device_code_is_spent_once_and_a_replay_ends_what_it_gave(app: App) {
        app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        let asked = start(&app, &printer, "openid g:read").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        press(&browser, &asked, &printer, "accept").await;
        let answers = futures_util::future::join_all((0..16).map(|_| poll(&app, &printer, &asked))).await;
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(good.len(), 1, "{answers:#?}");
        let tokens = Tokens::of(good[0]);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "invalid_grant");
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(error(&printer.refresh(&app, tokens.refresh()).await), "invalid_grant");
    }

    async fn a_device_that_asks_too_often_is_told_to_slow_down_for_good(app: App) {
        let printer = printer(&app, "printer").await;
        let asked = start(&app, &printer, "g:read").await;
        assert_eq!(error(&poll(&app, &printer, &asked).await), "authorization_pending");
        assert_eq!(error(&poll(&app, &printer, &asked).await), "slow_down");
        app.ctx.clock.advance(6);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "slow_down", "ten seconds now");
        app.ctx.clock.advance(11);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "slow_down", "fifteen now");
        app.ctx.clock.advance(20);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "authorization_pending");
    }

    async fn a_device_code_works_for_the_client_that_got_it_and_no_other(app: App) {
        app.superuser("ann").await;
        let (printer, other) = (printer(&app, "printer").await, printer(&app, "other").await);
        let asked = start(&app, &printer, "openid g:read").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        press(&browser, &asked, &printer, "accept").await;
        assert_eq!(error(&poll(&app, &other, &asked).await), "invalid_grant");
        let shop = app.confidential("shop").await;
        assert_eq!(error(&poll(&app, &shop, &asked).await), "unauthorized_client");
        Tokens::of(&poll(&app, &printer, &asked).await);
    }

    async fn denied_is_access_denied_and_expired_is_expired_token(app: App) {
        app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asked = start(&app, &printer, "g:read").await;
        let answer = press(&browser, &asked, &printer, "deny").await;
        assert!(browser.follow(answer.location()).await.body.contains("Device Denied"));
        assert_eq!(error(&poll(&app, &printer, &asked).await), "access_denied");
        let asked = start(&app, &printer, "g:read").await;
        app.ctx.clock.advance(1801);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "expired_token");
        let page = type_code(&browser, text(&asked, "user_code")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
        for code in ["", "nonsense", "sdc_x", &"x".repeat(50_000)] {
            let answer = printer.post(&app, "/o/token/", &[("grant_type", GRANT), ("device_code", code)]).await;
            assert_eq!(error(&answer), if code.is_empty() { "invalid_request" } else { "invalid_grant" });
        }
    }

    async fn the_code_is_typed_as_people_type_and_the_link_with_the_code_decides_nothing(app: App) {
        app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asked = start(&app, &printer, "g:read").await;
        let code = text(&asked, "user_code").to_owned();
        assert_eq!(code.len(), 9);
        for typed in [code.to_lowercase(), code.replace('-', ""), code.replace('-', " "), format!(" {code} ")] {
            let page = type_code(&browser, &typed).await;
            assert!(page.body.contains(&code), "{typed}: {}", page.body);
        }
        let stranger = Browser::new(&app).await;
        let link = format!("/o/device/?user_code={code}");
        assert!(stranger.get(&link).await.location().starts_with("/accounts/login/"));
        let page = browser.follow(&link).await;
        assert!(page.body.contains("id=\"device-allow\"") && page.body.contains(&code), "it asks first");
        assert_eq!(error(&poll(&app, &printer, &asked).await), "authorization_pending");
    }

    async fn the_confirmation_says_who_asks_for_what_from_where(app: App) {
        let ann = app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        app.change(&printer, |row| {
            row.created_by = Set(Some(ann.id));
            row.name = Set("<b>Printer</b>".into());
        }).await;
        let asked = Actor::anonymous().with("User-Agent", "LabelMaker/1 <i>");
        let fields = [("client_id", "printer"), ("scope", "openid r:change:part a:superuser")];
        let asked = post(&asked, &app, "/o/device-authorization/", &fields).await.json();
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        app.ctx.clock.advance(120);
        let page = type_code(&browser, text(&asked, "user_code")).await;
        for words in [
            "&#60;b&#62;Printer",
            "Registered by ann",
            "Change parts",
            "superuser rights",
            "127.0.0.1",
            "2 minutes ago",
            "LabelMaker/1 &#60;i&#62;",
            text(&asked, "user_code"),
        ] {
            assert!(page.body.contains(words), "{words} in {}", page.body);
        }
        assert_eq!(page.header("x-frame-options"), "DENY");
    }

    async fn a_decision_counts_only_from_the_session_that_was_shown_the_request(app: App) {
        app.superuser("ann").await;
        app.superuser("bob").await;
        let printer = printer(&app, "printer").await;
        let asked = start(&app, &printer, "g:read").await;
        let (ann, bob) =
            (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "bob", PASSWORD).await);
        let page = type_code(&ann, text(&asked, "user_code")).await;
        let ticket = hidden(&page, "ticket");
        let path = format!("/o/device-confirm/printer/{}/", text(&asked, "user_code"));
        for (browser, ticket) in [(&bob, ticket.as_str()), (&ann, "x"), (&ann, "")] {
            let answer = browser.post(&path, &[("ticket", ticket), ("action", "accept")]).await;
            assert_eq!(answer.location(), path, "they are shown it first");
        }
        let other = format!("/o/device-confirm/another/{}/", text(&asked, "user_code"));
        let answer = ann.post(&other, &[("ticket", &ticket), ("action", "accept")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let body = crate::support::oauth::form(&[("ticket", &ticket), ("action", "accept")]);
        let answer = ann.send(poem::http::Method::POST, &path, &[("Origin", "https://evil.example")], Some(body.into()));
        assert_eq!(answer.await.status, StatusCode::FORBIDDEN);
        assert_eq!(error(&poll(&app, &printer, &asked).await), "authorization_pending");
        let answer = ann.post(&path, &[("ticket", &ticket), ("action", "accept")]).await;
        assert!(answer.location().starts_with("/o/device-grant-status/"));
        assert_eq!(bob.get(answer.location()).await.status, StatusCode::NOT_FOUND, "nobody else is told");
        let again = ann.post(&path, &[("ticket", &ticket), ("action", "deny")]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "it is decided once");
    }

    async fn guesses_at_codes_are_limited(app: App) {
        app.superuser("ann").await;
        let printer = printer(&app, "printer").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asked = start(&app, &printer, "g:read").await;
        let code = text(&asked, "user_code");
        for n in 0..app.ctx.config.password.max_failures {
            // By any door, and a right code in between does not start the count afresh.
            match n % 3 {
                0 => drop(browser.post("/o/device/", &[("user_code", "BBBB-BBBB")]).await),
                1 => drop(browser.get("/o/device/?user_code=CCCC-CCCC").await),
                _ => drop(browser.get("/o/device-confirm/printer/DDDD-DDDD/").await),
            }
            if n < 5 {
                assert_eq!(type_code(&browser, code).await.status, StatusCode::OK);
            }
        }
        for answer in [
            type_code(&browser, code).await,
            browser.get(&format!("/o/device/?user_code={code}")).await,
            browser.get(&format!("/o/device-confirm/printer/{code}/")).await,
        ] {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        }
        app.ctx.clock.advance(app.ctx.config.password.lockout_seconds + 1);
        assert_eq!(type_code(&browser, code).await.status, StatusCode::OK);
    }

    async fn a_device_gets_no_more_than_its_application_and_its_person_may(app: App) {
        let ann = app.person("ann").await;
        let group = app.group("readers", &[(Role::Part, Rules { view: true, ..Rules::default() })]).await;
        app.join(&ann, &[&group]).await;
        let printer = printer(&app, "printer").await;
        let printer = app.change(&printer, |row| row.scope = Set("openid r:view:part r:delete:part".into())).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asked = start(&app, &printer, "openid r:view:part r:delete:part a:superuser").await;
        press(&browser, &asked, &printer, "accept").await;
        assert_eq!(Tokens::of(&poll(&app, &printer, &asked).await).scope, "openid r:view:part");
        let beyond = start(&app, &printer, "r:delete:part").await;
        let page = type_code(&browser, text(&beyond, "user_code")).await;
        assert!(page.body.contains("rights that you do not have") && !page.body.contains("device-allow"));
        press(&browser, &beyond, &printer, "accept").await;
        assert_eq!(error(&poll(&app, &printer, &beyond).await), "authorization_pending");
        let answer = printer.post(&app, "/o/device-authorization/", &[("scope", "a:superuser")]).await;
        assert_eq!(error(&answer), "invalid_scope");
    }

    async fn the_first_token_may_be_for_fewer_resources_and_a_wrong_one_spends_nothing(app: App) {
        use crate::oauth::resource::{LABELS, labels};
        app.superuser("ann").await;
        labels(&app, "opaque").await;
        let printer = printer(&app, "printer").await;
        let api = "http://127.0.0.1:8000/api/";
        let fields = [("scope", "openid g:read"), ("resource", LABELS)];
        let asked = printer.post(&app, "/o/device-authorization/", &fields).await.json();
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = type_code(&browser, text(&asked, "user_code")).await;
        assert!(page.body.contains("To use it at") && page.body.contains(LABELS), "{}", page.body);
        press(&browser, &asked, &printer, "accept").await;
        let poll_for = async |resource: &str| {
            let code = text(&asked, "device_code");
            printer.post(&app, "/o/token/", &[("grant_type", GRANT), ("device_code", code), ("resource", resource)]).await
        };
        assert_eq!(error(&poll_for("https://nobody.example/").await), "invalid_target");
        assert_eq!(error(&poll_for(api).await), "invalid_target", "it was not asked for");
        let tokens = Tokens::of(&poll_for(LABELS).await);
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn only_a_client_that_may_and_proves_who_it_is_starts_a_device(app: App) {
        let shop = app.confidential("shop").await;
        let answer = shop.post(&app, "/o/device-authorization/", &[("scope", "g:read")]).await;
        assert_eq!(error(&answer), "unauthorized_client");
        let shop = app.change(&shop, |row| row.grant_types = Set(GRANT.into())).await;
        let answer = post(&Actor::anonymous(), &app, "/o/device-authorization/", &[("client_id", "shop")]).await;
        assert_eq!((answer.status, error(&answer).as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        start(&app, &shop, "g:read").await;
        for (name, value, expected) in [
            ("scope", "nonsense", "invalid_scope"),
            ("resource", "https://nobody.example/", "invalid_target"),
            ("resource", "nonsense", "invalid_target"),
        ] {
            assert_eq!(error(&shop.post(&app, "/o/device-authorization/", &[(name, value)]).await), expected);
        }
        let twice = [("scope", "g:read"), ("scope", "openid")];
        assert_eq!(error(&shop.post(&app, "/o/device-authorization/", &twice).await), "invalid_request");
        let get = shop.actor().get(&app, "/o/device-authorization/").await;
        assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn nobody_fills_the_table_from_one_address(app: App) {
        let printer = printer(&app, "printer").await;
        for _ in 0..50 {
            start(&app, &printer, "g:read").await;
        }
        let answer = printer.post(&app, "/o/device-authorization/", &[("scope", "g:read")]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        app.ctx.clock.advance(1801);
        start(&app, &printer, "g:read").await;
    }

    async fn the_database_holds_no_device_code(app: App) {
        let printer = printer(&app, "printer").await;
        let asked = start(&app, &printer, "g:read").await;
        let rows = entities::oauth::decoupled_request::Entity::find().all(app.ctx.db.reader()).await.unwrap();
        assert!(!format!("{rows:?}").contains(text(&asked, "device_code")));
        assert_eq!(rows.len(), 1);
    }
}
