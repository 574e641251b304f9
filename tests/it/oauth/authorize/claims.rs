//! The `claims` parameter, and how strong and how recent a login has to be.

use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use stockade::oauth::oidc::acr::Acr;

use crate::support::{
    App, both,
    browser::Browser,
    oauth::{Client, Tokens, authorize, jwt, parameter, with},
    people::PASSWORD,
};

async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

/// The tokens of a request with this `claims`.
async fn tokens(app: &App, shop: &Client, browser: &Browser<'_>, claims: &Value) -> Tokens {
    let request = with(&shop.asks("openid"), &[("claims", &claims.to_string())]);
    Tokens::of(&shop.redeem(app, &browser.code(&authorize(&request)).await).await)
}

both! {
    async fn a_claim_is_told_where_it_was_asked_for_and_survives_a_refresh(app: App) {
        let (shop, browser) = setting(&app).await;
        let asked = json!({"userinfo": {"preferred_username": {"essential": true}, "nonsense": null}, "id_token": {"email": null, "updated_at": null}});
        let tokens = tokens(&app, &shop, &browser, &asked).await;
        let id = jwt(tokens.id.as_ref().unwrap()).1;
        assert!(id["updated_at"].is_i64() && id.get("preferred_username").is_none());
        let told = app.userinfo(&tokens.access).await.json();
        assert_eq!(told["preferred_username"], "ann");
        assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["sub", "preferred_username"]);
        let again = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
        assert!(jwt(again.id.as_ref().unwrap()).1["updated_at"].is_i64());
        assert_eq!(app.userinfo(&again.access).await.json()["preferred_username"], "ann");
    }

    async fn an_essential_claim_that_nobody_has_is_no_error(app: App) {
        let (shop, browser) = setting(&app).await;
        let asked = json!({"userinfo": {"phone_number": {"essential": true}}, "id_token": {"birthdate": {"essential": true}}});
        let tokens = tokens(&app, &shop, &browser, &asked).await;
        assert_eq!(jwt(tokens.id.as_ref().unwrap()).1.get("birthdate"), None);
        assert_eq!(app.userinfo(&tokens.access).await.json().get("phone_number"), None);
    }

    async fn a_claim_gives_nothing_of_a_scope_that_the_application_may_not_have(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.scope = Set("openid g:read".into())).await;
        let asked = json!({"userinfo": {"preferred_username": null}, "id_token": {"preferred_username": null}});
        let tokens = tokens(&app, &shop, &browser, &asked).await;
        assert_eq!(jwt(tokens.id.as_ref().unwrap()).1.get("preferred_username"), None);
        assert_eq!(app.userinfo(&tokens.access).await.json().get("preferred_username"), None);
    }

    async fn claims_beyond_the_scopes_are_shown_and_asked_although_the_scopes_were_allowed_before(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.consent = Set("remember".into())).await;
        browser.code(&shop.url("openid")).await;
        assert!(parameter(browser.get(&shop.url("openid")).await.location(), "code").is_some(), "remembered");
        let asked = json!({"userinfo": {"phone_number": null, "given_name": null}}).to_string();
        let url = authorize(&with(&shop.asks("openid"), &[("claims", &asked)]));
        let page = browser.follow(&url).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("given name, phone number"), "{}", page.body);
        browser.decide(&page, "allow").await;
        assert_eq!(browser.follow(&url).await.status, StatusCode::OK, "single claims are not remembered");
        browser.code(&shop.url("openid profile phone")).await;
        assert!(parameter(browser.get(&url).await.location(), "code").is_some(), "the scopes that show them are");
    }

    async fn only_the_person_whom_the_claim_sub_names_is_answered_for(app: App) {
        let (shop, browser) = setting(&app).await;
        let bob = app.superuser("bob").await;
        let ask = |sub: &str, prompt: &str| {
            let claims = json!({"id_token": {"sub": {"value": sub}}}).to_string();
            authorize(&with(&shop.asks("openid"), &[("claims", &claims), ("prompt", prompt)]))
        };
        let answer = browser.get(&ask(&bob.sub, "none")).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("login_required"));
        assert!(browser.get(&ask(&bob.sub, "")).await.location().starts_with("/accounts/login/"));
        let ann = jwt(shop.tokens_in(&app, &browser, "openid").await.id.as_ref().unwrap()).1["sub"].as_str().unwrap().to_owned();
        assert!(parameter(&browser.allow(&ask(&ann, "")).await, "code").is_some());
    }

    async fn the_achieved_acr_is_told_whatever_was_wished(app: App) {
        let (shop, browser) = setting(&app).await;
        for wish in [Acr::MultiFactor.name(), "urn:nobody:knows", Acr::Password.name()] {
            let request = with(&shop.asks("openid"), &[("acr_values", wish)]);
            let tokens = Tokens::of(&shop.redeem(&app, &browser.code(&authorize(&request)).await).await);
            let claims = jwt(tokens.id.as_ref().unwrap()).1;
            assert_eq!((&claims["acr"], &claims["amr"]), (&json!(Acr::Password.name()), &json!(["pwd"])), "{wish}");
        }
    }

    async fn an_essential_acr_that_cannot_be_met_is_an_error(app: App) {
        let (shop, browser) = setting(&app).await;
        let ask = |claim: Value| authorize(&with(&shop.asks("openid"), &[("claims", &json!({"id_token": {"acr": claim}}).to_string())]));
        for claim in [json!({"essential": true, "values": ["urn:nobody:knows"]}), json!({"essential": true, "value": "x"})] {
            let answer = browser.get(&ask(claim)).await;
            assert_eq!(parameter(answer.location(), "error").as_deref(), Some("unmet_authentication_requirements"));
        }
        for claim in [
            json!({"essential": true, "values": ["urn:nobody:knows", Acr::Password.name()]}),
            json!({"essential": true}),
            json!({"values": ["urn:nobody:knows"]}),
            Value::Null,
        ] {
            assert!(parameter(&browser.allow(&ask(claim.clone())).await, "code").is_some(), "{claim}");
        }
    }

    async fn default_max_age_counts_where_a_request_says_nothing(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.metadata = Set(json!({"default_max_age": 60}).to_string())).await;
        assert!(parameter(&browser.allow(&shop.url("openid")).await, "code").is_some());
        app.ctx.clock.advance(61);
        assert!(browser.get(&shop.url("openid")).await.location().starts_with("/accounts/login/"));
        let request = with(&shop.asks("openid"), &[("max_age", "600")]);
        assert!(parameter(&browser.allow(&authorize(&request)).await, "code").is_some(), "the request overrides it");
    }
}
