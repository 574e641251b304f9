//! `/api/user/me/token/` and `/api/user/tokens/`: who gets a value, and whose tokens are whose.

use entities::accounts::api_token;
use poem::http::{Method, StatusCode};
use sea_orm::prelude::*;
use serde_json::json;

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::Browser,
    people::{PASSWORD, basic, cost},
    shape::shape,
};

async fn count(app: &App) -> u64 {
    api_token::Entity::find().count(app.ctx.db.reader()).await.unwrap()
}

both! {
    async fn a_login_by_password_obtains_a_token_and_the_same_name_the_same_token(app: App) {
        app.person("ann").await;
        let ann = basic("ann", PASSWORD);
        let answer = ann.get(&app, "/api/user/me/token/?name=%20script%07%20").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.headers.get("set-cookie").is_none(), "{:?}", answer.headers);
        let token = answer.json();
        assert_eq!(shape(&token), json!({"token": "string", "name": "string", "expiry": "string"}));
        assert_eq!(token["name"], "script");
        assert_eq!(ann.get(&app, "/api/user/token/?name=script").await.json(), token);
        assert_ne!(ann.get(&app, "/api/user/token/").await.json()["token"], token["token"]);
        assert_eq!(count(&app).await, 2);
        let by_token = Actor::sending(format!("Token {}", token["token"].as_str().unwrap()));
        assert_eq!(by_token.get(&app, "/api/user/me/").await.json()["username"], "ann");
    }

    async fn a_wrong_password_obtains_nothing(app: App) {
        app.person("ann").await;
        let answer = basic("ann", "wrong").get(&app, "/api/user/token/?name=x").await;
        assert_eq!(answer.pair(), (401, json!({"detail": "Invalid username/password."})));
        assert_eq!(count(&app).await, 0);
    }

    async fn no_bearer_and_no_token_turns_into_a_token_on_any_path(app: App) {
        let root = app.superuser("root").await;
        let all = stockade::scope::Scopes::all().to_string();
        let by_token = app.by_token(&root).await;
        let callers = [
            app.acting_for(&root, "g:read").await,
            app.acting_for(&root, &all).await,
            app.acting_alone(&all).await,
            by_token,
        ];
        let before = count(&app).await;
        let paths = ["user/me/token/", "user/token/", "user/me/token", "user/token", "user/me/token//", "user//token/",
            "user/me/token/?name=x", "user/token/?name=x&format=json", "user/me/../token/", "user/%6de/token/",
            "user/tokens/", "user/tokens", "user/tokens/?all_users=true"];
        for caller in callers {
            for path in paths {
                for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH] {
                    let body = json!({"name": "stolen", "token": "x"});
                    let answer = caller.call(&app, method.clone(), &format!("/api/{path}"), Some(body)).await;
                    let listing = path.starts_with("user/tokens/") && [Method::GET, Method::HEAD].contains(&method);
                    let allowed = listing || method == Method::OPTIONS;
                    assert!(allowed || !answer.status.is_success(), "{method} {path}: {}", answer.text);
                    // A whole value ends in its checksum and a date, without stars before them.
                    let shown = answer.text.split("inv-").skip(1).any(|rest| rest.bytes().take(40).all(|b| b.is_ascii_hexdigit()));
                    assert!(!shown, "{method} {path}: {}", answer.text);
                }
            }
        }
        assert_eq!(count(&app).await, before);
    }

    async fn a_browser_session_obtains_a_token(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let answer = browser.get("/api/user/me/token/?name=x").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(answer.body.contains("inv-"));
    }

    async fn a_new_token_is_shown_once(app: App) {
        app.person("ann").await;
        let ann = basic("ann", PASSWORD);
        let made = ann.post(&app, "/api/user/tokens/", json!({"name": "ci", "user": 99, "revoked": true, "token": "x"})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_eq!((&made["revoked"], &made["active"], &made["name"]), (&json!(false), &json!(true), &json!("ci")));
        let value = made["token"].as_str().unwrap().to_owned();
        let by_token = Actor::sending(format!("Token {value}"));
        let mut list = by_token.get(&app, "/api/user/tokens/").await.json();
        // Its first use is noted a moment later.
        list[0]["last_seen"] = json!(null);
        assert_eq!(shape(&list), json!([{
            "created": "string", "expiry": "string", "id": "number", "last_seen": "null", "name": "string",
            "token": "string", "active": "bool", "revoked": "bool", "user": "number",
            "user_detail": {
                "pk": "number", "username": "string", "first_name": "string", "last_name": "string", "email": "string",
            },
            "in_use": "bool",
        }]));
        assert_eq!(list[0]["in_use"], json!(true));
        let hidden = list[0]["token"].as_str().unwrap();
        assert_eq!(hidden.len(), value.len());
        assert!(hidden.starts_with(&value[..8]) && hidden.ends_with(&value[value.len() - 12..]) && hidden.contains("****"));
        assert_eq!(ann.get(&app, &format!("/api/user/tokens/{}/", made["id"])).await.json()["token"], hidden);
    }

    async fn an_expiry_is_a_day_to_come(app: App) {
        app.person("ann").await;
        let ann = basic("ann", PASSWORD);
        for bad in [json!("2001-01-01"), json!("tomorrow"), json!(5), json!(null)] {
            let answer = ann.post(&app, "/api/user/tokens/", json!({"name": "x", "expiry": bad})).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
            assert!(answer.json()["expiry"].is_array());
        }
        let today = app.ctx.clock.today();
        let made = ann.post(&app, "/api/user/tokens/", json!({"name": "x", "expiry": today})).await.json();
        let by_token = Actor::sending(format!("Token {}", made["token"].as_str().unwrap()));
        assert_eq!(by_token.get(&app, "/api/user/me/").await.status, StatusCode::OK);
        app.ctx.clock.advance(24 * 3600);
        assert_eq!(by_token.get(&app, "/api/user/me/").await.pair(), (401, json!({"detail": "Token has expired"})));
    }

    async fn nobody_touches_anothers_tokens_but_a_superuser(app: App) {
        let (ann, bob, root) = (app.person("ann").await, app.staff("bob").await, app.superuser("root").await);
        let (by_ann, by_bob, by_root) = (app.by_token(&ann).await, app.by_token(&bob).await, app.by_token(&root).await);
        let id = by_ann.get(&app, "/api/user/tokens/").await.json()[0]["id"].clone();
        let path = format!("/api/user/tokens/{id}/");
        let everybody = format!("{path}?all_users=true");
        for (caller, path) in [(&by_bob, &path), (&by_bob, &everybody), (&by_root, &path)] {
            let none = (404, json!({"detail": "No ApiToken matches the given query."}));
            assert_eq!(caller.get(&app, path).await.pair(), none);
            assert_eq!(caller.delete(&app, path, json!({})).await.pair(), none);
        }
        for list in ["/api/user/tokens/?all_users=true", "/api/user/tokens/?user=1", "/api/user/tokens/"] {
            let seen = by_bob.get(&app, list).await.json();
            assert!(seen.as_array().unwrap().iter().all(|token| token["user"] == json!(bob.id)), "{list}: {seen}");
        }
        assert_eq!(by_ann.get(&app, "/api/user/me/").await.status, StatusCode::OK);
        assert_eq!(by_root.get(&app, "/api/user/tokens/?all_users=true").await.json().as_array().unwrap().len(), 3);
        // By an application a superuser is none unless its token says so.
        let bearer = app.acting_for(&root, "g:read").await;
        assert_eq!(bearer.get(&app, "/api/user/tokens/?all_users=true").await.json().as_array().unwrap().len(), 1);
        assert_eq!(by_root.delete(&app, &everybody, json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(by_ann.get(&app, "/api/user/me/").await.pair(), (401, json!({"detail": "Token has been revoked"})));
    }

    async fn a_revoked_token_is_dead_at_once_and_its_name_is_free(app: App) {
        app.person("ann").await;
        let ann = basic("ann", PASSWORD);
        let value = ann.get(&app, "/api/user/token/?name=x").await.json()["token"].as_str().unwrap().to_owned();
        let by_token = Actor::sending(format!("Token {value}"));
        assert_eq!(by_token.get(&app, "/api/user/me/").await.status, StatusCode::OK);
        let id = ann.get(&app, "/api/user/tokens/").await.json()[0]["id"].clone();
        assert_eq!(ann.delete(&app, &format!("/api/user/tokens/{id}/"), json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(by_token.get(&app, "/api/user/me/").await.status, StatusCode::UNAUTHORIZED);
        assert_ne!(ann.get(&app, "/api/user/token/?name=x").await.json()["token"], json!(value));
    }

    async fn a_list_of_many_tokens_costs_as_much_as_one_of_few(app: App) {
        let ann = app.person("ann").await;
        let by_ann = app.by_token(&ann).await;
        let path = "/api/user/tokens/";
        let few = cost(&app, &by_ann, path).await;
        for n in 0..20 {
            stockade::accounts::api_token::create(&app.ctx, &ann, &n.to_string(), None).await.unwrap();
        }
        assert_eq!(cost(&app, &by_ann, path).await, few);
    }
}
