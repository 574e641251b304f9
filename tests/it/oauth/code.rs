//! `grant_type=authorization_code`: a code is spent once, by whom it was made for.

use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    oauth::{CALLBACK, Client, Tokens, VERIFIER, authorize, parameter, post, with},
    people::PASSWORD,
};

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

both! {
    async fn a_code_gives_tokens_once(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&shop.url("openid g:read")).await;
        let answer = shop.redeem(&app, &code).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
        let tokens = Tokens::of(&answer);
        assert_eq!(tokens.scope, "openid g:read");
        assert_eq!(answer.json()["expires_in"], 600);
        assert_eq!(shop.introspect(&app, &tokens.access).await["active"], true);
        assert_eq!(error(&shop.redeem(&app, &code).await), "invalid_grant");
    }

    async fn a_replay_by_an_otherwise_valid_request_kills_what_the_code_gave(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&shop.url("openid g:read")).await;
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        let second = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
        assert_eq!(error(&shop.redeem(&app, &code).await), "invalid_grant");
        for token in [&tokens.access, &second.access, tokens.refresh(), second.refresh()] {
            assert_eq!(shop.introspect(&app, token).await, serde_json::json!({"active": false}));
        }
        assert_eq!(error(&shop.refresh(&app, second.refresh()).await), "invalid_grant");
        assert_eq!(app.userinfo(&second.access).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_replay_that_is_not_otherwise_valid_changes_nothing(app: App) {
        let (shop, browser) = setting(&app).await;
        let other = app.confidential("other").await;
        let code = browser.code(&shop.url("openid g:read")).await;
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        let wrong = "w".repeat(43);
        let good = [("grant_type", "authorization_code"), ("code", code.as_str())];
        for rest in [
            &[("redirect_uri", CALLBACK)][..],
            &[("redirect_uri", CALLBACK), ("code_verifier", &wrong)],
            &[("redirect_uri", "https://app.example/cb"), ("code_verifier", VERIFIER)],
        ] {
            assert_eq!(error(&shop.post(&app, "/o/token/", &[&good[..], rest].concat()).await), "invalid_grant");
        }
        assert_eq!(error(&other.redeem(&app, &code).await), "invalid_grant");
        let stranger = post(&Actor::anonymous(), &app, "/o/token/", &[&good[..], &[("client_id", "shop")]].concat()).await;
        assert_eq!(error(&stranger), "invalid_client");
        assert_eq!(shop.introspect(&app, &tokens.access).await["active"], true);
        Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
    }

    async fn a_code_is_bound_to_application_redirect_uri_and_verifier_and_a_wrong_try_does_not_spend_it(app: App) {
        let (shop, browser) = setting(&app).await;
        let other = app.confidential("other").await;
        let code = browser.code(&shop.url("openid")).await;
        let good = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let short = &VERIFIER[..42];
        for rest in [
            &[("redirect_uri", CALLBACK)][..],
            &[("redirect_uri", CALLBACK), ("code_verifier", short)],
            &[("redirect_uri", CALLBACK), ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")],
            &[("redirect_uri", "http://127.0.0.1/cb"), ("code_verifier", VERIFIER)],
        ] {
            assert_eq!(error(&shop.post(&app, "/o/token/", &[&good[..], rest].concat()).await), "invalid_grant");
        }
        assert_eq!(error(&other.redeem(&app, &code).await), "invalid_grant");
        let mut flipped = code.clone().into_bytes();
        flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
        assert_eq!(error(&shop.redeem(&app, &String::from_utf8(flipped).unwrap()).await), "invalid_grant");
        Tokens::of(&shop.redeem(&app, &code).await);
    }

    async fn a_verifier_without_a_challenge_is_refused(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.require_pkce = Set(false)).await;
        let without = with(&shop.asks("openid"), &[("code_challenge", ""), ("code_challenge_method", "")]);
        let code = browser.code(&authorize(&without)).await;
        assert_eq!(error(&shop.redeem(&app, &code).await), "invalid_grant");
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str())];
        assert_eq!(error(&shop.post(&app, "/o/token/", &fields).await), "invalid_grant", "no redirect_uri, no PKCE");
        let fields = [&fields[..], &[("redirect_uri", CALLBACK)]].concat();
        Tokens::of(&shop.post(&app, "/o/token/", &fields).await);
    }

    async fn redirect_uri_may_be_left_out_where_pkce_binds_the_code(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&shop.url("openid")).await;
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
        Tokens::of(&shop.post(&app, "/o/token/", &fields).await);
    }

    async fn a_code_lives_sixty_seconds(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&shop.url("openid")).await;
        app.ctx.clock.advance(50);
        Tokens::of(&shop.redeem(&app, &code).await);
        let code = browser.code(&shop.url("openid")).await;
        app.ctx.clock.advance(60);
        assert_eq!(error(&shop.redeem(&app, &code).await), "invalid_grant");
    }

    async fn of_sixty_four_who_spend_one_code_one_gets_tokens_and_they_die(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&shop.url("openid g:read")).await;
        let answers = futures_util::future::join_all((0..64).map(|_| shop.redeem(&app, &code))).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            assert_eq!(lost.json()["error"], "invalid_grant", "{}", lost.text);
        }
        let count = entities::oauth::refresh_token::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert_eq!(count, 1, "one family");
        let tokens = Tokens::of(won[0]);
        assert_eq!(shop.introspect(&app, &tokens.access).await["active"], false, "all held code and verifier");
    }

    async fn an_application_without_refresh_grant_gets_no_refresh_token_unless_offline_access(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.grant_types = Set("authorization_code".into())).await;
        assert!(shop.tokens_in(&app, &browser, "openid g:read").await.refresh.is_none());
        let offline = shop.tokens_in(&app, &browser, "openid offline_access").await;
        Tokens::of(&shop.refresh(&app, offline.refresh()).await);
    }

    async fn values_have_160_bits_or_more_and_only_their_digests_are_stored(app: App) {
        let (shop, browser) = setting(&app).await;
        let location = browser.allow(&shop.url("openid offline_access")).await;
        let code = parameter(&location, "code").unwrap();
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        for (value, prefix) in [(&code, "sac_"), (&tokens.access, "sat_"), (&tokens.refresh.unwrap(), "srt_")] {
            let random = value.strip_prefix(prefix).unwrap();
            assert!(random.len() >= 27 + 6, "{prefix}");
        }
        let row = entities::oauth::access_token::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert_eq!(row.digest, stockade::secret::digest(&tokens.access));
    }
}
