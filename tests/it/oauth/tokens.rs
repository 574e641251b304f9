//! `/o/introspect/`, `/o/revoke_token/`, `/o/userinfo/`, and who and what a token may not be taken for.

use entities::{accounts::user_profile, oauth::access_token};
use poem::http::{Method, StatusCode};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use stockade::{
    accounts::{author::Author, person},
    oauth::withdraw,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    oauth::{Client, Tokens, authorize, form, jwt, post, with},
    people::PASSWORD,
};

fn inactive() -> Value {
    json!({"active": false})
}

async fn setting(app: &App) -> (Client, Tokens) {
    app.superuser("ann").await;
    let shop = app.confidential("shop").await;
    let tokens = shop.tokens(app, "ann", "openid profile email g:read").await;
    (shop, tokens)
}

both! {
    async fn introspection_tells_a_token_to_its_own_confidential_client_only(app: App) {
        let (shop, tokens) = setting(&app).await;
        let (other, phone) = (app.confidential("other").await, app.public("phone").await);
        let about = shop.introspect(&app, &tokens.access).await;
        assert_eq!(about["active"], true);
        assert_eq!(about["scope"], "openid profile email g:read");
        assert_eq!((&about["client_id"], &about["username"]), (&json!("shop"), &json!("ann")));
        assert_eq!((&about["token_type"], &about["iss"]), (&json!("Bearer"), &json!("http://127.0.0.1:8000/o")));
        assert_eq!(about["exp"].as_i64().unwrap() - about["iat"].as_i64().unwrap(), 600);
        let refresh = shop.introspect(&app, tokens.refresh()).await;
        assert_eq!((&refresh["active"], refresh.get("token_type")), (&json!(true), None));
        for token in [&tokens.access, tokens.refresh()] {
            assert_eq!(other.introspect(&app, token).await, inactive());
        }
        for unknown in ["x", "sat_x", &tokens.access[1..], tokens.id.as_deref().unwrap(), &"x".repeat(50_000)] {
            assert_eq!(shop.introspect(&app, unknown).await, inactive());
        }
        let answer = phone.post(&app, "/o/introspect/", &[("token", &tokens.access)]).await;
        assert!(answer.status.is_client_error(), "naming oneself is no authorization");
        let answer = post(&Actor::anonymous(), &app, "/o/introspect/", &[("token", &tokens.access)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        app.ctx.clock.advance(600);
        assert_eq!(shop.introspect(&app, &tokens.access).await, inactive());
    }

    async fn revocation_works_both_ways_and_hints_do_not_matter(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        for (which, hint) in [(0, "refresh_token"), (0, ""), (1, "access_token"), (1, "nonsense")] {
            let tokens = shop.tokens(&app, "ann", "openid g:read").await;
            let more = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
            let kept = shop.tokens(&app, "ann", "openid g:read").await;
            let token = [&tokens.access, tokens.refresh()][which];
            let answer = shop.post(&app, "/o/revoke_token/", &[("token", token), ("token_type_hint", hint)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            for dead in [&tokens.access, tokens.refresh(), &more.access] {
                assert_eq!(shop.introspect(&app, dead).await, inactive());
            }
            assert_eq!(shop.introspect(&app, &kept.access).await["active"], true, "another grant stays");
            // Again, and of nothing: "the purpose of the revocation request is already achieved".
            for token in [token, "nonsense"] {
                assert_eq!(shop.post(&app, "/o/revoke_token/", &[("token", token)]).await.status, StatusCode::OK);
            }
        }
    }

    async fn nobody_revokes_a_token_of_another(app: App) {
        let (shop, tokens) = setting(&app).await;
        let (other, phone) = (app.confidential("other").await, app.public("phone").await);
        for client in [&other, &phone] {
            for token in [&tokens.access, tokens.refresh()] {
                let answer = client.post(&app, "/o/revoke_token/", &[("token", token)]).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            }
        }
        let named = [("client_id", "shop"), ("token", tokens.access.as_str())];
        assert_eq!(post(&Actor::anonymous(), &app, "/o/revoke_token/", &named).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(shop.introspect(&app, &tokens.access).await["active"], true);
        Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
    }

    async fn many_who_revoke_refresh_and_replay_one_family_at_once_do_no_harm(app: App) {
        let (shop, tokens) = setting(&app).await;
        let more = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
        let answers = futures_util::future::join_all((0..48).map(async |n| match n % 4 {
            0 => shop.post(&app, "/o/revoke_token/", &[("token", &tokens.access)]).await,
            1 => shop.post(&app, "/o/revoke_token/", &[("token", tokens.refresh())]).await,
            2 => shop.post(&app, "/o/revoke_token/", &[("token", &more.access)]).await,
            _ => shop.refresh(&app, tokens.refresh()).await,
        }))
        .await;
        assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:#?}");
        for answer in answers.iter().filter(|a| a.status == StatusCode::OK && a.text.contains("access_token")) {
            assert_eq!(shop.introspect(&app, &Tokens::of(answer).access).await, inactive(), "revocation is final");
        }
    }

    async fn userinfo_takes_a_token_by_header_or_body_and_never_twice_nor_by_the_address(app: App) {
        let (_, tokens) = setting(&app).await;
        let bearer = format!("Bearer {}", tokens.access);
        let body = form(&[("access_token", &tokens.access)]).into_bytes();
        let send = async |actor: Actor, method: Method, body: Option<Vec<u8>>| -> Answer {
            let body = body.map(|body| ("application/x-www-form-urlencoded", body));
            actor.send(&app, method, "/o/userinfo", body).await
        };
        for answer in [
            send(Actor::sending(&bearer), Method::GET, None).await,
            send(Actor::sending(&bearer), Method::POST, None).await,
            send(Actor::sending(&bearer), Method::POST, Some(Vec::new())).await,
            send(Actor::sending(format!("bearer {}", tokens.access)), Method::GET, None).await,
            send(Actor::anonymous(), Method::POST, Some(body.clone())).await,
        ] {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.json()["preferred_username"], "ann");
        }
        let twice = send(Actor::sending(&bearer), Method::POST, Some(body)).await;
        assert_eq!((twice.status, &twice.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
        let bare = Actor::anonymous().get(&app, &format!("/o/userinfo/?access_token={}", tokens.access)).await;
        assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
        assert!(!bare.header("www-authenticate").contains("error"), "no credentials, no error code");
        let bad = app.userinfo("sat_nonsense").await;
        assert_eq!(bad.status, StatusCode::UNAUTHORIZED);
        assert!(bad.header("www-authenticate").contains("error=\"invalid_token\""));
        let page = Actor::sending(&bearer).with("Origin", "https://anywhere.example").get(&app, "/o/userinfo/").await;
        assert_eq!(page.header("access-control-allow-origin"), "*");
    }

    async fn userinfo_tells_what_was_asked_and_nothing_else(app: App) {
        let ann = app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let mut profile: user_profile::ActiveModel = user_profile::Entity::find_by_id(ann.id)
            .one(app.ctx.db.reader()).await.unwrap().unwrap().into();
        profile.phone_number = Set(Some("+49301234".into()));
        profile.locality = Set(Some("Town".into()));
        profile.update(app.ctx.db.migrator()).await.unwrap();
        let of = async |scope: &str| app.userinfo(&shop.tokens(&app, "ann", scope).await.access).await;
        let only = of("openid").await;
        assert_eq!(only.json(), json!({"sub": ann.sub}));
        assert_eq!(of("openid phone").await.json()["phone_number"], "+49301234");
        assert_eq!(of("openid address").await.json()["address"]["locality"], "Town");
        assert!(of("openid profile").await.json()["updated_at"].is_number());
        let without = of("g:read profile").await;
        assert_eq!(without.status, StatusCode::FORBIDDEN);
        assert!(without.header("www-authenticate").contains("error=\"insufficient_scope\", scope=\"openid\""));
    }

    async fn an_id_token_says_who_when_and_how_and_can_be_checked_by_the_published_keys(app: App) {
        let ann = app.superuser("ann").await;
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            let shop = app.enrol(&format!("shop{algorithm}"), |row| row.algorithm = Set(algorithm.into())).await;
            let tokens = shop.tokens(&app, "ann", "openid profile").await;
            let token = tokens.id.as_deref().unwrap();
            let (header, claims) = jwt(token);
            assert_eq!(header["alg"], algorithm);
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!("http://127.0.0.1:8000/o"), &json!(shop.id())));
            assert_eq!((&claims["sub"], &claims["nonce"]), (&json!(ann.sub), &json!("n-1")));
            assert_eq!((&claims["acr"], &claims["amr"]), (&json!("urn:stockade:acr:pwd"), &json!(["pwd"])));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
            assert!(claims["auth_time"].is_i64() && claims["sid"].is_string() && claims["at_hash"].is_string());
            assert!(claims.get("name").is_none() && claims.get("email").is_none(), "who ann is belongs to userinfo");
            let keys: jsonwebtoken::jwk::JwkSet =
                serde_json::from_str(&Actor::anonymous().get(&app, "/o/.well-known/jwks.json").await.text).unwrap();
            let key = keys.find(header["kid"].as_str().unwrap()).unwrap();
            let mut validation = jsonwebtoken::Validation::new(algorithm.parse().unwrap());
            validation.set_audience(&[shop.id()]);
            let public = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
            jsonwebtoken::decode::<Value>(token, &public, &validation).unwrap();
        }
    }

    async fn one_kind_of_value_is_never_taken_for_another(app: App) {
        let (shop, tokens) = setting(&app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let code = browser.code(&shop.url("openid")).await;
        let session = browser.cookie("sessionid").unwrap();
        let api_token = {
            let ann = stockade::accounts::session::find(&app.ctx, app.ctx.db.reader(), &session).await.unwrap().unwrap();
            stockade::accounts::api_token::obtain(&app.ctx, &ann.user, "x").await.unwrap().value
        };
        let secret = shop.secret.clone().unwrap();
        let (id, access, refresh) = (tokens.id.clone().unwrap(), tokens.access.clone(), tokens.refresh().to_owned());
        let values = [&code, &access, &refresh, &id, &session, &api_token, &secret];
        for value in values {
            if *value != access {
                assert_eq!(app.userinfo(value).await.status, StatusCode::UNAUTHORIZED, "as an access token");
            }
            if *value != refresh {
                assert_eq!(shop.refresh(&app, value).await.json()["error"], "invalid_grant", "as a refresh token");
            }
            if *value != code {
                assert_eq!(shop.redeem(&app, value).await.json()["error"], "invalid_grant", "as a code");
            }
            if *value != secret {
                let actor = Actor::sending(crate::support::oauth::basic("shop", value));
                let answer = post(&actor, &app, "/o/token/", &[("grant_type", "client_credentials")]).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "as a secret");
            }
            if *value != session {
                let other = Browser::new(&app).await;
                other.plant("sessionid", value);
                assert!(other.get(&shop.url("openid")).await.location().starts_with("/accounts/login/"), "as a session");
            }
            if *value != id {
                let hinted = with(&shop.asks("openid"), &[("id_token_hint", value)]);
                assert!(browser.get(&authorize(&hinted)).await.location().contains("error=invalid_request"), "as a hint");
            }
            if *value != access && *value != refresh {
                assert_eq!(shop.introspect(&app, value).await, inactive());
            }
        }
        Tokens::of(&shop.redeem(&app, &code).await);
    }

    async fn who_is_disabled_deleted_or_changed_has_nothing_that_works(app: App) {
        let operator = Author::operator();
        app.superuser("root").await;
        for case in ["inactive", "deleted", "password", "client disabled", "grant revoked"] {
            let name = case.replace(' ', "-");
            let ann = app.superuser(&name).await;
            let shop = app.confidential(&format!("shop-{name}")).await;
            let phone = app.public(&format!("phone-{name}")).await;
            let browser = Browser::logged_in(&app, &name, PASSWORD).await;
            let code = browser.code(&shop.url("openid g:read")).await;
            let tokens = shop.tokens_in(&app, &browser, "openid g:read").await;
            let mobile = phone.tokens_in(&app, &browser, "openid g:read").await;
            app.ctx.clock.advance(2);
            let at_api = async |token: &str| {
                Actor::sending(format!("Bearer {token}")).get(&app, "/api/user/me/").await.status
            };
            for token in [&tokens.access, &mobile.access] {
                assert_eq!(at_api(token).await, StatusCode::OK, "{case}: before");
            }
            match case {
                "inactive" => {
                    let change = person::Change { is_active: Some(false), ..Default::default() };
                    person::update(&app.ctx, &operator, ann.id, change).await.unwrap();
                }
                "deleted" => person::delete(&app.ctx, &operator, ann.id).await.unwrap(),
                "password" => {
                    person::set_password(&app.ctx, &operator, ann.id, "another long password", false).await.unwrap();
                }
                "client disabled" => {
                    app.change(&shop, |row| row.is_active = Set(false)).await;
                    app.change(&phone, |row| row.is_active = Set(false)).await;
                }
                _ => {
                    let now = app.ctx.clock.now();
                    for id in [shop.row.id, phone.row.id] {
                        app.ctx.db.write(|tx| async move {
                            withdraw::from_person(&tx, ann.id, id, now).await
                        }).await.unwrap();
                    }
                }
            }
            for token in [&tokens.access, &mobile.access] {
                assert_eq!(app.userinfo(token).await.status, StatusCode::UNAUTHORIZED, "{case}: userinfo");
                assert_eq!(at_api(token).await, StatusCode::UNAUTHORIZED, "{case}: api");
            }
            let refused = ["invalid_grant", "invalid_client"];
            for answer in [
                shop.redeem(&app, &code).await,
                shop.refresh(&app, tokens.refresh()).await,
                phone.refresh(&app, mobile.refresh()).await,
            ] {
                assert!(refused.contains(&answer.json()["error"].as_str().unwrap()), "{case}: {}", answer.text);
            }
            if case != "client disabled" {
                assert_eq!(shop.introspect(&app, &tokens.access).await, inactive(), "{case}");
                assert_eq!(shop.introspect(&app, tokens.refresh()).await, inactive(), "{case}");
                let own = shop.post(&app, "/o/token/", &[("grant_type", "client_credentials")]).await;
                Tokens::of(&own);
            }
            if !["client disabled", "grant revoked"].contains(&case) {
                assert!(browser.get(&shop.url("openid")).await.location().starts_with("/accounts/login/"), "{case}");
            }
        }
    }

    async fn a_disabled_application_that_is_enabled_again_has_what_it_had(app: App) {
        let (shop, tokens) = setting(&app).await;
        let off = app.change(&shop, |row| row.is_active = Set(false)).await;
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        app.change(&off, |row| row.is_active = Set(true)).await;
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::OK);
        let rows = access_token::Entity::find().filter(access_token::Column::ApplicationId.eq(shop.row.id));
        assert_eq!(rows.all(app.ctx.db.reader()).await.unwrap().len(), 1);
    }
}
