//! `sub`: public, or pairwise by sector, and the same wherever it is told.

use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::support::{
    App, both,
    browser::Browser,
    oauth::{Client, authorize, jwt, with},
    people::PASSWORD,
};

async fn pairwise(app: &App, client_id: &str, redirect: &str) -> Client {
    let redirect = format!("https://app.example/cb?keep=1\n{redirect}");
    app.enrol(client_id, |row| {
        row.metadata =
            Set(json!({"subject_type": "pairwise", "sector_identifier_uri": redirect.lines().nth(1)}).to_string());
        row.redirect_uris = Set(redirect.clone());
    })
    .await
}

both! {
    async fn a_sector_has_its_own_name_for_a_person_and_tells_it_everywhere(app: App) {
        let ann = app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let mut subs = Vec::new();
        for (client_id, sector) in [("a1", "https://a.example/x"), ("a2", "https://a.example/y"), ("b", "https://b.example/")] {
            let client = pairwise(&app, client_id, sector).await;
            let tokens = client.tokens_in(&app, &browser, "openid profile").await;
            let sub = jwt(tokens.id.as_ref().unwrap()).1["sub"].as_str().unwrap().to_owned();
            assert_eq!(app.userinfo(&tokens.access).await.json()["sub"], sub);
            assert_eq!(client.introspect(&app, &tokens.access).await["sub"], sub);
            assert_eq!(client.introspect(&app, tokens.refresh()).await["sub"], sub);
            let again = client.tokens_in(&app, &browser, "openid").await;
            assert_eq!(jwt(again.id.as_ref().unwrap()).1["sub"], sub, "stable");
            // As a hint it means the same person.
            let hinted = with(&client.asks("openid"), &[("id_token_hint", tokens.id.as_ref().unwrap())]);
            browser.code(&authorize(&hinted)).await;
            subs.push(sub);
        }
        assert_eq!(subs[0], subs[1]);
        assert_ne!(subs[0], subs[2]);
        assert!(!subs.contains(&ann.sub) && subs.iter().all(|sub| !sub.contains(&ann.sub)));
        let public = app.confidential("public").await.tokens_in(&app, &browser, "openid").await;
        assert_eq!(jwt(public.id.as_ref().unwrap()).1["sub"], ann.sub);
    }
}
