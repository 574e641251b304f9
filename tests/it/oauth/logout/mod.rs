//! `/o/logout/`: RP-initiated logout.

mod channels;
mod session;

use poem::http::StatusCode;

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    oauth::{Client, Tokens, form, hidden, query},
    people::PASSWORD,
};

const BYE: &str = "https://app.example/bye";

async fn setting(app: &App) -> (Client, Browser<'_>, Tokens) {
    app.superuser("ann").await;
    let shop = app.confidential("shop").await;
    let browser = Browser::logged_in(app, "ann", PASSWORD).await;
    let tokens = shop.tokens_in(app, &browser, "openid g:read").await;
    (shop, browser, tokens)
}

fn url(fields: &[(&str, &str)]) -> String {
    format!("/o/logout/?{}", form(fields))
}

async fn is_logged_in(browser: &Browser<'_>) -> bool {
    browser.get("/accounts/").await.status == StatusCode::OK
}

/// A page that says that it is done.
fn done(answer: &Answer) {
    assert_eq!((answer.status, answer.location()), (StatusCode::OK, ""));
    assert!(answer.body.contains("You are logged out"), "{}", answer.body);
}

both! {
    async fn a_hint_of_this_session_and_a_registered_address_lead_back_at_once(app: App) {
        let (shop, browser, tokens) = setting(&app).await;
        app.ctx.clock.advance(7200);
        let hint = tokens.id.as_deref().unwrap();
        let fields = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("state", "a b&c"), ("client_id", "shop")];
        let answer = browser.get(&url(&fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.location().starts_with(&format!("{BYE}?")));
        assert_eq!(query(answer.location()), [("state".to_owned(), "a b&c".to_owned())], "nothing but the state");
        assert!(!is_logged_in(&browser).await);
        assert!(!browser.get(&shop.url("openid")).await.location().starts_with("https://app.example/cb"));
        // Idempotent.
        assert!(browser.get(&url(&fields)).await.location().starts_with(BYE));
    }

    async fn whoever_comes_without_a_hint_of_this_session_is_asked_first(app: App) {
        let (_, browser, _) = setting(&app).await;
        for fields in [
            &[][..],
            &[("post_logout_redirect_uri", BYE)],
            &[("post_logout_redirect_uri", BYE), ("client_id", "shop")],
            &[("id_token_hint", "nonsense"), ("post_logout_redirect_uri", BYE)],
        ] {
            let page = browser.get(&url(fields)).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.body.contains("id=\"logout-confirm\""));
            assert!(is_logged_in(&browser).await, "nobody is logged out by a link");
        }
        // Not from another site either.
        let foreign = [("Origin", "https://evil.example")];
        let body = form(&[("confirm", "yes")]).into_bytes();
        browser.send(poem::http::Method::POST, "/o/logout/", &foreign, Some(body)).await;
        assert!(is_logged_in(&browser).await);
        done(&browser.post("/o/logout/", &[("confirm", "yes"), ("post_logout_redirect_uri", BYE)]).await);
        assert!(!is_logged_in(&browser).await);
        done(&browser.get(&url(&[("post_logout_redirect_uri", BYE)])).await);
    }

    async fn an_address_that_is_not_registered_ends_here(app: App) {
        let (_, browser, tokens) = setting(&app).await;
        let hint = tokens.id.as_deref().unwrap();
        let evil = [
            "https://evil.example/",
            "https://app.example/bye/",
            "https://app.example/bye?x",
            "https://app.example/BYE",
            "https://app.example/cb?keep=1",
            "javascript:alert(1)",
            "//evil.example",
        ];
        done(&browser.get(&url(&[("id_token_hint", hint), ("post_logout_redirect_uri", evil[0])])).await);
        assert!(!is_logged_in(&browser).await, "logged out all the same");
        for uri in evil {
            done(&browser.get(&url(&[("id_token_hint", hint), ("post_logout_redirect_uri", uri)])).await);
        }
        done(&browser.get(&url(&[("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("client_id", "other")])).await);
        let forged = format!("{}x", &hint[..hint.len() - 1]);
        done(&browser.get(&url(&[("id_token_hint", &forged), ("post_logout_redirect_uri", BYE)])).await);
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", hint.split('.').nth(1).unwrap());
        done(&browser.get(&url(&[("id_token_hint", &unsigned), ("post_logout_redirect_uri", BYE)])).await);
    }

    async fn a_hint_of_another_session_asks_first(app: App) {
        let (shop, browser, tokens) = setting(&app).await;
        let elsewhere = Browser::logged_in(&app, "ann", PASSWORD).await;
        let hint = tokens.id.as_deref().unwrap();
        let page = elsewhere.get(&url(&[("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("state", "s")])).await;
        assert!(page.body.contains("id=\"logout-confirm\""));
        assert!(is_logged_in(&elsewhere).await);
        let kept: Vec<(&str, String)> = ["id_token_hint", "post_logout_redirect_uri", "state"].map(|name| (name, hidden(&page, name))).into();
        let mut fields: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("confirm", "yes"));
        assert_eq!(elsewhere.post("/o/logout/", &fields).await.location(), format!("{BYE}?state=s"));
        assert!(!is_logged_in(&elsewhere).await && is_logged_in(&browser).await, "one session ends, the other goes on");
        drop(shop);
    }

    async fn what_hangs_on_the_session_dies_and_offline_access_goes_on(app: App) {
        let (shop, browser, tokens) = setting(&app).await;
        let offline = shop.tokens_in(&app, &browser, "openid offline_access").await;
        browser.get(&url(&[("id_token_hint", tokens.id.as_deref().unwrap())])).await;
        let answer = shop.refresh(&app, tokens.refresh()).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
        assert_eq!(app.userinfo(&offline.access).await.status, StatusCode::OK);
        Tokens::of(&shop.refresh(&app, offline.refresh()).await);
    }

    async fn a_logout_of_our_own_pages_ends_the_same(app: App) {
        let (shop, browser, tokens) = setting(&app).await;
        let offline = shop.tokens_in(&app, &browser, "openid offline_access").await;
        browser.post("/accounts/logout/", &[]).await;
        assert!(!is_logged_in(&browser).await);
        assert_eq!(shop.refresh(&app, tokens.refresh()).await.json()["error"], "invalid_grant");
        Tokens::of(&shop.refresh(&app, offline.refresh()).await);
    }
}
