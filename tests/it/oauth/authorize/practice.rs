//! What RFC 9700 and OAuth 2.1 ask of the authorization endpoint, as far as no other test here is named after it.

use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use stockade::oauth::authorize::ResponseMode;

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    oauth::{CALLBACK, Client, authorize, hidden, jwt, parameter, with},
    people::PASSWORD,
};

async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

/// A parameter of an answer, however it travels.
fn told(answer: &Answer, name: &str) -> Option<String> {
    if answer.status == StatusCode::OK {
        return match answer.hidden("response") {
            Some(response) => jwt(response).1[name].as_str().map(str::to_owned),
            None => answer.hidden(name).map(|_| hidden(answer, name)),
        };
    }
    let location = answer.location().replace('#', "&");
    match parameter(&location, "response") {
        Some(response) => jwt(&response).1[name].as_str().map(str::to_owned),
        None => parameter(&location, name),
    }
}

both! {
    async fn the_issuer_is_in_every_answer_of_every_mode(app: App) {
        let (shop, browser) = setting(&app).await;
        for mode in ResponseMode::ALL {
            let good = with(&shop.asks("openid"), &[("response_mode", mode.name())]);
            let page = browser.follow(&authorize(&good)).await;
            for (answer, has) in [
                (browser.decide(&page, "allow").await, "code"),
                (browser.decide(&page, "deny").await, "error"),
                (browser.get(&authorize(&with(&good, &[("scope", "bogus")]))).await, "error"),
                (browser.get(&authorize(&with(&good, &[("prompt", "none")]))).await, "error"),
            ] {
                assert!(told(&answer, has).is_some(), "{mode:?}: {has}");
                assert_eq!(told(&answer, "iss").as_deref(), Some("http://127.0.0.1:8000/o"), "{mode:?}");
                assert_eq!(told(&answer, "state").as_deref(), Some("a state"), "{mode:?}");
            }
        }
    }

    async fn a_decision_is_answered_303_and_never_repeats_its_form(app: App) {
        let (shop, browser) = setting(&app).await;
        for decision in ["allow", "deny"] {
            let page = browser.follow(&shop.url("openid")).await;
            let answer = browser.decide(&page, decision).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert_eq!((answer.header("referrer-policy"), answer.header("cache-control")), ("no-referrer", "no-store"));
        }
    }

    async fn no_page_on_the_way_can_be_framed_or_loads_anything_from_elsewhere(app: App) {
        let (shop, browser) = setting(&app).await;
        let form_post = with(&shop.asks("openid"), &[("response_mode", "form_post")]);
        let consent = browser.follow(&authorize(&form_post)).await;
        let pages = [
            browser.decide(&consent, "allow").await,
            consent,
            browser.get(&authorize(&with(&form_post, &[("scope", "bogus")]))).await,
            browser.get(&authorize(&with(&form_post, &[("client_id", "nobody")]))).await,
            Browser::new(&app).await.follow(&authorize(&form_post)).await,
        ];
        for page in pages {
            let policy = page.header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'") && policy.starts_with("default-src 'none'"), "{policy}");
            assert_eq!((page.header("x-frame-options"), page.header("x-content-type-options")), ("DENY", "nosniff"));
            for source in page.body.split("src=\"").skip(1).chain(page.body.split("<link ").skip(1)) {
                assert!(!source.split('>').next().unwrap().contains("http"), "{source}");
            }
        }
    }

    async fn an_omitted_scope_is_the_registered_default_and_no_default_is_nothing(app: App) {
        let (shop, browser) = setting(&app).await;
        let request = with(&shop.asks(""), &[("scope", "")]);
        let code = browser.code(&authorize(&request)).await;
        assert_eq!(shop.redeem(&app, &code).await.json()["scope"], "openid g:read");
        let shop = app.change(&shop, |row| row.default_scope = Set(String::new())).await;
        let code = browser.code(&authorize(&request)).await;
        assert_eq!(shop.redeem(&app, &code).await.json()["scope"], "");
    }

    async fn a_code_is_worth_nothing_to_another_application_or_at_another_address(app: App) {
        let (shop, browser) = setting(&app).await;
        let other = app.confidential("other").await;
        let code = browser.code(&shop.url("openid")).await;
        assert_eq!(other.redeem(&app, &code).await.json()["error"], "invalid_grant");
        let moved = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://127.0.0.1/cb"), ("code_verifier", crate::support::oauth::VERIFIER)];
        assert_eq!(shop.post(&app, "/o/token/", &moved).await.json()["error"], "invalid_grant");
        assert_eq!(shop.redeem(&app, &code).await.status, StatusCode::OK, "neither spent it");
    }

    async fn a_consent_of_one_browser_is_worth_nothing_in_another(app: App) {
        let (shop, browser) = setting(&app).await;
        app.superuser("bob").await;
        let bob = Browser::logged_in(&app, "bob", PASSWORD).await;
        let page = browser.follow(&shop.url("openid")).await;
        let answer = bob.decide(&page, "allow").await;
        assert!(answer.location().starts_with("/o/authorize/?"), "{}", answer.location());
        assert!(!answer.location().starts_with(CALLBACK));
    }

    async fn claims_and_details_that_were_not_shown_are_not_granted(app: App) {
        let (shop, browser) = setting(&app).await;
        let page = browser.follow(&shop.url("openid")).await;
        let (request, ticket) = (hidden(&page, "request"), hidden(&page, "ticket"));
        let claims: Value = json!({"userinfo": {"phone_number": null}});
        let more = format!("{request}&claims={}", form_urlencoded::byte_serialize(claims.to_string().as_bytes()).collect::<String>());
        let answer = browser.post("/o/consent/", &[("request", &more), ("ticket", &ticket), ("decision", "allow")]).await;
        assert!(answer.location().starts_with("/o/authorize/?"), "shown again: {}", answer.location());
    }
}
