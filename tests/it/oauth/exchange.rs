//! Token exchange (RFC 8693): by permission, never wider, never longer, and gone with what it came from.

use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;
use serde_json::json;
use stockade::{
    accounts::{author::Author, group::Rules, person},
    scope::Role,
};

use super::resource::{LABELS, labels};
use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    oauth::{Client, Tokens, jwt},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    answer.json()["error"].as_str().unwrap().to_owned()
}

/// A service that may exchange the tokens of some applications.
async fn service(app: &App, client_id: &str, subjects: &[&str]) -> Client {
    app.enrol(client_id, |row| {
        row.grant_types = Set(format!("{GRANT} client_credentials"));
        row.metadata = Set(json!({"token_exchange_subjects": subjects}).to_string());
    })
    .await
}

async fn exchange(app: &App, client: &Client, token: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name || *name == "resource");
        fields.push((name, value));
    }
    client.post(app, "/o/token/", &fields).await
}

async fn at_api(app: &App, token: &str) -> StatusCode {
    Actor::sending(format!("Bearer {token}")).get(app, "/api/user/me/").await.status
}

both! {
    async fn a_service_acts_in_the_name_of_the_person_who_called_it(app: App) {
        let ann = app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read r:view:part").await;
        let answer = exchange(&app, &service, &tokens.access, &[("scope", "g:read")]).await;
        let given = Tokens::of(&answer);
        assert_eq!((&answer.json()["issued_token_type"], given.scope.as_str()), (&json!(ACCESS_TOKEN), "g:read"));
        assert!(given.refresh.is_none() && given.id.is_none());
        let me = Actor::sending(format!("Bearer {}", given.access)).get(&app, "/api/user/me/").await;
        assert_eq!(me.json()["username"], "ann");
        let about = service.introspect(&app, &given.access).await;
        assert_eq!((&about["client_id"], &about["sub"]), (&json!("service"), &json!(ann.sub)));
        assert_eq!(about["act"], json!({"sub": "client:service", "client_id": "service"}));
        assert_eq!(shop.introspect(&app, &given.access).await, json!({"active": false}), "it is the service's own");
    }

    async fn nobody_exchanges_without_explicit_permission(app: App) {
        app.superuser("ann").await;
        let (shop, other) = (app.confidential("shop").await, app.confidential("other").await);
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let others = other.tokens(&app, "ann", "openid g:read").await;
        assert_eq!(error(&exchange(&app, &shop, &tokens.access, &[]).await), "unauthorized_client");
        assert_eq!(error(&exchange(&app, &service, &others.access, &[]).await), "invalid_request");
        let own = Tokens::of(&shop.post(&app, "/o/token/", &[("grant_type", "client_credentials")]).await);
        assert_eq!(error(&exchange(&app, &service, &own.access, &[]).await), "invalid_request", "no person's");
        let public = app.change(&service, |row| row.client_type = Set("public".into())).await;
        let public = Client { secret: None, ..public };
        assert_eq!(error(&exchange(&app, &public, &tokens.access, &[]).await), "unauthorized_client");
    }

    async fn what_is_given_is_never_wider(app: App) {
        let ann = app.person("ann").await;
        let group = app.group("readers", &[(Role::Part, Rules { view: true, change: true, ..Rules::default() })]).await;
        app.join(&ann, &[&group]).await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read r:view:part offline_access").await;
        for wider in ["r:change:part", "g:read r:change:part", "a:superuser", "openid profile"] {
            assert_eq!(error(&exchange(&app, &service, &tokens.access, &[("scope", wider)]).await), "invalid_scope");
        }
        let all = Tokens::of(&exchange(&app, &service, &tokens.access, &[]).await);
        assert_eq!(all.scope, "openid g:read r:view:part", "never offline");
        let narrow = app.change(&service, |row| row.scope = Set("g:read".into())).await;
        assert_eq!(Tokens::of(&exchange(&app, &narrow, &tokens.access, &[]).await).scope, "g:read");
        assert_eq!(error(&exchange(&app, &narrow, &tokens.access, &[("scope", "r:view:part")]).await), "invalid_scope");
        app.join(&ann, &[]).await;
        app.change(&narrow, |row| row.scope = Set("r:view:part".into())).await;
        assert_eq!(error(&exchange(&app, &service, &tokens.access, &[]).await), "invalid_scope", "the right is gone");
    }

    async fn what_is_given_never_lives_longer(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let service = app.change(&service, |row| row.access_token_lifetime = Set(86_400)).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        app.ctx.clock.advance(500);
        let answer = exchange(&app, &service, &tokens.access, &[]).await;
        let left = answer.json()["expires_in"].as_i64().unwrap();
        assert!((90..=100).contains(&left), "{left}");
        let given = Tokens::of(&answer);
        assert_eq!(at_api(&app, &given.access).await, StatusCode::OK);
        app.ctx.clock.advance(100);
        assert_eq!(at_api(&app, &given.access).await, StatusCode::UNAUTHORIZED);
        assert_eq!(error(&exchange(&app, &service, &tokens.access, &[]).await), "invalid_request");
    }

    async fn what_is_given_dies_with_what_it_came_from_and_not_the_other_way_round(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let (first, second) = (service(&app, "first", &["shop"]).await, service(&app, "second", &["first"]).await);
        let revoke = async |client: &Client, token: &str| {
            let answer = client.post(&app, "/o/revoke_token/", &[("token", token)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        };
        for by in ["access", "refresh", "secret"] {
            let tokens = shop.tokens(&app, "ann", "openid g:read").await;
            let one = Tokens::of(&exchange(&app, &first, &tokens.access, &[]).await).access;
            let two = Tokens::of(&exchange(&app, &second, &one, &[]).await).access;
            let again = Tokens::of(&exchange(&app, &second, &one, &[]).await).access;
            revoke(&second, &two).await;
            assert_eq!(at_api(&app, &two).await, StatusCode::UNAUTHORIZED);
            for alive in [&tokens.access, &one, &again] {
                assert_eq!(at_api(&app, alive).await, StatusCode::OK, "a service ends nothing but its own");
            }
            match by {
                "access" => revoke(&shop, &tokens.access).await,
                "refresh" => revoke(&shop, tokens.refresh()).await,
                _ => drop(stockade::oauth::application::new_secret(&app.ctx, shop.row.id, 3600).await.unwrap()),
            }
            if by == "secret" {
                let id = shop.row.id;
                app.ctx.db.write(|tx| async move { stockade::oauth::withdraw::access_tokens(&tx, id).await }).await.unwrap();
            }
            for dead in [&tokens.access, &one, &again] {
                assert_eq!(at_api(&app, dead).await, StatusCode::UNAUTHORIZED, "{by}");
            }
            assert_eq!(error(&exchange(&app, &first, &tokens.access, &[]).await), "invalid_request");
        }
    }

    async fn the_chain_of_those_who_act_is_told_and_has_an_end(app: App) {
        let ann = app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop", "service"]).await;
        let service = app.change(&service, |row| {
            row.metadata = Set(json!({"token_exchange_subjects": ["shop", "service"], "access_token_format": "jwt"}).to_string());
        }).await;
        let mut token = shop.tokens(&app, "ann", "openid g:read").await.access;
        for depth in 1..=5 {
            token = Tokens::of(&exchange(&app, &service, &token, &[]).await).access;
            let (header, claims) = jwt(&token);
            assert_eq!((&header["typ"], &claims["sub"]), (&json!("at+jwt"), &json!(ann.sub)));
            let count = std::iter::successors(claims.get("act"), |act| act.get("act")).count();
            assert_eq!(count, depth);
        }
        assert_eq!(error(&exchange(&app, &service, &token, &[]).await), "invalid_request");
    }

    async fn an_actor_is_proved_by_a_token_of_the_client_itself(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let own = Tokens::of(&service.post(&app, "/o/token/", &[("grant_type", "client_credentials")]).await);
        let with = [("actor_token", own.access.as_str()), ("actor_token_type", ACCESS_TOKEN)];
        let given = Tokens::of(&exchange(&app, &service, &tokens.access, &with).await);
        assert_eq!(service.introspect(&app, &given.access).await["act"]["sub"], "client:service");
        for bad in [
            &[("actor_token", own.access.as_str())][..],
            &[("actor_token_type", ACCESS_TOKEN)],
            &[("actor_token", &tokens.access), ("actor_token_type", ACCESS_TOKEN)],
            &[("actor_token", "sat_x"), ("actor_token_type", ACCESS_TOKEN)],
            &[("actor_token", &own.access), ("actor_token_type", "urn:ietf:params:oauth:token-type:id_token")],
        ] {
            assert_eq!(error(&exchange(&app, &service, &tokens.access, bad).await), "invalid_request", "{bad:?}");
        }
    }

    async fn only_access_tokens_go_in_and_come_out(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let id = tokens.id.clone().unwrap();
        let kind = |name: &str| format!("urn:ietf:params:oauth:token-type:{name}");
        for (token, more) in [
            (id.as_str(), vec![]),
            (&id, vec![("subject_token_type", kind("id_token"))]),
            (tokens.refresh(), vec![]),
            (tokens.refresh(), vec![("subject_token_type", kind("refresh_token"))]),
            (&tokens.access, vec![("subject_token_type", kind("jwt"))]),
            (&tokens.access, vec![("subject_token_type", String::new())]),
            (&tokens.access, vec![("requested_token_type", kind("refresh_token"))]),
            (&tokens.access, vec![("requested_token_type", kind("id_token"))]),
            ("", vec![]),
        ] {
            let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(error(&exchange(&app, &service, token, &more).await), "invalid_request", "{more:?}");
        }
        let answer = exchange(&app, &service, &tokens.access, &[("requested_token_type", &kind("jwt"))]).await;
        assert_eq!(answer.json()["issued_token_type"], kind("jwt"));
        assert!(Tokens::of(&answer).access.starts_with("ey"));
    }

    async fn the_target_is_one_that_there_is(app: App) {
        app.superuser("ann").await;
        labels(&app, "opaque").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        for name in ["resource", "audience"] {
            let answer = exchange(&app, &service, &tokens.access, &[(name, "https://nobody.example/")]).await;
            assert_eq!(error(&answer), "invalid_target");
            let given = Tokens::of(&exchange(&app, &service, &tokens.access, &[(name, LABELS)]).await);
            assert_eq!(at_api(&app, &given.access).await, StatusCode::UNAUTHORIZED);
            assert_eq!(service.introspect(&app, &given.access).await["aud"], LABELS);
        }
    }

    async fn a_person_who_is_disabled_is_exchanged_for_nothing(app: App) {
        let ann = app.superuser("ann").await;
        app.superuser("root").await;
        let shop = app.confidential("shop").await;
        let service = service(&app, "service", &["shop"]).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let given = Tokens::of(&exchange(&app, &service, &tokens.access, &[]).await);
        let change = person::Change { is_active: Some(false), ..Default::default() };
        person::update(&app.ctx, &Author::operator(), ann.id, change).await.unwrap();
        assert_eq!(at_api(&app, &given.access).await, StatusCode::UNAUTHORIZED);
        assert_eq!(error(&exchange(&app, &service, &tokens.access, &[]).await), "invalid_request");
    }
}
