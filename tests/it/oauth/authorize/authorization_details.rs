//! Rich authorization requests (RFC 9396): what they say, who may ask, what is granted, and that it is real.

use entities::oauth::grant;
use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, oauth::authorization_details::TYPES, scope::Role};

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::Browser,
    oauth::{Client, Tokens, authorize, parameter, with},
    people::PASSWORD,
};

/// An application that registered the type.
async fn shop(app: &App) -> Client {
    app.enrol("shop", |row| row.metadata = Set(json!({"authorization_details_types": TYPES}).to_string())).await
}

fn inventory(actions: &[&str], datatypes: &[&str]) -> Value {
    json!({"type": "inventory", "actions": actions, "datatypes": datatypes})
}

fn ask(shop: &Client, details: &Value) -> String {
    authorize(&with(&shop.asks("openid"), &[("authorization_details", &details.to_string())]))
}

both! {
    async fn what_does_not_fit_a_type_that_the_application_registered_is_refused(app: App) {
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let shop = shop(&app).await;
        let good = inventory(&["view"], &["part"]);
        for bad in [
            json!({}), json!([]), json!([1]), json!([{}]), json!([{"type": "unknown"}]), json!([{"type": 1}]),
            json!([inventory(&[], &["part"])]), json!([inventory(&["view"], &[])]), json!([inventory(&["eat"], &["part"])]),
            json!([inventory(&["view"], &["secrets"])]), json!([{"type": "inventory"}]), json!([good, {"type": "payment_initiation"}]),
            json!([{"type": "inventory", "actions": ["view"], "datatypes": ["part"], "more": 1}]),
            json!([{"type": "inventory", "actions": "view", "datatypes": ["part"]}]),
            json!([{"type": "inventory", "actions": ["view"], "datatypes": ["part"], "locations": ["https://evil.example/"]}]),
            Value::Array(vec![good.clone(); 51]),
        ] {
            let answer = browser.get(&ask(&shop, &bad)).await;
            assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_authorization_details"), "{bad}");
        }
        let answer = browser.get(&authorize(&with(&shop.asks("openid"), &[("authorization_details", "{")]))).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_authorization_details"));
        let plain = app.confidential("plain").await;
        let answer = browser.get(&ask(&plain, &json!([good]))).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_authorization_details"), "not registered");
        let narrow = app.change(&shop, |row| row.scope = Set("openid r:view:stock".into())).await;
        let answer = browser.get(&ask(&narrow, &json!([good]))).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_authorization_details"), "more than it may have");
    }

    async fn details_are_shown_in_words_and_asked_every_time_unless_scopes_say_the_same(app: App) {
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let shop = shop(&app).await;
        let shop = app.change(&shop, |row| row.consent = Set("remember".into())).await;
        let url = ask(&shop, &json!([inventory(&["view", "change"], &["part"])]));
        for _ in 0..2 {
            let page = browser.follow(&url).await;
            assert!(page.body.contains("View and change parts"), "{}", page.body);
            browser.decide(&page, "allow").await;
        }
        browser.code(&shop.url("openid r:view:part r:change:part")).await;
        assert!(parameter(browser.get(&url).await.location(), "code").is_some());
    }

    async fn what_is_granted_is_within_the_persons_rights_and_kept_with_the_grant(app: App) {
        let bob = app.person("bob").await;
        let rules = Rules { view: true, add: false, change: false, delete: false };
        let viewers = app.group("viewers", &[(Role::Part, rules)]).await;
        app.join(&bob, &[&viewers]).await;
        let browser = Browser::logged_in(&app, "bob", PASSWORD).await;
        let shop = shop(&app).await;
        let details = json!([inventory(&["view", "delete"], &["part", "stock"])]);
        let code = browser.code(&ask(&shop, &details)).await;
        let answer = shop.redeem(&app, &code).await;
        let row = grant::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        let kept: Value = serde_json::from_str(&row.authorization_details).unwrap();
        assert_eq!(kept, json!([{"type": "inventory", "locations": ["http://127.0.0.1:8000/api/"], "actions": ["view"], "datatypes": ["part"]}]));
        // Section 7: "the AS MUST also return the authorization details as granted".
        assert_eq!(answer.json()["authorization_details"], kept);
        let access = Tokens::of(&answer).access;
        assert_eq!(shop.introspect(&app, &access).await["authorization_details"], kept);
        let nothing = authorize(&with(&shop.asks("r:view:stock"), &[("authorization_details", &json!([inventory(&["view"], &["stock"])]).to_string())]));
        assert_eq!(parameter(browser.get(&nothing).await.location(), "error").as_deref(), Some("access_denied"));
    }

    async fn a_detail_is_worth_what_its_scopes_are_worth_at_the_api_and_no_more(app: App) {
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let shop = shop(&app).await;
        let tokens = Tokens::of(&shop.redeem(&app, &browser.code(&ask(&shop, &json!([inventory(&["view"], &["part"])]))).await).await);
        assert_eq!(tokens.scope, "openid", "details are no scopes");
        let bearer = Actor::sending(format!("Bearer {}", tokens.access));
        assert_eq!(bearer.get(&app, "/api/part/").await.status, StatusCode::OK);
        assert_eq!(bearer.post(&app, "/api/part/", json!({"name": "x"})).await.status, StatusCode::FORBIDDEN);
        let again = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
        assert_eq!(Actor::sending(format!("Bearer {}", again.access)).get(&app, "/api/part/").await.status, StatusCode::OK);
        let plain = Tokens::of(&shop.redeem(&app, &browser.code(&shop.url("openid")).await).await);
        assert_eq!(Actor::sending(format!("Bearer {}", plain.access)).get(&app, "/api/part/").await.status, StatusCode::FORBIDDEN);
    }

    async fn every_type_of_the_document_is_accepted(app: App) {
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let shop = shop(&app).await;
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert_eq!(document["authorization_details_types_supported"], json!(["inventory"]));
        assert_eq!(browser.follow(&ask(&shop, &json!([inventory(&["view"], &["part"])]))).await.status, StatusCode::OK);
    }
}
