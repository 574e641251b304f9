//! `/o/par/`: pushed authorization requests (RFC 9126).

use entities::oauth::pushed_request;
use poem::http::{Method, StatusCode};
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    keys::Key,
    oauth::{CALLBACK, Client, Tokens, VERIFIER, authorize, hidden, parameter, post, query, with},
    people::PASSWORD,
};

async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    (app.confidential("shop").await, Browser::logged_in(app, "ann", PASSWORD).await)
}

/// Pushes a request.
async fn push(app: &App, client: &Client, parameters: &[(&str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let fields: Vec<(&str, &str)> =
        fields.into_iter().filter(|(name, _)| client.secret.is_some() || *name != "client_id").collect();
    client.post(app, "/o/par/", &fields).await
}

/// The `request_uri` of a good request.
async fn pushed(app: &App, client: &Client, parameters: &[(&str, String)]) -> String {
    let answer = push(app, client, parameters).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

/// The address that refers to a request.
fn refer(client: &Client, request_uri: &str) -> String {
    authorize(&[("client_id", client.id().into()), ("request_uri", request_uri.into())])
}

/// Whether it ends on a page that says so.
async fn is_gone(browser: &Browser<'_>, url: &str) -> bool {
    let answer = browser.follow(url).await;
    answer.status == StatusCode::BAD_REQUEST && answer.body.contains("request_uri")
}

both! {
    async fn a_pushed_request_is_answered_201_and_works_like_one_in_the_address(app: App) {
        let (shop, browser) = setting(&app).await;
        let answer = push(&app, &shop, &shop.asks("openid profile")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::CREATED, "no-store"));
        let json = answer.json();
        assert_eq!(json["expires_in"], 60);
        let request_uri = json["request_uri"].as_str().unwrap();
        let random = request_uri.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
        assert!(random.len() >= 32);
        let location = browser.allow(&refer(&shop, request_uri)).await;
        assert_eq!(parameter(&location, "state").as_deref(), Some("a state"));
        let tokens = Tokens::of(&shop.redeem(&app, &parameter(&location, "code").unwrap()).await);
        assert_eq!(tokens.scope, "openid profile");
    }

    async fn only_what_was_pushed_counts(app: App) {
        let (shop, browser) = setting(&app).await;
        let request_uri = pushed(&app, &shop, &shop.asks("openid")).await;
        let more = [
            ("scope", "openid profile g:read"), ("state", "other"), ("redirect_uri", "https://evil.example/"),
            ("response_mode", "fragment"), ("prompt", "none"), ("code_challenge", ""),
        ];
        let mut request = vec![("client_id", shop.id().to_owned()), ("request_uri", request_uri)];
        request.extend(more.map(|(name, value)| (name, value.to_owned())));
        let location = browser.allow(&authorize(&request)).await;
        assert!(location.starts_with(&format!("{CALLBACK}&code=")), "{location}");
        assert_eq!(parameter(&location, "state").as_deref(), Some("a state"));
        let tokens = Tokens::of(&shop.redeem(&app, &parameter(&location, "code").unwrap()).await);
        assert_eq!(tokens.scope, "openid");
    }

    async fn a_request_uri_is_spent_by_its_answer_and_not_by_looking_at_it(app: App) {
        let (shop, _) = setting(&app).await;
        let request_uri = pushed(&app, &shop, &shop.asks("openid")).await;
        let url = refer(&shop, &request_uri);
        let browser = Browser::new(&app).await;
        let login = browser.get(&url).await.location().to_owned();
        assert!(login.starts_with("/accounts/login/?next="), "{login}");
        let page = browser.get(&login).await;
        assert!(page.body.contains("The shop"), "the login names who waits");
        assert!(page.header("content-security-policy").contains("https://app.example"), "and lets its form end there");
        // It takes a while to find the password.
        app.ctx.clock.advance(300);
        browser.log_in("ann", PASSWORD).await;
        let page = browser.follow(&url).await;
        assert_eq!(browser.follow(&url).await.status, StatusCode::OK, "the page may be loaded again");
        let location = browser.decide(&page, "allow").await.location().to_owned();
        assert!(parameter(&location, "code").is_some(), "{location}");
        assert!(is_gone(&browser, &url).await, "once is enough");
    }

    async fn of_two_consents_to_one_request_one_is_answered(app: App) {
        let (shop, browser) = setting(&app).await;
        let url = refer(&shop, &pushed(&app, &shop, &shop.asks("openid")).await);
        let page = browser.follow(&url).await;
        let answers = futures_util::future::join_all((0..8).map(|_| browser.decide(&page, "allow"))).await;
        let given = answers.iter().filter(|answer| answer.location().starts_with(CALLBACK)).count();
        assert_eq!(given, 1);
    }

    async fn cancel_spends_it_too(app: App) {
        let (shop, browser) = setting(&app).await;
        let url = refer(&shop, &pushed(&app, &shop, &shop.asks("openid")).await);
        let page = browser.follow(&url).await;
        let location = browser.decide(&page, "deny").await.location().to_owned();
        assert_eq!(parameter(&location, "error").as_deref(), Some("access_denied"));
        assert!(is_gone(&browser, &url).await);
    }

    async fn a_request_uri_lives_for_a_minute_and_for_its_own_application(app: App) {
        let (shop, browser) = setting(&app).await;
        let other = app.confidential("other").await;
        let request_uri = pushed(&app, &shop, &shop.asks("openid")).await;
        assert!(is_gone(&browser, &refer(&other, &request_uri)).await, "another's");
        assert!(is_gone(&browser, &refer(&shop, &format!("{request_uri}x"))).await, "none of ours");
        assert!(is_gone(&browser, &refer(&shop, "urn:ietf:params:oauth:request_uri:")).await);
        app.ctx.clock.advance(61);
        assert!(is_gone(&browser, &refer(&shop, &request_uri)).await, "too old");
        let opened = refer(&shop, &pushed(&app, &shop, &shop.asks("openid")).await);
        browser.follow(&opened).await;
        app.ctx.clock.advance(601);
        assert!(is_gone(&browser, &opened).await, "nobody takes that long");
    }

    async fn what_would_be_refused_at_the_authorization_endpoint_is_refused_at_once(app: App) {
        let (shop, _) = setting(&app).await;
        let good = shop.asks("openid");
        for (change, error) in [
            (("response_type", ""), "invalid_request"),
            (("response_type", "token"), "unsupported_response_type"),
            (("response_type", "id_token"), "unauthorized_client"),
            (("redirect_uri", "https://evil.example/"), "invalid_request"),
            (("redirect_uri", ""), "invalid_request"),
            (("scope", "bogus"), "invalid_scope"),
            (("code_challenge", ""), "invalid_request"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("response_mode", "nonsense"), "invalid_request"),
            (("prompt", "none login"), "invalid_request"),
            (("claims", "[]"), "invalid_request"),
            (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
            (("request_uri", "https://app.example/r"), "invalid_request"),
        ] {
            let answer = push(&app, &shop, &with(&good, &[change])).await;
            assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (StatusCode::BAD_REQUEST, error), "{change:?}");
        }
        let mut twice = good.clone();
        twice.push(("state", "b".into()));
        assert_eq!(push(&app, &shop, &twice).await.json()["error"], "invalid_request");
        assert_eq!(pushed_request::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 0, "nothing is kept of it");
    }

    async fn an_application_proves_itself_as_at_the_token_endpoint(app: App) {
        let (shop, browser) = setting(&app).await;
        let request = shop.asks("openid");
        let fields: Vec<(&str, &str)> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = post(&Actor::anonymous(), &app, "/o/par/", &fields).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
        let wrong = Actor::sending(crate::support::oauth::basic("shop", "wrong"));
        let answer = post(&wrong, &app, "/o/par/", &fields).await;
        assert!(answer.status == StatusCode::UNAUTHORIZED && answer.header("www-authenticate").starts_with("Basic"));
        // By the body; and the secret is not kept.
        let mut by_body = fields.clone();
        by_body.push(("client_secret", shop.secret.as_deref().unwrap()));
        let answer = post(&Actor::anonymous(), &app, "/o/par/", &by_body).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let row = pushed_request::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert!(!row.parameters.contains("client_secret") && !row.parameters.contains(shop.secret.as_deref().unwrap()));
        // A public one names itself.
        let phone = app.public("phone").await;
        let url = refer(&phone, &pushed(&app, &phone, &phone.asks("openid")).await);
        assert!(parameter(&browser.allow(&url).await, "code").is_some());
    }

    async fn where_pushing_is_required_nothing_else_is_accepted(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| row.metadata = Set(json!({"require_pushed_authorization_requests": true}).to_string())).await;
        let answer = browser.get(&shop.url("openid")).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_request"));
        let url = refer(&shop, &pushed(&app, &shop, &shop.asks("openid")).await);
        assert!(parameter(&browser.allow(&url).await, "code").is_some());
        let app = app.reconfigured(|config| config.oauth.require_pushed_authorization_requests = true).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let plain = app.confidential("plain").await;
        let answer = browser.get(&plain.url("openid")).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_request"));
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert_eq!(document["require_pushed_authorization_requests"], true);
    }

    async fn a_silent_request_may_be_pushed(app: App) {
        let (shop, browser) = setting(&app).await;
        let silent = with(&shop.asks("openid"), &[("prompt", "none"), ("response_mode", "form_post")]);
        let answer = browser.get(&refer(&shop, &pushed(&app, &shop, &silent).await)).await;
        assert_eq!(hidden(&answer, "error"), "consent_required");
    }

    async fn the_endpoint_takes_forms_of_a_reasonable_size_by_post(app: App) {
        let (shop, _) = setting(&app).await;
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = shop.actor().send(&app, method.clone(), "/o/par/", None).await;
            assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"), "{method}");
        }
        let huge = Some(("application/x-www-form-urlencoded", vec![b'a'; 70_000]));
        let answer = shop.actor().send(&app, Method::POST, "/o/par/", huge).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("invalid_request")));
        let answer = shop.actor().send(&app, Method::POST, "/o/par", Some(("application/json", b"{}".to_vec()))).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn no_other_kind_of_value_is_a_request_uri_and_a_request_uri_is_no_other_kind(app: App) {
        let (shop, browser) = setting(&app).await;
        let tokens = shop.tokens_in(&app, &browser, "openid offline_access").await;
        let code = browser.code(&shop.url("openid")).await;
        for value in [&code, &tokens.access, tokens.refresh()] {
            assert!(is_gone(&browser, &refer(&shop, &format!("urn:ietf:params:oauth:request_uri:{value}"))).await);
        }
        let request_uri = pushed(&app, &shop, &shop.asks("openid")).await;
        let value = request_uri.rsplit(':').next().unwrap();
        assert_eq!(shop.redeem(&app, value).await.json()["error"], "invalid_grant");
        assert_eq!(shop.refresh(&app, value).await.json()["error"], "invalid_grant");
        assert_eq!(shop.introspect(&app, value).await, json!({"active": false}));
        assert!(query(&browser.allow(&refer(&shop, &request_uri)).await).iter().any(|(name, _)| name == "code"));
    }
}

both! {
    async fn a_proof_at_par_binds_the_code_to_its_key(app: App) {
        app.superuser("ann").await;
        let key = Key::es256();
        let shop = app.with_metadata("shop", json!({"dpop_bound_access_tokens": true})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let request = shop.asks("openid");
        let fields: Vec<(&str, &str)> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let nonce = app.nonce().await;
        let proof = |path: &str, key: &Key| key.proof(&app, (&Method::POST, path), &nonce, json!({}));
        let pushed = post(&shop.actor().with("DPoP", proof("/o/par/", &key)), &app, "/o/par/", &fields).await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
        let code = browser.code(&refer(&shop, pushed.json()["request_uri"].as_str().unwrap())).await;
        let redeem = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        let other = shop.actor().with("DPoP", proof("/o/token/", &Key::es256()));
        assert_eq!(post(&other, &app, "/o/token/", &redeem).await.json()["error"], "invalid_grant");
        let answer = post(&shop.actor().with("DPoP", proof("/o/token/", &key)), &app, "/o/token/", &redeem).await;
        assert_eq!((answer.status, &answer.json()["token_type"]), (StatusCode::OK, &json!("DPoP")), "{}", answer.text);
        // A key that is named and another that is proved.
        let jkt = Key::es256().jkt();
        let mut two = fields.clone();
        two.push(("dpop_jkt", &jkt));
        let answer = post(&shop.actor().with("DPoP", proof("/o/par/", &key)), &app, "/o/par/", &two).await;
        assert_eq!(answer.json()["error"], "invalid_dpop_proof");
        let mut malformed = fields.clone();
        malformed.push(("dpop_jkt", "short"));
        assert_eq!(post(&shop.actor(), &app, "/o/par/", &malformed).await.json()["error"], "invalid_request");
    }

    async fn the_profile_fapi_2_means_pushed_requests_pkce_and_the_code_alone(app: App) {
        app.superuser("ann").await;
        let key = Key::es256();
        let metadata = json!({
            "profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(), "dpop_bound_access_tokens": true,
            "response_types": ["code", "code id_token"],
        });
        let shop = app.with_metadata("shop", metadata).await;
        let shop = app.change(&shop, |row| row.require_pkce = Set(false)).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(parameter(browser.get(&shop.url("openid")).await.location(), "error").as_deref(), Some("invalid_request"));
        let push = async |change: &[(&str, &str)]| {
            let assertion = key.assertion(&app, "shop", json!({}));
            let mut fields = with(&shop.asks("openid"), change);
            fields.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into()));
            fields.push(("client_assertion", assertion));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            post(&Actor::anonymous(), &app, "/o/par/", &fields).await
        };
        assert_eq!(push(&[("response_type", "code id_token")]).await.json()["error"], "unauthorized_client");
        assert_eq!(push(&[("code_challenge", ""), ("code_challenge_method", "")]).await.json()["error"], "invalid_request");
        let answer = push(&[]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let code = browser.code(&refer(&shop, answer.json()["request_uri"].as_str().unwrap())).await;
        let nonce = app.nonce().await;
        let assertion = key.assertion(&app, "shop", json!({}));
        let fields = [
            ("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", &assertion),
        ];
        let proof = key.proof(&app, (&Method::POST, "/o/token/"), &nonce, json!({}));
        let answer = post(&Actor::anonymous().with("DPoP", proof), &app, "/o/token/", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let row = pushed_request::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert!(!row.parameters.contains("client_assertion"), "credentials are not kept");
    }
}
