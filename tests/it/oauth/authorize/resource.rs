//! Resource indicators at the authorization endpoint (RFC 8707).

use entities::oauth::grant;
use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::json;

use crate::support::{
    App, both,
    browser::Browser,
    oauth::{Client, Tokens, authorize, parameter, with},
    people::PASSWORD,
};

const API: &str = "http://127.0.0.1:8000/api/";
const OTHER: &str = "https://files.example/";

async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    app.enrol("files", |row| row.resource_identifier = Set(Some(OTHER.into()))).await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

fn ask(shop: &Client, resources: &[&str]) -> String {
    let mut request = shop.asks("openid g:read");
    request.extend(resources.iter().map(|resource| ("resource", (*resource).to_owned())));
    authorize(&request)
}

both! {
    async fn a_resource_that_nobody_registered_is_an_invalid_target(app: App) {
        let (shop, browser) = setting(&app).await;
        for bad in ["https://nobody.example/", "/api/", "not a uri", "https://files.example/#x", "https://files.example", "https://FILES.example/", "files"] {
            for resources in [&[bad][..], &[API, bad]] {
                let answer = browser.get(&ask(&shop, resources)).await;
                assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_target"), "{resources:?}");
            }
        }
    }

    async fn a_grant_keeps_every_resource_and_a_token_is_for_those_that_are_asked_for(app: App) {
        let (shop, browser) = setting(&app).await;
        let code = browser.code(&ask(&shop, &[API, OTHER, OTHER])).await;
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        let row = grant::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert_eq!(row.resources.lines().collect::<Vec<_>>(), [API, OTHER]);
        assert_eq!(shop.introspect(&app, &tokens.access).await["aud"], json!([API, OTHER]));
        let narrowed = shop.post(&app, "/o/token/", &[("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("resource", API)]).await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.text);
        let wider = shop.post(&app, "/o/token/", &[("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("resource", "https://nobody.example/")]).await;
        assert_eq!(wider.json()["error"], "invalid_target");
    }

    async fn another_resource_server_is_named_and_asked_for_although_the_scopes_are_remembered(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.consent = Set("remember".into())).await;
        browser.code(&ask(&shop, &[])).await;
        assert!(parameter(browser.get(&ask(&shop, &[API])).await.location(), "code").is_some(), "the API is what it was for");
        let page = browser.follow(&ask(&shop, &[OTHER])).await;
        assert!(page.status == StatusCode::OK && page.body.contains("The files"), "{}", page.body);
        let silent = authorize(&with(&shop.asks("openid g:read"), &[("resource", OTHER), ("prompt", "none")]));
        assert_eq!(parameter(browser.get(&silent).await.location(), "error").as_deref(), Some("consent_required"));
    }
}
