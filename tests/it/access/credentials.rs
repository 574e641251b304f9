//! Password, API token, session: chosen by the shape of the credential, never falling through.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::http::{Method, StatusCode};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use stockade::{
    accounts::{
        api_token,
        author::Author,
        group::Rules,
        person::{self, Change},
        session::{self, Origin},
    },
    scope::Role,
};

use crate::support::{App, actors::Actor, both, people::PASSWORD};

const PARTS: &str = "/api/part/";
const CSRF: &str = "0123456789abcdef0123456789abcdef";

fn basic(username: &str, password: &str) -> Actor {
    Actor::sending(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}

/// The value of a new session's cookie.
async fn session_of(app: &App, user: &entities::accounts::user::Model) -> String {
    let (ctx, user) = (app.ctx.clone(), user.clone());
    let begun =
        app.ctx.db.write(|tx| async move { session::begin(&ctx, &tx, &user, None, "pwd", Origin::default()).await });
    begun.await.unwrap()
}

fn riding(session: &str) -> Actor {
    Actor::anonymous().with("Cookie", format!("sessionid={session}; csrftoken={CSRF}"))
}

both! {
    async fn without_a_credential_it_is_401_with_challenges_but_no_password_window(app: App) {
        for (method, path) in [
            (Method::GET, PARTS), (Method::POST, PARTS), (Method::OPTIONS, PARTS), (Method::PUT, PARTS),
            (Method::GET, "/api/part/999/"), (Method::GET, "/api/nope/"), (Method::DELETE, "/api/nope"),
            (Method::GET, "/api/part/?access_token=x&token=y"),
        ] {
            let answer = Actor::anonymous().call(&app, method.clone(), path, None).await;
            assert_eq!(answer.pair(), (401, json!({ "detail": "Authentication credentials were not provided." })), "{method} {path}");
            let told = answer.all("www-authenticate").into_iter().map(|text| text.split(", resource_metadata=").next());
            assert!(told.flatten().eq(["Token", "Bearer realm=\"api\""]));
        }
    }

    async fn a_password_a_token_and_a_session_are_the_same_person(app: App) {
        let user = app.superuser("ann").await;
        let token = app.by_token(&user).await;
        let session = riding(&session_of(&app, &user).await);
        for actor in [basic("ann", PASSWORD), token, session] {
            assert_eq!(actor.get(&app, PARTS).await.status, 200);
        }
    }

    async fn a_query_string_is_no_place_for_a_token(app: App) {
        let user = app.superuser("ann").await;
        let value = api_token::obtain(&app.ctx, &user, "t").await.unwrap().value;
        for name in ["access_token", "token", "api_key", "Authorization"] {
            let answer = Actor::anonymous().get(&app, &format!("{PARTS}?{name}={value}")).await;
            assert_eq!(answer.status, 401);
        }
    }

    async fn a_bad_credential_never_falls_through_to_a_good_one(app: App) {
        let user = app.superuser("ann").await;
        let good = riding(&session_of(&app, &user).await).with("X-CSRFToken", CSRF);
        let token = api_token::obtain(&app.ctx, &user, "t").await.unwrap().value;
        assert_eq!(good.get(&app, PARTS).await.status, 200);
        for (value, detail) in [
            ("Bearer x", "Invalid token."),
            ("Bearer", "Invalid token."),
            ("bearer ", "Invalid token."),
            ("Token x", "Invalid token."),
            ("Token inv-0123456789abcdef0123456789abcdef01234567-20260101", "Invalid token."),
            ("Basic x", "Invalid basic header. Credentials not correctly base64 encoded."),
            ("Basic YW5u", "Invalid basic header. Credentials not correctly base64 encoded."),
            ("Basic YW5uOndyb25n", "Invalid username/password."),
            ("Digest x", "The authentication scheme is not supported."),
            ("", "The authentication scheme is not supported."),
            (&token, "The authentication scheme is not supported."),
            (&format!("Bearer {token}"), "Invalid token."),
            ("Negotiate", "The authentication scheme is not supported."),
        ] {
            let answer = good.clone().with("Authorization", value).get(&app, PARTS).await;
            assert_eq!(answer.pair(), (401, json!({ "detail": detail })), "{value:?}");
        }
    }

    async fn two_authorization_headers_are_none(app: App) {
        let user = app.superuser("ann").await;
        let value = format!("Token {}", api_token::obtain(&app.ctx, &user, "t").await.unwrap().value);
        let answer = Actor::sending(value.clone()).with("Authorization", value.clone()).get(&app, PARTS).await;
        assert_eq!(answer.status, 401);
        let answer = Actor::sending("Bearer x").with("Authorization", value).get(&app, PARTS).await;
        assert_eq!(answer.status, 401);
    }

    async fn the_scheme_may_be_written_in_any_case(app: App) {
        let user = app.superuser("ann").await;
        let value = api_token::obtain(&app.ctx, &user, "t").await.unwrap().value;
        for scheme in ["token", "TOKEN", "Token "] {
            assert_eq!(Actor::sending(format!("{scheme} {value}")).get(&app, PARTS).await.status, 200);
        }
    }

    async fn a_session_changes_something_only_with_the_form_token_of_our_own_pages(app: App) {
        let user = app.superuser("ann").await;
        let value = session_of(&app, &user).await;
        let riding = riding(&value);
        assert_eq!(riding.get(&app, PARTS).await.status, 200);
        for actor in [
            riding.clone(),
            riding.clone().with("X-CSRFToken", "0123456789abcdef0123456789abcdeX"),
            riding.clone().with("X-CSRFToken", ""),
            riding.clone().with("X-CSRFToken", CSRF).with("Origin", "https://evil.example"),
            riding.clone().with("X-CSRFToken", CSRF).with("Origin", "null"),
            riding.clone().with("X-CSRFToken", CSRF).with("Referer", "https://evil.example/x"),
            Actor::anonymous().with("Cookie", format!("sessionid={value}")).with("X-CSRFToken", CSRF),
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let answer = actor.call(&app, method, PARTS, Some(json!({ "name": "p" }))).await;
                assert_eq!(answer.status, 403, "{actor:?}");
                assert!(answer.json()["detail"].as_str().unwrap().starts_with("CSRF Failed: "), "{}", answer.text);
            }
        }
        let ours = riding.with("X-CSRFToken", CSRF).with("Origin", "http://127.0.0.1:8000");
        assert_eq!(ours.post(&app, PARTS, json!({ "name": "p" })).await.status, 201);
    }

    async fn a_revoked_or_expired_token_ends_at_once(app: App) {
        let user = app.superuser("ann").await;
        let issued = api_token::obtain(&app.ctx, &user, "t").await.unwrap();
        let actor = Actor::sending(format!("Token {}", issued.value));
        assert_eq!(actor.get(&app, PARTS).await.status, 200);
        api_token::revoke(&app.ctx, Some(user.id), issued.token.id).await.unwrap();
        assert_eq!(actor.get(&app, PARTS).await.pair(), (401, json!({ "detail": "Token has been revoked" })));
        let issued = api_token::obtain(&app.ctx, &user, "t").await.unwrap();
        let actor = Actor::sending(format!("Token {}", issued.value));
        assert_eq!(actor.get(&app, PARTS).await.status, 200);
        app.ctx.clock.advance(366 * 24 * 3600);
        assert_eq!(actor.get(&app, PARTS).await.pair(), (401, json!({ "detail": "Token has expired" })));
    }

    async fn a_deactivated_person_and_a_withdrawn_role_count_at_once(app: App) {
        let user = app.person("bob").await;
        let group = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        app.join(&user, &[&group]).await;
        let (token, password) = (app.by_token(&user).await, basic("bob", PASSWORD));
        let session = riding(&session_of(&app, &user).await);
        for actor in [&token, &password, &session] {
            assert_eq!(actor.get(&app, PARTS).await.status, 200);
        }
        app.join(&user, &[]).await;
        for actor in [&token, &password, &session] {
            assert_eq!(actor.get(&app, PARTS).await.pair(), (403, json!({
                "detail": "You do not have permission to perform this action.",
            })));
        }
        app.join(&user, &[&group]).await;
        let change = Change { is_active: Some(false), ..Change::default() };
        person::update(&app.ctx, &Author::operator(), user.id, change).await.unwrap();
        for actor in [&token, &password, &session] {
            assert_eq!(actor.get(&app, PARTS).await.status, 401);
        }
    }

    async fn a_cached_principal_lives_less_than_a_second(app: App) {
        let user = app.person("bob").await;
        let group = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        app.join(&user, &[&group]).await;
        let token = app.by_token(&user).await;
        assert_eq!(token.get(&app, PARTS).await.status, 200);
        // As another node would: this process is not told.
        let elsewhere = app.ctx.db.migrator();
        elsewhere.execute_unprepared("DELETE FROM membership").await.unwrap();
        app.ctx.clock.advance(1);
        assert_eq!(token.get(&app, PARTS).await.status, 403);
    }

    async fn a_denied_role_has_no_bearer_challenge(app: App) {
        let user = app.person("bob").await;
        let answer = app.by_token(&user).await.get(&app, PARTS).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.all("www-authenticate").is_empty());
    }

    async fn the_wrong_method_of_a_reader_is_refused_before_the_object_is_looked_up(app: App) {
        let user = app.person("bob").await;
        let group = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        app.join(&user, &[&group]).await;
        let bob = app.by_token(&user).await;
        assert_eq!(bob.patch(&app, "/api/part/999/", json!({ "name": 1 })).await.status, 403);
        assert_eq!(bob.post(&app, PARTS, json!({})).await.status, 403);
        assert_eq!(bob.delete(&app, "/api/part/999/", json!({})).await.status, 403);
        assert_eq!(bob.get(&app, "/api/part/999/").await.status, 404);
    }
}
