//! The API as a protected resource: where it says who guards it (RFC 9728), and what takes a recent login (RFC 9470).

use std::collections::BTreeSet;

use poem::http::Method;
use serde_json::json;
use stockade::scope::Scopes;

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::Browser,
    people::{PASSWORD, basic},
};

const SITE: &str = "http://127.0.0.1:8000";

/// On a server where a login is recent for ten minutes.
async fn impatient(app: App) -> App {
    app.reconfigured(|config| config.session.recent_seconds = 600).await
}

/// A person's browser, as the API meets it.
fn session(browser: &Browser<'_>) -> Actor {
    let cookie = |name| browser.cookie(name).unwrap_or_default();
    let (session, csrf) = (cookie("sessionid"), cookie("csrftoken"));
    Actor::anonymous()
        .with("Cookie", format!("sessionid={session}; csrftoken={csrf}"))
        .with("X-CSRFToken", csrf)
        .with("Origin", SITE)
}

both! {
    async fn the_metadata_of_the_api_name_its_issuer_and_every_scope(app: App) {
        for (path, resource) in [("", SITE.to_owned()), ("/api", format!("{SITE}/api"))] {
            let answer = Actor::anonymous().get(&app, &format!("/.well-known/oauth-protected-resource{path}")).await;
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let document = answer.json();
            assert_eq!(document["resource"], json!(resource), "RFC 9728 section 3.3");
            assert_eq!(document["authorization_servers"], json!([format!("{SITE}/o")]));
            assert_eq!(document["bearer_methods_supported"], json!(["header"]));
            let told = document["scopes_supported"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap());
            let all = Scopes::all().to_string();
            assert_eq!(told.collect::<BTreeSet<_>>(), all.split(' ').collect());
            let refused = Actor::anonymous().call(&app, Method::POST, &format!("/.well-known/oauth-protected-resource{path}"), None).await;
            assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"));
        }
    }

    async fn every_challenge_of_the_api_tells_where_its_metadata_are(app: App) {
        let user = app.superuser("ann").await;
        let shop = app.application("shop", &Scopes::all().to_string()).await;
        let narrow = app.bearer(&shop, &user, "g:read").await;
        for (actor, path, status) in [
            (Actor::anonymous(), "/api/part/", 401),
            (Actor::sending("Bearer x"), "/api/part/", 401),
            (Actor::sending("Token x"), "/api/part/", 401),
            (Actor::sending("Nonsense"), "/api/user/me/", 401),
            (narrow, "/api/part/", 403),
        ] {
            let answer = actor.get(&app, path).await;
            assert_eq!(answer.status, status);
            let told = format!("resource_metadata=\"{SITE}/.well-known/oauth-protected-resource/api\"");
            let challenges = answer.all("www-authenticate");
            let bearer = challenges.iter().find(|text| text.starts_with("Bearer ")).unwrap();
            assert!(bearer.ends_with(&told), "{challenges:?}");
        }
    }

    async fn what_gives_power_away_takes_a_recent_login(app: App) {
        let app = impatient(app).await;
        let root = app.superuser("root").await;
        let ann = app.person("ann").await;
        let shop = app.application("shop", &Scopes::all().to_string()).await;
        let group = app.group("viewers", &[]).await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        let bearer = app.bearer(&shop, &root, &Scopes::all().to_string()).await;
        let itself = app.itself(&shop, &Scopes::all().to_string()).await;
        let token = app.by_token(&root).await;
        let operations = [
            (Method::PATCH, format!("/api/user/{}/", ann.id), json!({ "is_superuser": true })),
            (Method::PATCH, format!("/api/user/{}/", ann.id), json!({ "is_superuser": false, "group_ids": [group.id] })),
            (Method::PATCH, format!("/api/user/group/{}/", group.id), json!({ "name": "viewers" })),
        ];
        for (age, by_login) in [(0, 200), (601, 401)] {
            app.ctx.clock.advance(age);
            for (method, path, body) in &operations {
                let old = session(&browser);
                for (actor, status) in [(&old, by_login), (&bearer, by_login), (&token, 200), (&basic("root", PASSWORD), 200)] {
                    let answer = actor.call(&app, method.clone(), path, Some(body.clone())).await;
                    assert_eq!(answer.status, status, "{method} {path} after {age} s: {}", answer.text);
                    if status == 401 {
                        let challenge = answer.header("www-authenticate");
                        assert!(challenge.contains("error=\"insufficient_user_authentication\"") && challenge.contains("max_age=\"600\""), "{challenge}");
                    }
                }
            }
        }
        // What gives nothing away goes on, and an application of its own has no login that could be old.
        let plain = json!({ "first_name": "Ann" });
        let path = format!("/api/user/{}/", ann.id);
        assert_eq!(session(&browser).patch(&app, &path, plain.clone()).await.status, 200);
        assert_ne!(itself.patch(&app, &format!("/api/user/group/{}/", group.id), json!({ "name": "viewers" })).await.status, 401);
        assert_eq!(session(&browser).get(&app, &format!("/api/user/group/{}/", group.id)).await.status, 200);
        browser.log_in("root", PASSWORD).await;
        for (method, path, body) in &operations {
            let answer = session(&browser).call(&app, method.clone(), path, Some(body.clone())).await;
            assert_eq!(answer.status, 200, "after another login");
        }
    }

    async fn who_may_not_is_told_that_and_not_to_log_in_again(app: App) {
        let app = impatient(app).await;
        app.person("ann").await;
        let group = app.group("viewers", &[]).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        app.ctx.clock.advance(601);
        let answer = session(&browser).patch(&app, &format!("/api/user/group/{}/", group.id), json!({ "name": "x" })).await;
        assert_eq!(answer.status, 403);
    }
}
