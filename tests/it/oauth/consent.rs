//! Who is asked what: login, `prompt`, `max_age`, hints, and the consent page.

use entities::accounts::user;
use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;
use stockade::{
    accounts::group::Rules,
    oauth::application::default,
    scope::{Action, Role},
};

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    oauth::{Client, Tokens, authorize, challenge, form, hidden, jwt, parameter, with},
    people::PASSWORD,
};

fn error(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    parameter(answer.location(), "error").unwrap_or_else(|| panic!("no error in {}", answer.location()))
}

/// Sends the login form that an authorization request led to, and comes back.
async fn log_in_for(browser: &Browser<'_>, url: &str, username: &str) -> Answer {
    let page = browser.follow(url).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("id=\"login-submit\""), "the login page: {}", page.body);
    let next = hidden(&page, "next");
    let fields = [("username", username), ("password", PASSWORD), ("next", &next)];
    browser.post("/accounts/login/", &fields).await
}

async fn remembering(app: &App) -> (user::Model, Client) {
    let ann = app.superuser("ann").await;
    (ann, app.enrol("shop", |row| row.consent = Set("remember".into())).await)
}

both! {
    async fn a_stranger_logs_in_and_comes_back_to_the_consent(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::new(&app).await;
        let page = browser.follow(&shop.url("openid")).await;
        for id in ["login-username", "login-password", "login-submit", "login-cancel"] {
            assert!(page.body.contains(&format!("id=\"{id}\"")), "{id}");
        }
        assert!(page.body.contains("The shop"), "the login names the application");
        assert!(page.header("content-security-policy").contains("https://app.example"));
        let before = browser.cookie("sessionid");
        let back = log_in_for(&browser, &shop.url("openid"), "ann").await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        assert_ne!(browser.cookie("sessionid"), before, "a new session id");
        let consent = browser.follow(back.location()).await;
        for id in ["consent-allow", "consent-deny"] {
            assert!(consent.body.contains(&format!("id=\"{id}\"")), "{id}");
        }
        let answer = browser.decide(&consent, "allow").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(parameter(answer.location(), "code").is_some());
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }

    async fn cancel_at_the_login_or_the_consent_is_access_denied(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::new(&app).await;
        let page = browser.follow(&shop.url("openid")).await;
        let (_, rest) = page.body.split_once("id=\"login-cancel\" href=\"").unwrap();
        let cancel = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let answer = browser.get(&cancel).await;
        assert_eq!(error(&answer), "access_denied");
        assert_eq!(parameter(answer.location(), "state").as_deref(), Some("a state"));
        browser.log_in("ann", PASSWORD).await;
        let page = browser.follow(&shop.url("openid")).await;
        assert_eq!(error(&browser.decide(&page, "deny").await), "access_denied");
    }

    async fn whoever_cancels_the_login_for_an_unproven_application_gets_away_from_it(app: App) {
        let phone = app.public("phone").await;
        let browser = Browser::new(&app).await;
        let page = browser.follow(&phone.url("openid")).await;
        let (_, rest) = page.body.split_once("id=\"login-cancel\" href=\"").unwrap();
        let cancel = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let answer = browser.follow(&cancel).await;
        assert!(!answer.body.contains("id=\"login-submit\""), "Cancel does not lead to the login again");
    }

    async fn the_consent_says_who_asks_for_what_in_words(app: App) {
        let ann = app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let shop = app.change(&shop, |row| {
            row.created_by = Set(Some(ann.id));
            row.policy_uri = Set("https://app.example/privacy".into());
            row.tos_uri = Set("https://app.example/terms".into());
            row.name = Set("<b>Shop</b>".into());
        }).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let scope = "openid profile offline_access g:read a:superuser r:view:part r:change:part";
        let page = browser.follow(&shop.url(scope)).await;
        for words in [
            "&#60;b&#62;Shop&#60;/b&#62;",
            "ann",
            "Registered by ann",
            "View and change parts",
            "See your profile",
            "superuser rights",
            "while you are away",
            "https://app.example/privacy",
            "https://app.example/terms",
        ] {
            assert!(page.body.contains(words), "{words} in {}", page.body);
        }
        assert!(!page.body.contains("<b>Shop"), "no markup from a name");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("form-action 'self' https://app.example"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("cache-control"), "no-store");
    }

    async fn consent_counts_only_from_the_session_that_was_shown_it_and_for_what_was_shown(app: App) {
        app.superuser("ann").await;
        app.superuser("bob").await;
        let shop = app.confidential("shop").await;
        let (ann, bob) =
            (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "bob", PASSWORD).await);
        let page = ann.follow(&shop.url("openid")).await;
        let (request, ticket) = (hidden(&page, "request"), hidden(&page, "ticket"));
        let wider = request.replace("scope=openid", "scope=openid+a%3Asuperuser");
        assert_ne!(wider, request);
        for (browser, request, ticket) in [
            (&ann, &wider, ticket.clone()),
            (&ann, &request, "x".to_owned()),
            (&ann, &request, String::new()),
            (&bob, &request, ticket.clone()),
        ] {
            let fields = [("request", request.as_str()), ("ticket", &ticket), ("decision", "allow")];
            let answer = browser.post("/o/consent/", &fields).await;
            assert!(parameter(&format!("http://x{}", answer.location()), "code").is_none(), "{}", answer.location());
            assert!(answer.location().starts_with("/o/authorize/"), "they are asked first: {}", answer.location());
        }
        // Without the form token, or from another site, nothing happens at all.
        let body = form(&[("request", &request), ("ticket", &ticket), ("decision", "allow")]);
        let foreign = [("Origin", "https://evil.example")];
        for headers in [&[][..], &foreign] {
            let answer = ann.send(poem::http::Method::POST, "/o/consent/", headers, Some(body.clone().into())).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
        }
    }

    async fn rights_that_came_after_the_page_was_read_are_not_given_away(app: App) {
        let ann = app.person("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = browser.follow(&shop.url("openid r:view:part")).await;
        let group = app.group("readers", &[(Role::Part, Rules { view: true, ..Rules::default() })]).await;
        app.join(&ann, &[&group]).await;
        let answer = browser.decide(&page, "allow").await;
        assert!(answer.location().starts_with("/o/authorize/"), "they are asked anew: {}", answer.location());
        assert_eq!(shop.tokens_in(&app, &browser, "openid r:view:part").await.scope, "openid r:view:part");
    }

    async fn consent_is_remembered_for_the_same_scopes_of_a_confidential_application(app: App) {
        let (_, shop) = remembering(&app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let silent = |scope| authorize(&with(&shop.asks(scope), &[("prompt", "none")]));
        assert_eq!(error(&browser.get(&silent("openid g:read")).await), "consent_required");
        browser.allow(&shop.url("openid g:read")).await;
        for scope in ["openid g:read", "g:read openid", "openid"] {
            let answer = browser.get(&silent(scope)).await;
            assert!(parameter(answer.location(), "code").is_some(), "{}", answer.location());
        }
        assert_eq!(error(&browser.get(&silent("openid g:read a:staff")).await), "consent_required");
        let asked = browser.get(&authorize(&with(&shop.asks("openid"), &[("prompt", "consent")]))).await;
        assert!(asked.location().starts_with("/o/consent/"), "{}", asked.location());
    }

    async fn consent_that_is_always_asked_is_asked_again(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        browser.allow(&shop.url("openid")).await;
        assert!(browser.get(&shop.url("openid")).await.location().starts_with("/o/consent/"));
    }

    async fn a_public_application_is_asked_again_and_the_default_one_is_not(app: App) {
        app.superuser("ann").await;
        let phone = app.public("phone").await;
        let phone = app.change(&phone, |row| row.consent = Set("remember".into())).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let page = browser.follow(&phone.url("openid")).await;
        assert!(page.body.contains("cannot prove who it is"), "{}", page.body);
        browser.allow(&phone.url("openid")).await;
        let silent = authorize(&with(&phone.asks("openid"), &[("prompt", "none")]));
        assert_eq!(error(&browser.get(&silent).await), "consent_required");

        let ours = [
            ("response_type", "code".to_owned()),
            ("client_id", default::CLIENT_ID.to_owned()),
            ("redirect_uri", "http://127.0.0.1:51004/callback".to_owned()),
            ("scope", "openid g:read".to_owned()),
            ("code_challenge", challenge("v")),
            ("code_challenge_method", "S256".to_owned()),
        ];
        browser.allow(&authorize(&ours)).await;
        let answer = browser.get(&authorize(&with(&ours, &[("prompt", "none")]))).await;
        assert!(parameter(answer.location(), "code").is_some(), "{}", answer.location());
    }

    async fn nothing_is_shown_where_nothing_may_be(app: App) {
        let (_, shop) = remembering(&app).await;
        let silent = authorize(&with(&shop.asks("openid"), &[("prompt", "none")]));
        let stranger = Browser::new(&app).await;
        assert_eq!(error(&stranger.get(&silent).await), "login_required");
        let ann = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(error(&ann.get(&silent).await), "consent_required");
        let consent = silent.replace("/o/authorize/", "/o/consent/");
        assert_eq!(error(&ann.get(&consent).await), "consent_required", "not even at the consent's own address");
    }

    async fn prompt_login_needs_a_new_login_and_going_back_is_none(app: App) {
        let (_, shop) = remembering(&app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let first = shop.tokens_in(&app, &browser, "openid").await;
        app.ctx.clock.advance(100);
        for prompt in ["login", "select_account"] {
            let again = authorize(&with(&shop.asks("openid"), &[("prompt", prompt)]));
            let to_login = browser.get(&again).await;
            assert!(to_login.location().starts_with("/accounts/login/"), "{}", to_login.location());
            let next = parameter(&format!("http://x{}", to_login.location()), "next").unwrap();
            assert!(browser.get(&next).await.location().starts_with("/accounts/login/"), "back without logging in");
            let back = log_in_for(&browser, &again, "ann").await;
            let code = browser.code(back.location()).await;
            app.ctx.clock.advance(601);
            let later = browser.get(back.location()).await;
            assert!(later.location().starts_with("/accounts/login/"), "an old address is no new login");
            app.ctx.clock.advance(-601);
            let second = Tokens::of(&shop.redeem(&app, &code).await);
            let auth_time = |tokens: &Tokens| jwt(tokens.id.as_ref().unwrap()).1["auth_time"].as_i64().unwrap();
            assert!(auth_time(&second) >= auth_time(&first) + 100);
            app.ctx.clock.advance(100);
        }
    }

    async fn max_age_is_kept(app: App) {
        let (_, shop) = remembering(&app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        browser.allow(&shop.url("openid")).await;
        app.ctx.clock.advance(100);
        let within = |max: &str| authorize(&with(&shop.asks("openid"), &[("max_age", max)]));
        assert!(parameter(browser.get(&within("1000")).await.location(), "code").is_some());
        for max in ["0", "50"] {
            assert!(browser.get(&within(max)).await.location().starts_with("/accounts/login/"), "{max}");
        }
        let silent = authorize(&with(&shop.asks("openid"), &[("max_age", "50"), ("prompt", "none")]));
        assert_eq!(error(&browser.get(&silent).await), "login_required");
        let back = log_in_for(&browser, &within("0"), "ann").await;
        assert!(parameter(browser.follow(back.location()).await.location(), "code").is_some());
    }

    async fn a_hint_of_somebody_else_is_never_answered_with_this_person(app: App) {
        let (_, shop) = remembering(&app).await;
        app.superuser("bob").await;
        let ann = Browser::logged_in(&app, "ann", PASSWORD).await;
        let tokens = shop.tokens_in(&app, &ann, "openid").await;
        let hint = tokens.id.unwrap();
        let hinted = with(&shop.asks("openid"), &[("id_token_hint", &hint)]);
        let silent = with(&hinted, &[("prompt", "none")]);
        app.ctx.clock.advance(3600);
        assert!(parameter(ann.get(&authorize(&silent)).await.location(), "code").is_some(), "an expired hint is fine");
        let bob = Browser::logged_in(&app, "bob", PASSWORD).await;
        bob.allow(&shop.url("openid")).await;
        assert_eq!(error(&bob.get(&authorize(&silent)).await), "login_required");
        assert!(bob.get(&authorize(&hinted)).await.location().starts_with("/accounts/login/"));
        let other = app.confidential("other").await;
        let stolen = authorize(&with(&other.asks("openid"), &[("id_token_hint", &hint)]));
        assert_eq!(error(&ann.get(&stolen).await), "invalid_request", "of another application");
    }

    async fn a_person_gives_only_what_they_have(app: App) {
        let ann = app.person("ann").await;
        let group = app.group("readers", &[(Role::Part, Rules { view: true, ..Rules::default() })]).await;
        app.join(&ann, &[&group]).await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let tokens = shop.tokens_in(&app, &browser, "openid a:staff a:superuser r:view:part r:delete:part").await;
        assert_eq!(tokens.scope, format!("openid r:{}:part", Action::View.name()));
        let answer = browser.get(&shop.url("a:superuser")).await;
        assert!(["access_denied", "invalid_scope"].contains(&error(&answer).as_str()));
    }

    async fn an_application_gets_only_what_it_is_allowed_and_by_default_only_the_default(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let shop = app.change(&shop, |row| row.scope = Set("openid g:read".into())).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(shop.tokens_in(&app, &browser, "openid g:read a:superuser r:view:part").await.scope, "openid g:read");
        assert_eq!(error(&browser.get(&shop.url("a:superuser")).await), "invalid_scope");
        let nothing = authorize(&with(&shop.asks("openid"), &[("scope", "")]));
        let code = browser.code(&nothing).await;
        assert_eq!(Tokens::of(&shop.redeem(&app, &code).await).scope, "openid g:read");
        let shop = app.change(&shop, |row| row.default_scope = Set(String::new())).await;
        let code = browser.allow(&authorize(&with(&shop.asks("openid"), &[("scope", "")]))).await;
        if let Some(code) = parameter(&code, "code") {
            assert_eq!(Tokens::of(&shop.redeem(&app, &code).await).scope, "", "never everything");
        } else {
            assert_eq!(parameter(&code, "error").as_deref(), Some("invalid_scope"));
        }
    }
}
