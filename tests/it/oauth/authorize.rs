//! `/o/authorize/`: what is refused, to whom that is told, and what comes back.

mod authorization_details;
mod claims;
mod practice;
mod request_object;
mod resource;
mod response;

use poem::http::{Method, StatusCode};
use proptest::{prelude::*, strategy::ValueTree as _};
use sea_orm::ActiveValue::Set;
use stockade::oauth::application::mismatch;

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    oauth::{CALLBACK, Client, authorize, challenge, parameter, query, with},
    people::PASSWORD,
};

/// A confidential application, and a browser in which ann is logged in.
async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

/// The error of a redirect to the application, which must be well-formed whatever it says.
fn refused(answer: &Answer, what: &str) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what}: {}", answer.body);
    let location = answer.location();
    assert!(location.starts_with(&format!("{CALLBACK}&")), "{what}: {location}");
    let description = parameter(location, "error_description").unwrap();
    // RFC 6749 section 4.1.2.1: %x20-21 / %x23-5B / %x5D-7E.
    assert!(description.bytes().all(|b| (0x20..=0x7e).contains(&b) && b != b'"' && b != b'\\'), "{description}");
    assert_eq!(parameter(location, "iss").as_deref(), Some("http://127.0.0.1:8000/o"), "{what}");
    assert_eq!(parameter(location, "code"), None);
    parameter(location, "error").unwrap()
}

/// A page that tells the person what is wrong, and sends them nowhere.
fn page(answer: &Answer, names: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{names}");
    assert_eq!(answer.location(), "", "{names}");
    assert!(answer.body.contains(names), "{names} is not named in {}", answer.body);
    assert!(!answer.body.contains("http-equiv"), "no automatic refresh");
    assert!(!answer.body.contains("evil.example"), "nothing of the request is shown");
}

both! {
    async fn what_concerns_client_id_or_redirect_uri_is_a_page_and_never_a_redirect(app: App) {
        let (shop, browser) = setting(&app).await;
        let good = shop.asks("openid");
        let twice = |name: &'static str, value: &str| {
            let mut all = good.clone();
            all.push((name, value.to_owned()));
            all
        };
        for (request, names) in [
            (with(&good, &[("client_id", "")]), "client_id"),
            (with(&good, &[("client_id", "nobody")]), "client_id"),
            (with(&good, &[("client_id", "SHOP")]), "client_id"),
            (with(&good, &[("redirect_uri", "https://evil.example/cb")]), "redirect_uri"),
            (with(&good, &[("redirect_uri", "")]), "redirect_uri"),
            (twice("client_id", "shop"), "client_id"),
            (twice("redirect_uri", CALLBACK), "redirect_uri"),
            (twice("redirect_uri", "https://evil.example/cb"), "redirect_uri"),
            // However wrong the rest is.
            (with(&good, &[("redirect_uri", "https://evil.example/"), ("prompt", "none")]), "redirect_uri"),
            (with(&good, &[("redirect_uri", "https://evil.example/"), ("response_type", "x")]), "redirect_uri"),
            (with(&good, &[("redirect_uri", "https://evil.example/"), ("cancel", "1")]), "redirect_uri"),
        ] {
            page(&browser.get(&authorize(&request)).await, names);
            let stranger = Browser::new(&app).await;
            page(&stranger.get(&authorize(&request)).await, names);
        }
        app.change(&shop, |row| row.is_active = Set(false)).await;
        page(&browser.get(&authorize(&good)).await, "client_id");
    }

    async fn a_redirect_uri_is_compared_byte_for_byte(app: App) {
        let (shop, browser) = setting(&app).await;
        for uri in [
            "https://app.example/cb",
            "https://app.example/cb?",
            "https://app.example/cb?keep=1&more=2",
            "https://app.example/cb?keep=2",
            "https://app.example/cb/?keep=1",
            "https://app.example/CB?keep=1",
            "https://APP.example/cb?keep=1",
            "HTTPS://app.example/cb?keep=1",
            "http://app.example/cb?keep=1",
            "https://app.example:443/cb?keep=1",
            "https://app.example:8443/cb?keep=1",
            "https://app.example/cb?keep=1#",
            "https://app.example/cb?keep=1#x",
            "https://app.example/x/../cb?keep=1",
            "https://app.example/./cb?keep=1",
            "https://app.example/%63b?keep=1",
            "https://user@app.example/cb?keep=1",
            "https://app.example@evil.example/cb?keep=1",
            "https://app.example.evil.example/cb?keep=1",
            "https://app.example\\@evil.example/cb?keep=1",
            "https://app.example/cb?keep=1\n",
            " https://app.example/cb?keep=1",
            "javascript:alert(1)",
            "http://localhost/cb",
            "http://127.0.0.1/other",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.2/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://[::2]/cb",
            "https://127.0.0.1/cb",
        ] {
            let answer = browser.get(&authorize(&with(&shop.asks("openid"), &[("redirect_uri", uri)]))).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{uri}");
        }
        let seen = mismatch::recent(&app.ctx, shop.row.id).await.unwrap();
        assert_eq!(seen.len(), mismatch::KEPT, "the administrator is shown what was refused");
    }

    async fn a_loopback_ip_may_have_any_port(app: App) {
        let (shop, browser) = setting(&app).await;
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:49152/cb"] {
            let location = browser.allow(&authorize(&with(&shop.asks("openid"), &[("redirect_uri", uri)]))).await;
            assert!(location.starts_with(&format!("{uri}?code=")), "{location}");
        }
    }

    async fn every_other_fault_is_told_to_the_application(app: App) {
        let (shop, browser) = setting(&app).await;
        let good = shop.asks("openid");
        for (change, error) in [
            (&[("response_type", "")][..], "invalid_request"),
            (&[("response_type", "code code")], "unsupported_response_type"),
            (&[("response_type", "none")], "unsupported_response_type"),
            (&[("response_mode", "web_message")], "invalid_request"),
            (&[("scope", "bogus")], "invalid_scope"),
            (&[("scope", "openid bogus")], "invalid_scope"),
            (&[("scope", "openid \"")], "invalid_scope"),
            (&[("code_challenge", "")], "invalid_request"),
            (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
            (&[("code_challenge_method", "")], "invalid_request"),
            (&[("code_challenge_method", "plain")], "invalid_request"),
            (&[("code_challenge_method", "S512")], "invalid_request"),
            (&[("code_challenge", "short")], "invalid_request"),
            (&[("prompt", "none login")], "invalid_request"),
            (&[("prompt", "wrong")], "invalid_request"),
            (&[("max_age", "-1")], "invalid_request"),
            (&[("max_age", "soon")], "invalid_request"),
            (&[("claims", "[]")], "invalid_request"),
            (&[("claims", "{\"id_token\":{\"email\":1}}")], "invalid_request"),
            (&[("request", "eyJ")], "invalid_request_object"),
            (&[("request_uri", "https://evil.example/")], "invalid_request_uri"),
            (&[("registration", "{}")], "registration_not_supported"),
            (&[("id_token_hint", "eyJ.e30.")], "invalid_request"),
        ] {
            let answer = browser.get(&authorize(&with(&good, change))).await;
            assert_eq!(refused(&answer, &format!("{change:?}")), error, "{change:?}");
            assert_eq!(parameter(answer.location(), "state").as_deref(), Some("a state"));
        }
        for name in ["scope", "nonce", "prompt", "response_type", "code_challenge", "max_age"] {
            let mut twice = with(&good, &[(name, "x")]);
            twice.push((name, "y".into()));
            assert_eq!(refused(&browser.get(&authorize(&twice)).await, name), "invalid_request");
        }
    }

    async fn a_repeated_state_comes_back_in_no_form(app: App) {
        let (shop, browser) = setting(&app).await;
        let mut twice = shop.asks("openid");
        twice.push(("state", "b".into()));
        let answer = browser.get(&authorize(&twice)).await;
        assert_eq!(refused(&answer, "state"), "invalid_request");
        assert_eq!(parameter(answer.location(), "state"), None);
    }

    async fn an_application_without_the_grant_is_unauthorized(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.grant_types = Set("client_credentials".into())).await;
        assert_eq!(refused(&browser.get(&shop.url("openid")).await, "grant"), "unauthorized_client");
    }

    async fn state_comes_back_byte_for_byte_and_an_answer_has_only_its_own_parameters(app: App) {
        let (shop, browser) = setting(&app).await;
        for state in ["x", "a b+c&d=e%20\"<>\\'#?/", "ünïcödé €", &"é".repeat(1000), "1\t2\n3"] {
            let request = with(&shop.asks("openid"), &[("state", state), ("unknown", "ignored")]);
            let location = browser.allow(&authorize(&request)).await;
            assert_eq!(parameter(&location, "state").as_deref(), Some(state));
            let names: Vec<String> = query(&location).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["keep", "code", "session_state", "state", "iss"], "{location}");
            assert!(!location.contains(&challenge("x")[..20]));
        }
        // "Parameters sent without a value MUST be treated as if they were omitted."
        let mut empty = with(&shop.asks("openid"), &[("state", "")]);
        empty.extend([("state", String::new()), ("prompt", String::new()), ("max_age", String::new())]);
        let location = browser.allow(&authorize(&empty)).await;
        assert_eq!(parameter(&location, "state"), None);
        assert!(parameter(&location, "code").is_some());
    }

    async fn what_is_only_a_wish_is_never_an_error(app: App) {
        let (shop, browser) = setting(&app).await;
        let wishes = [
            ("ui_locales", "xx-YY de"),
            ("claims_locales", "de"),
            ("display", "popup"),
            ("acr_values", "urn:nobody:knows"),
            ("login_hint", "somebody"),
            ("claims", "{\"userinfo\":{\"name\":{\"essential\":true}}}"),
        ];
        let location = browser.allow(&authorize(&with(&shop.asks("openid"), &wishes))).await;
        assert!(parameter(&location, "code").is_some(), "{location}");
    }

    async fn a_request_may_be_posted_and_finds_the_session_by_a_get(app: App) {
        let (shop, browser) = setting(&app).await;
        for path in ["/o/authorize/", "/o/authorize"] {
            let body = shop.url("openid").split_once('?').unwrap().1.to_owned();
            let headers = [("Origin", "https://app.example")];
            let answer = browser.send(Method::POST, path, &headers, Some(body.into_bytes())).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert!(answer.location().starts_with("/o/authorize/?"), "{}", answer.location());
            assert!(parameter(&browser.allow(answer.location()).await, "code").is_some());
        }
    }

    async fn bytes_that_are_no_text_are_a_page(app: App) {
        let (shop, browser) = setting(&app).await;
        for bad in ["state=%ff", "state=%00", "state=%zz", "client_id=%c3", "%ff=1"] {
            let answer = browser.get(&format!("{}&{bad}", shop.url("openid"))).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{bad}");
        }
        let long = "x".repeat(60_000);
        let answer = browser.get(&authorize(&with(&shop.asks("openid"), &[("client_id", &long)]))).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }

    async fn the_authorization_endpoint_is_no_business_of_scripts(app: App) {
        let (shop, browser) = setting(&app).await;
        let headers = [("Origin", "https://app.example")];
        for method in [Method::GET, Method::OPTIONS] {
            let answer = browser.send(method, &shop.url("openid"), &headers, None).await;
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
        let answer = browser.send(Method::DELETE, &shop.url("openid"), &[], None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn an_error_for_an_application_that_cannot_prove_itself_waits_for_the_login(app: App) {
        app.superuser("ann").await;
        let (phone, shop) = (app.public("phone").await, app.confidential("shop").await);
        let stranger = Browser::new(&app).await;
        let answer = stranger.get(&phone.url("bogus")).await;
        assert!(answer.location().starts_with("/accounts/login/?next="), "{}", answer.location());
        assert_eq!(refused(&stranger.get(&shop.url("bogus")).await, "confidential"), "invalid_scope");
        let silent = with(&phone.asks("bogus"), &[("prompt", "none")]);
        assert_eq!(refused(&stranger.get(&authorize(&silent)).await, "silent"), "invalid_scope");
        let ann = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(refused(&ann.get(&phone.url("bogus")).await, "logged in"), "invalid_scope");
    }

    async fn pkce_is_required_of_public_applications_whatever_is_registered(app: App) {
        let (shop, browser) = setting(&app).await;
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        let shop = app.change(&shop, |row| row.require_pkce = Set(false)).await;
        let location = browser.allow(&authorize(&with(&shop.asks("openid"), &without))).await;
        assert!(parameter(&location, "code").is_some(), "an old client with the switch off");
        let phone = app.public("phone").await;
        let phone = app.change(&phone, |row| row.require_pkce = Set(false)).await;
        let answer = browser.get(&authorize(&with(&phone.asks("openid"), &without))).await;
        assert_eq!(refused(&answer, "public"), "invalid_request");
    }

    async fn a_redirect_uri_may_be_left_out_only_where_exactly_one_is_registered(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.redirect_uris = Set(CALLBACK.into())).await;
        let request = with(&shop.asks("g:read"), &[("redirect_uri", "")]);
        assert!(parameter(&browser.allow(&authorize(&request)).await, "code").is_some());
        // OpenID Connect Core 3.1.2.1: "redirect_uri REQUIRED."
        page(&browser.get(&authorize(&with(&shop.asks("openid g:read"), &[("redirect_uri", "")]))).await, "redirect_uri");
    }

    async fn every_mutation_of_a_request_stays_here_or_goes_to_a_registered_place(app: App) {
        let (shop, browser) = setting(&app).await;
        let good = shop.url("openid");
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let strategy = (0..good.len(), prop_oneof![Just(String::new()), "[ -~]{1,3}", Just("%2F%2Fevil.example".to_owned())]);
        for _ in 0..150 {
            let (at, new) = strategy.new_tree(&mut runner).unwrap().current();
            let mutated = format!("{}{new}{}", &good[..at], &good[(at + 1).min(good.len())..]);
            if mutated.parse::<poem::http::Uri>().is_err() || !mutated.starts_with("/o/authorize/?") {
                continue;
            }
            let answer = browser.get(&mutated).await;
            assert!(!answer.status.is_server_error(), "{mutated}");
            let location = answer.location();
            let ok = location.is_empty()
                || location.starts_with("/accounts/login/?")
                || location.starts_with("/o/consent/?")
                || location.starts_with(&format!("{CALLBACK}&"));
            assert!(ok, "{mutated} leads to {location}");
        }
    }
}
