//! Resource indicators (RFC 8707), JWT access tokens (RFC 9068), and who may look tokens up (RFC 7662, RFC 9701).

use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use poem::http::{Method, StatusCode};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    oauth::{Client, Tokens, jwt, post},
    people::PASSWORD,
};

pub(super) const LABELS: &str = "https://labels.example/api";

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    answer.json()["error"].as_str().unwrap().to_owned()
}

/// An application that is a resource server.
pub(super) async fn labels(app: &App, format: &str) -> Client {
    app.enrol("labels", |row| {
        row.resource_identifier = Set(Some(LABELS.into()));
        row.metadata = Set(json!({"resource_identifier": LABELS, "resource_token_format": format}).to_string());
    })
    .await
}

/// A token of the client for itself, for these resources.
async fn own(app: &App, client: &Client, resources: &[&str]) -> Answer {
    let mut fields = vec![("grant_type", "client_credentials"), ("scope", "g:read r:view:part")];
    fields.extend(resources.iter().map(|resource| ("resource", *resource)));
    client.post(app, "/o/token/", &fields).await
}

async fn at_api(app: &App, token: &str) -> StatusCode {
    Actor::sending(format!("Bearer {token}")).get(app, "/api/part/").await.status
}

/// The claims of a JWT that the published keys verify.
async fn verified(app: &App, token: &str, audience: &str) -> Value {
    let (header, _) = jwt(token);
    let keys = Actor::anonymous().get(app, "/o/.well-known/jwks.json").await.text;
    let keys: JwkSet = serde_json::from_str(&keys).unwrap();
    let key = keys.find(header["kid"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(header["alg"].as_str().unwrap().parse().unwrap());
    validation.set_audience(&[audience]);
    validation.required_spec_claims.clear();
    jsonwebtoken::decode(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
}

both! {
    async fn a_token_is_for_the_api_unless_another_resource_is_asked_for(app: App) {
        labels(&app, "opaque").await;
        let shop = app.confidential("shop").await;
        for (resources, works) in [
            (&[][..], true),
            (&["http://127.0.0.1:8000/api/"], true),
            (&["http://127.0.0.1:8000/api"], true),
            (&[LABELS], false),
            (&[LABELS, "http://127.0.0.1:8000/api/"], true),
        ] {
            let tokens = Tokens::of(&own(&app, &shop, resources).await);
            let expected = if works { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(at_api(&app, &tokens.access).await, expected, "{resources:?}");
        }
        let tokens = Tokens::of(&own(&app, &shop, &[LABELS, "http://127.0.0.1:8000/api/"]).await);
        let about = shop.introspect(&app, &tokens.access).await;
        assert_eq!(about["aud"], json!([LABELS, "http://127.0.0.1:8000/api/"]));
    }

    async fn a_resource_that_is_not_there_is_an_invalid_target(app: App) {
        let labels = labels(&app, "opaque").await;
        let shop = app.confidential("shop").await;
        for unknown in [
            "https://nobody.example/",
            "https://labels.example/api/",
            "https://LABELS.example/api",
            "https://labels.example/api#x",
            "http://labels.example/api",
            "labels",
            "x",
            &format!("https://{}", "x".repeat(50_000)),
        ] {
            assert_eq!(error(&own(&app, &shop, &[unknown]).await), "invalid_target");
            assert_eq!(error(&own(&app, &shop, &[LABELS, unknown]).await), "invalid_target");
        }
        let many: Vec<&str> = vec![LABELS; 11];
        assert_eq!(error(&own(&app, &shop, &many).await), "invalid_target");
        app.change(&labels, |row| row.is_active = Set(false)).await;
        assert_eq!(error(&own(&app, &shop, &[LABELS]).await), "invalid_target", "a disabled one is none");
    }

    async fn a_refresh_may_ask_for_fewer_resources_and_never_for_others(app: App) {
        app.superuser("ann").await;
        labels(&app, "opaque").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let code = browser.code(&shop.url("openid r:view:part")).await;
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        let refresh = async |resource: &str| {
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", tokens.refresh()),
                ("resource", resource),
            ];
            shop.post(&app, "/o/token/", &fields).await
        };
        assert_eq!(error(&refresh(LABELS).await), "invalid_target");
        let again = Tokens::of(&refresh("http://127.0.0.1:8000/api/").await);
        assert_eq!(at_api(&app, &again.access).await, StatusCode::OK);
    }

    async fn a_token_for_another_resource_is_none_at_userinfo(app: App) {
        app.superuser("ann").await;
        labels(&app, "opaque").await;
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let printer = app.enrol("printer", |row| row.grant_types = Set(format!("{device} refresh_token"))).await;
        let tokens = crate::oauth::device::tokens(&app, &printer, "ann", &[("scope", "openid g:read"), ("resource", LABELS)]).await;
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(at_api(&app, &tokens.access).await, StatusCode::UNAUTHORIZED);
        // What a refresh gives is for the same.
        let more = Tokens::of(&printer.refresh(&app, tokens.refresh()).await);
        assert_eq!(app.userinfo(&more.access).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_jwt_access_token_says_what_rfc_9068_wants_and_is_revoked_like_any_other(app: App) {
        let ann = app.superuser("ann").await;
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
            let shop = app.enrol(&format!("shop{algorithm}"), |row| {
                row.algorithm = Set(algorithm.into());
                row.metadata = Set(json!({"access_token_format": "jwt"}).to_string());
            }).await;
            let tokens = shop.tokens(&app, "ann", "openid g:read r:view:part").await;
            let (header, _) = jwt(&tokens.access);
            assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!(algorithm)));
            let claims = verified(&app, &tokens.access, "http://127.0.0.1:8000/api/").await;
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!("http://127.0.0.1:8000/o"), &json!(ann.sub)));
            assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(shop.id()), &json!(tokens.scope)));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
            assert!(claims["auth_time"].is_i64() && claims["acr"].is_string() && claims["amr"] == json!(["pwd"]));
            assert!(claims["jti"].as_str().unwrap().len() >= 27 && claims.get("cnf").is_none());

            assert_eq!(at_api(&app, &tokens.access).await, StatusCode::OK);
            assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::OK);
            let about = shop.introspect(&app, &tokens.access).await;
            assert_eq!((&about["active"], &about["jti"]), (&json!(true), &claims["jti"]));
            // Neither its jti nor its row's digest is a token.
            assert_eq!(at_api(&app, claims["jti"].as_str().unwrap()).await, StatusCode::UNAUTHORIZED);
            shop.post(&app, "/o/revoke_token/", &[("token", &tokens.access)]).await;
            assert_eq!(at_api(&app, &tokens.access).await, StatusCode::UNAUTHORIZED);
            assert_eq!(shop.introspect(&app, &tokens.access).await, json!({"active": false}));
            assert_eq!(error(&shop.refresh(&app, tokens.refresh()).await), "invalid_grant");
        }
    }

    async fn an_id_token_or_a_changed_jwt_is_no_access_token(app: App) {
        app.superuser("ann").await;
        let shop = app.enrol("shop", |row| {
            row.metadata = Set(json!({"access_token_format": "jwt", "userinfo_signed_response_alg": "RS256"}).to_string());
        }).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let id = tokens.id.clone().unwrap();
        let userinfo = app.userinfo(&tokens.access).await.text;
        let parts: Vec<&str> = tokens.access.split('.').collect();
        let encode = |value: Value| {
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, value.to_string())
        };
        let unsigned = encode(json!({"typ": "at+jwt", "alg": "none"}));
        let (header, mut claims) = jwt(&tokens.access);
        claims["scope"] = "a:superuser".into();
        for forged in [
            id.clone(),
            userinfo,
            format!("{unsigned}.{}.", parts[1]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", parts[0], encode(claims), parts[2]),
            format!("{}.{}.{}", encode(json!({"typ": "JWT", "alg": "RS256", "kid": header["kid"]})), parts[1], parts[2]),
            format!("{}.{}", parts[0], parts[1]),
            format!("{}.{}", tokens.access, parts[2]),
            "...".to_owned(),
            format!("{}.x.y", "x".repeat(20_000)),
        ] {
            let status = Actor::sending(format!("Bearer {forged}")).get(&app, "/api/user/me/").await.status;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{forged}");
            assert_eq!(shop.introspect(&app, &forged).await, json!({"active": false}), "{forged}");
            assert_eq!(shop.refresh(&app, &forged).await.status, StatusCode::BAD_REQUEST);
        }
        assert_eq!(error(&shop.refresh(&app, &tokens.access).await), "invalid_grant");
    }

    async fn a_resource_server_decides_how_its_tokens_are_written_and_may_look_them_up(app: App) {
        app.superuser("ann").await;
        let labels = labels(&app, "jwt").await;
        let (shop, other) = (app.confidential("shop").await, app.confidential("other").await);
        let for_labels = Tokens::of(&own(&app, &shop, &[LABELS]).await).access;
        let for_api = Tokens::of(&own(&app, &shop, &[]).await).access;
        assert!(for_labels.starts_with("ey") && for_api.starts_with("sat_"));
        assert_eq!(verified(&app, &for_labels, LABELS).await["sub"], "client:shop");
        let about = labels.introspect(&app, &for_labels).await;
        assert_eq!((&about["active"], &about["client_id"], &about["aud"]), (&json!(true), &json!("shop"), &json!(LABELS)));
        assert_eq!(labels.introspect(&app, &for_api).await, json!({"active": false}), "not for it");
        assert_eq!(other.introspect(&app, &for_labels).await, json!({"active": false}), "not its own");
        assert_eq!(at_api(&app, &for_labels).await, StatusCode::UNAUTHORIZED);
        // Looking up is not owning.
        let answer = labels.post(&app, "/o/revoke_token/", &[("token", &for_labels)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(labels.introspect(&app, &for_labels).await["active"], true);
    }

    async fn introspection_is_signed_where_that_is_asked_for(app: App) {
        app.superuser("ann").await;
        let shop = app.enrol("shop", |row| {
            row.metadata = Set(json!({"introspection_signed_response_alg": "ES256"}).to_string());
        }).await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let ask = async |token: &str, accept: &str| {
            post(&shop.actor().with("Accept", accept), &app, "/o/introspect/", &[("token", token)]).await
        };
        let signed = "application/token-introspection+jwt";
        let answer = ask(&tokens.access, &format!("text/html, {signed};q=0.9")).await;
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), (signed, "no-store"));
        let (header, _) = jwt(&answer.text);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("token-introspection+jwt"), &json!("ES256")));
        let claims = verified(&app, &answer.text, "shop").await;
        assert_eq!((&claims["iss"], &claims["token_introspection"]["active"]), (&json!("http://127.0.0.1:8000/o"), &json!(true)));
        assert_eq!(claims["token_introspection"]["username"], "ann");
        assert!(claims.get("sub").is_none() && claims.get("exp").is_none());
        let dead = ask("sat_nonsense", signed).await;
        assert_eq!(verified(&app, &dead.text, "shop").await["token_introspection"], json!({"active": false}));
        for accept in ["application/json", "*/*", "application/jwt", ""] {
            let answer = ask("sat_nonsense", accept).await;
            assert_eq!((answer.header("content-type"), answer.text.as_str()), ("application/json", r#"{"active":false}"#));
        }
        // The signed answer is no token either.
        assert_eq!(app.userinfo(&answer.text).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn userinfo_is_signed_where_that_is_registered(app: App) {
        let ann = app.superuser("ann").await;
        let shop = app.enrol("shop", |row| {
            row.metadata = Set(json!({"userinfo_signed_response_alg": "PS256"}).to_string());
        }).await;
        let tokens = shop.tokens(&app, "ann", "openid profile").await;
        let answer = app.userinfo(&tokens.access).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/jwt"));
        let claims = verified(&app, &answer.text, "shop").await;
        assert_eq!((&claims["sub"], &claims["preferred_username"]), (&json!(ann.sub), &json!("ann")));
        assert_eq!(claims["iss"], "http://127.0.0.1:8000/o");
        let hint = format!("/o/logout/?id_token_hint={}", answer.text);
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(browser.get(&hint).await.status, StatusCode::OK, "it is no ID token, so the person is asked");
    }

    async fn introspection_names_when_and_how_the_person_logged_in(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        let about = shop.introspect(&app, &tokens.access).await;
        assert_eq!((&about["acr"], about["auth_time"].is_i64()), (&json!("urn:stockade:acr:pwd"), true));
        assert_eq!(about["jti"].as_str().unwrap().len(), 32);
        let own = Tokens::of(&own(&app, &shop, &[]).await);
        let about = shop.introspect(&app, &own.access).await;
        assert!(about.get("acr").is_none() && about.get("username").is_none());
        let get = shop.actor().send(&app, Method::GET, "/o/introspect/", None).await;
        assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
