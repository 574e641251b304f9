//! What the authorization endpoint hands out itself, and how it travels: response types and response modes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::oauth::access_token;
use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};
use stockade::oauth::authorize::{ResponseMode, ResponseType};
use url::form_urlencoded;

use crate::support::{
    App, both,
    browser::{Answer, Browser},
    oauth::{CALLBACK, Client, Tokens, authorize, hidden, jwt, parameter, query, with},
    people::PASSWORD,
};

/// A confidential application that registered every response type, and a browser in which ann is logged in.
async fn setting(app: &App) -> (Client, Browser<'_>) {
    app.superuser("ann").await;
    let types = ResponseType::ALL.map(ResponseType::name);
    let shop = app.enrol("shop", |row| row.metadata = Set(json!({ "response_types": types }).to_string())).await;
    (shop, Browser::logged_in(app, "ann", PASSWORD).await)
}

/// A server that lets access tokens pass the browser, as far as the application registers it.
async fn with_front_channel_tokens(app: App) -> App {
    app.reconfigured(|config| config.oauth.front_channel_tokens = true).await
}

/// The parameters behind the `#`.
fn fragment(location: &str) -> Vec<(String, String)> {
    let (uri, fragment) = location.split_once('#').unwrap_or_else(|| panic!("no fragment in {location}"));
    assert_eq!(uri, CALLBACK, "the registered query is kept, and nothing is added to it");
    form_urlencoded::parse(fragment.as_bytes()).into_owned().collect()
}

fn one(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

fn names(parameters: &[(String, String)]) -> Vec<&str> {
    parameters.iter().map(|(name, _)| name.as_str()).collect()
}

fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

/// The answer in a page that posts itself.
fn posted(page: &Answer) -> Vec<&'static str> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(
        page.body.contains(&format!("method=\"post\" action=\"{}\"", CALLBACK.replace('&', "&#38;"))),
        "{}",
        page.body
    );
    let policy = page.header("content-security-policy");
    let script = page.body.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, script.as_bytes()));
    assert!(policy.contains(&format!("'sha256-{hash}'")) && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.body.contains("<button"), "it works without the script");
    let known = ["error", "error_description", "code", "id_token", "response", "state", "iss"];
    known.into_iter().filter(|name| page.hidden(name).is_some()).collect()
}

both! {
    async fn a_response_type_is_for_applications_that_registered_it(app: App) {
        let (_, browser) = setting(&app).await;
        let plain = app.confidential("plain").await;
        for (response_type, error) in [
            ("code id_token", "unauthorized_client"), ("id_token", "unauthorized_client"), ("id_token code", "unauthorized_client"),
            ("token", "unsupported_response_type"), ("id_token token", "unsupported_response_type"), ("none", "unsupported_response_type"),
        ] {
            let answer = browser.get(&authorize(&with(&plain.asks("openid"), &[("response_type", response_type)]))).await;
            let told = answer.location().replace('#', "&");
            assert_eq!(parameter(&told, "error").as_deref(), Some(error), "{response_type}");
        }
    }

    async fn an_access_token_passes_the_browser_only_where_server_and_application_both_say_so(app: App) {
        let (shop, browser) = setting(&app).await;
        let request = with(&shop.asks("openid"), &[("response_type", "id_token token")]);
        let answer = browser.get(&authorize(&request)).await;
        assert_eq!(one(&fragment(answer.location()), "error").as_deref(), Some("unsupported_response_type"));
        let app = with_front_channel_tokens(app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let told = fragment(&browser.allow(&authorize(&request)).await);
        assert_eq!(names(&told), ["access_token", "token_type", "expires_in", "scope", "id_token", "session_state", "state", "iss"]);
        let plain = app.confidential("plain").await;
        let request = with(&plain.asks("openid"), &[("response_type", "token")]);
        let answer = browser.get(&authorize(&request)).await;
        assert_eq!(one(&fragment(answer.location()), "error").as_deref(), Some("unauthorized_client"));
    }

    async fn an_id_token_by_itself_carries_the_claims_of_the_scopes(app: App) {
        let (shop, browser) = setting(&app).await;
        let request = with(&shop.asks("openid profile email"), &[("response_type", "id_token"), ("code_challenge", ""), ("code_challenge_method", "")]);
        let told = fragment(&browser.allow(&authorize(&request)).await);
        assert_eq!(names(&told), ["id_token", "session_state", "state", "iss"]);
        let claims = jwt(&one(&told, "id_token").unwrap()).1;
        assert_eq!((&claims["preferred_username"], &claims["nonce"], &claims["aud"]), (&json!("ann"), &json!("n-1"), &json!("shop")));
        assert_eq!((claims.get("at_hash"), claims.get("c_hash")), (None, None));
        assert_eq!(access_token::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 0);
    }

    async fn a_hybrid_answer_binds_the_code_to_the_id_token_and_the_code_is_redeemed_as_ever(app: App) {
        let (shop, browser) = setting(&app).await;
        let request = with(&shop.asks("openid profile"), &[("response_type", "code id_token")]);
        let told = fragment(&browser.allow(&authorize(&request)).await);
        assert_eq!(names(&told), ["code", "id_token", "session_state", "state", "iss"]);
        let code = one(&told, "code").unwrap();
        let claims = jwt(&one(&told, "id_token").unwrap()).1;
        assert_eq!(claims["c_hash"], json!(half_hash(&code)));
        assert_eq!(claims.get("preferred_username"), None, "the profile is told by userinfo");
        let tokens = Tokens::of(&shop.redeem(&app, &code).await);
        let second = jwt(tokens.id.as_ref().unwrap()).1;
        for name in ["iss", "sub", "aud", "nonce", "auth_time", "sid"] {
            assert_eq!(second[name], claims[name], "{name}");
        }
        assert_eq!(second["at_hash"], json!(half_hash(&tokens.access)));
    }

    async fn every_response_type_gives_exactly_what_it_names(app: App) {
        let (shop, _) = setting(&app).await;
        let app = with_front_channel_tokens(app).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for response_type in ResponseType::ALL {
            let request = with(&shop.asks("openid"), &[("response_type", response_type.name())]);
            let location = browser.allow(&authorize(&request)).await;
            let told = if response_type == ResponseType::Code { query(&location) } else { fragment(&location) };
            let (code, id_token, token) = (one(&told, "code"), one(&told, "id_token"), one(&told, "access_token"));
            let words: Vec<&str> = response_type.name().split(' ').collect();
            assert_eq!(code.is_some(), words.contains(&"code"), "{response_type:?}");
            assert_eq!(id_token.is_some(), words.contains(&"id_token"), "{response_type:?}");
            assert_eq!(token.is_some(), words.contains(&"token"), "{response_type:?}");
            assert_eq!(one(&told, "refresh_token"), None, "RFC 6749 section 4.2.2");
            let claims = id_token.map(|token| jwt(&token).1).unwrap_or_default();
            assert_eq!(claims.get("c_hash").cloned(), code.filter(|_| claims.is_object()).map(|code| json!(half_hash(&code))));
            assert_eq!(claims.get("at_hash").cloned(), token.clone().filter(|_| claims.is_object()).map(|token| json!(half_hash(&token))));
            if let Some(token) = token {
                assert_eq!(app.userinfo(&token).await.status, StatusCode::OK);
            }
        }
    }

    async fn an_id_token_in_front_needs_a_nonce_and_the_scope_openid(app: App) {
        let (shop, browser) = setting(&app).await;
        for change in [[("response_type", "code id_token"), ("nonce", "")], [("response_type", "id_token"), ("nonce", "")], [("response_type", "id_token"), ("scope", "g:read")]] {
            let answer = browser.get(&authorize(&with(&shop.asks("openid"), &change))).await;
            assert_eq!(one(&fragment(answer.location()), "error").as_deref(), Some("invalid_request"), "{change:?}");
        }
    }

    async fn pkce_is_required_of_every_type_with_a_code(app: App) {
        let (shop, browser) = setting(&app).await;
        let change = [("response_type", "code id_token"), ("code_challenge", ""), ("code_challenge_method", "")];
        let answer = browser.get(&authorize(&with(&shop.asks("openid"), &change))).await;
        assert_eq!(one(&fragment(answer.location()), "error").as_deref(), Some("invalid_request"));
    }

    async fn the_query_is_refused_where_a_token_is_in_the_answer_and_that_error_goes_by_fragment(app: App) {
        let (shop, browser) = setting(&app).await;
        for mode in ["query", "query.jwt"] {
            let request = with(&shop.asks("openid"), &[("response_type", "id_token"), ("response_mode", mode)]);
            let answer = browser.get(&authorize(&request)).await;
            assert_eq!(one(&fragment(answer.location()), "error").as_deref(), Some("invalid_request"), "{mode}");
        }
    }

    async fn an_error_travels_in_the_mode_that_was_asked_for(app: App) {
        let (shop, browser) = setting(&app).await;
        let bad = |mode: &'static str| with(&shop.asks("bogus"), &[("response_mode", mode)]);
        let answer = browser.get(&authorize(&bad("fragment"))).await;
        assert_eq!(names(&fragment(answer.location())), ["error", "error_description", "state", "iss"]);
        let answer = browser.get(&authorize(&bad("form_post"))).await;
        assert_eq!(posted(&answer), ["error", "error_description", "state", "iss"]);
        let silent = with(&shop.asks("openid"), &[("response_mode", "form_post"), ("prompt", "none")]);
        let answer = Browser::new(&app).await.get(&authorize(&silent)).await;
        assert_eq!(hidden(&answer, "error"), "login_required");
        let answer = browser.get(&authorize(&bad("web_message"))).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_request"));
    }

    async fn a_form_post_carries_the_code_and_the_state_byte_for_byte(app: App) {
        let (shop, browser) = setting(&app).await;
        let state = "\"><script>alert(1)</script>'&é%20+";
        let request = with(&shop.asks("openid"), &[("response_mode", "form_post"), ("state", state)]);
        let page = browser.follow(&authorize(&request)).await;
        let answer = browser.decide(&page, "allow").await;
        assert_eq!(posted(&answer), ["code", "state", "iss"]);
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
        let read = hidden(&answer, "state").replace("&#62;", ">");
        assert_eq!(read, state);
        Tokens::of(&shop.redeem(&app, &hidden(&answer, "code")).await);
        // Cancel travels the same way.
        let page = browser.follow(&authorize(&request)).await;
        assert_eq!(hidden(&browser.decide(&page, "deny").await, "error"), "access_denied");
    }

    async fn a_program_on_the_device_cannot_take_a_form(app: App) {
        let (_, browser) = setting(&app).await;
        let phone = app.enrol("phone", |row| row.redirect_uris = Set("com.example.app:/cb".into())).await;
        let change = [("redirect_uri", "com.example.app:/cb"), ("response_mode", "form_post")];
        let answer = browser.get(&authorize(&with(&phone.asks("openid"), &change))).await;
        assert_eq!(parameter(answer.location(), "error").as_deref(), Some("invalid_request"));
    }

    async fn whoever_cancelled_the_login_goes_back_by_a_click_in_every_mode(app: App) {
        app.superuser("ann").await;
        let phone = app.public("phone").await;
        let stranger = Browser::new(&app).await;
        let url = authorize(&with(&phone.asks("openid"), &[("response_mode", "form_post")]));
        let page = stranger.get(&format!("{url}&cancel=1")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(hidden(&page, "error"), "access_denied");
        assert!(!page.body.contains("<script>"), "nothing leaves by itself");
        let page = stranger.get(&format!("{}&cancel=1", phone.url("openid"))).await;
        assert!(page.body.contains("error=access_denied"));
    }

    async fn every_mode_of_the_document_is_accepted_and_no_other(app: App) {
        let (shop, browser) = setting(&app).await;
        let document: Value = crate::support::actors::Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        let listed: Vec<&str> = document["response_modes_supported"].as_array().unwrap().iter().map(|mode| mode.as_str().unwrap()).collect();
        assert_eq!(listed, ResponseMode::ALL.map(ResponseMode::name));
        for mode in listed {
            let answer = browser.follow(&authorize(&with(&shop.asks("openid"), &[("response_mode", mode)]))).await;
            assert_eq!(answer.status, StatusCode::OK, "{mode} leads to the consent");
        }
        let listed: Vec<&str> = document["response_types_supported"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        for response_type in ResponseType::ALL {
            let request = with(&shop.asks("openid"), &[("response_type", response_type.name())]);
            let accepted = browser.follow(&authorize(&request)).await.status == StatusCode::OK;
            assert_eq!(accepted, listed.contains(&response_type.name()), "{response_type:?}");
        }
    }

    async fn a_signed_answer_is_one_jwt_of_the_issuer_for_the_application(app: App) {
        let (shop, browser) = setting(&app).await;
        let shop = app.change(&shop, |row| {
            row.metadata = Set(json!({"response_types": ["code", "id_token", "code id_token"], "authorization_signed_response_alg": "ES256"}).to_string());
        }).await;
        let read = |response: &str| {
            let (header, claims) = jwt(response);
            assert_eq!(header["alg"], "ES256");
            assert_eq!((&claims["iss"], &claims["aud"], &claims["state"]), (&json!("http://127.0.0.1:8000/o"), &json!("shop"), &json!("a state")));
            let left = claims["exp"].as_i64().unwrap() - app.ctx.clock.now();
            assert!((1..=600).contains(&left), "{left}");
            claims
        };
        for (mode, response_type) in [("jwt", "code"), ("query.jwt", "code"), ("fragment.jwt", "code"), ("jwt", "code id_token"), ("jwt", "id_token")] {
            let change = [("response_mode", mode), ("response_type", response_type)];
            let location = browser.allow(&authorize(&with(&shop.asks("openid"), &change))).await;
            let told = if mode == "fragment.jwt" || response_type != "code" { fragment(&location) } else { query(&location)[1..].to_vec() };
            assert_eq!(names(&told), ["response"], "{mode}");
            let claims = read(&told[0].1);
            assert_eq!(claims.get("code").is_some(), response_type.contains("code"));
            if let Some(code) = claims["code"].as_str() {
                Tokens::of(&shop.redeem(&app, code).await);
            }
        }
        let page = browser.follow(&authorize(&with(&shop.asks("openid"), &[("response_mode", "form_post.jwt")]))).await;
        let answer = browser.decide(&page, "allow").await;
        assert_eq!(posted(&answer), ["response"]);
        assert!(read(&hidden(&answer, "response"))["code"].is_string());
        // An error is signed too.
        let answer = browser.get(&authorize(&with(&shop.asks("bogus"), &[("response_mode", "jwt")]))).await;
        let told = query(answer.location());
        assert_eq!(read(&told[1].1)["error"], "invalid_scope");
        assert!(app.ctx.signing.verify::<Value>("JWT", &told[1].1).await.unwrap().is_some(), "by a published key");
    }

    async fn every_algorithm_for_signed_answers_in_the_document_signs_one(app: App) {
        let (shop, browser) = setting(&app).await;
        let document = crate::support::actors::Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        let listed = document["authorization_signing_alg_values_supported"].as_array().unwrap().clone();
        assert!(listed.contains(&json!("RS256")) && !listed.contains(&json!("none")));
        for algorithm in listed {
            let metadata = json!({ "authorization_signed_response_alg": algorithm }).to_string();
            app.change(&shop, |row| row.metadata = Set(metadata)).await;
            let answer = browser.get(&authorize(&with(&shop.asks("bogus"), &[("response_mode", "jwt")]))).await;
            let response = parameter(answer.location(), "response").unwrap();
            assert_eq!(jwt(&response).0["alg"], algorithm);
            assert!(app.ctx.signing.verify::<Value>("JWT", &response).await.unwrap().is_some(), "{algorithm}");
        }
    }
}
