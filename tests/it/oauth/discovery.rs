//! Metadata and keys: true to what the endpoints do.

use std::collections::BTreeSet;

use poem::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::Browser,
    oauth::{Tokens, authorize, jwt, parameter, with},
    people::PASSWORD,
};

const PLACES: [&str; 3] = [
    "/o/.well-known/openid-configuration",
    "/o/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/o",
];

async fn document(app: &App) -> Value {
    Actor::anonymous().get(app, PLACES[0]).await.json()
}

fn list(document: &Value, name: &str) -> Vec<String> {
    document[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name}"))
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

both! {
    async fn the_document_is_the_same_wherever_a_client_looks_and_every_script_may_read_it(app: App) {
        let expected = document(&app).await;
        assert_eq!(expected["issuer"], "http://127.0.0.1:8000/o");
        for place in PLACES {
            for place in [place.to_owned(), format!("{place}/")] {
                let answer = Actor::anonymous().with("Origin", "https://anywhere.example").get(&app, &place).await;
                assert_eq!(answer.status, StatusCode::OK, "{place}");
                assert_eq!(answer.header("content-type"), "application/json");
                assert_eq!(answer.header("access-control-allow-origin"), "*");
                assert_eq!(answer.json(), expected, "{place}");
            }
        }
        // Whatever `Host` says.
        let other = Actor::anonymous().with("Host", "evil.example").with("X-Forwarded-Host", "evil.example");
        assert_eq!(other.get(&app, PLACES[0]).await.json(), expected);
    }

    async fn the_document_holds_what_is_required_and_nothing_empty(app: App) {
        let document = document(&app).await;
        for (name, value) in document.as_object().unwrap() {
            assert!(!value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()), "{name}");
        }
        assert_eq!(list(&document, "code_challenge_methods_supported"), ["S256"]);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert!(list(&document, "id_token_signing_alg_values_supported").contains(&"RS256".to_owned()));
        assert!(!document.to_string().contains("\"password\",\"refresh") && !list(&document, "grant_types_supported").contains(&"password".into()));
        assert!(!list(&document, "id_token_signing_alg_values_supported").iter().any(|alg| alg == "none" || alg.starts_with("HS")));
        assert!(list(&document, "response_types_supported").iter().all(|it| it.split(' ').all(|word| word != "token")), "RFC 9700 section 2.1.2");
        for name in document.as_object().unwrap().keys().filter(|name| name.ends_with("_endpoint") || *name == "jwks_uri") {
            assert!(document[name].as_str().unwrap().starts_with("http://127.0.0.1:8000/o/"), "{name}");
        }
        let parsed: Result<openidconnect::core::CoreProviderMetadata, _> = serde_json::from_value(document);
        parsed.expect("readable by the openidconnect crate");
    }

    async fn every_listed_endpoint_is_there(app: App) {
        let document = document(&app).await;
        for (name, url) in document.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let path = url.as_str().unwrap().strip_prefix("http://127.0.0.1:8000").unwrap();
                let answer = Actor::anonymous().get(&app, path).await;
                assert_ne!(answer.status, StatusCode::NOT_FOUND, "{name}");
            }
        }
    }

    async fn what_the_lists_say_is_what_the_endpoints_accept(app: App) {
        let document = document(&app).await;
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let error = async |change: &[(&str, &str)]| {
            let answer = browser.get(&authorize(&with(&shop.asks("openid"), change))).await;
            answer.location().starts_with("https://").then(|| parameter(answer.location(), "error")).flatten()
        };
        for scope in list(&document, "scopes_supported") {
            assert_eq!(error(&[("scope", &scope)]).await, None, "{scope}");
        }
        for prompt in list(&document, "prompt_values_supported") {
            assert_ne!(error(&[("prompt", &prompt)]).await.as_deref(), Some("invalid_request"), "{prompt}");
        }
        for response_type in list(&document, "response_types_supported") {
            assert_eq!(error(&[("response_type", &response_type)]).await, None);
        }
        for mode in list(&document, "response_modes_supported") {
            assert_eq!(error(&[("response_mode", &mode)]).await, None);
        }
        for grant in list(&document, "grant_types_supported") {
            let answer = shop.post(&app, "/o/token/", &[("grant_type", &grant)]).await;
            assert!(!answer.text.contains("unsupported_grant_type"), "{grant}");
        }
        let tokens = shop.tokens_in(&app, &browser, "openid profile email address phone").await;
        let claims = list(&document, "claims_supported");
        let told = app.userinfo(&tokens.access).await.json();
        let signed = jwt(tokens.id.as_ref().unwrap()).1;
        for name in told.as_object().unwrap().keys().chain(signed.as_object().unwrap().keys()) {
            assert!(claims.contains(name), "{name}");
        }
        assert!(list(&document, "acr_values_supported").contains(&signed["acr"].as_str().unwrap().to_owned()));
    }

    async fn the_key_set_holds_public_keys_of_every_advertised_algorithm(app: App) {
        let document = document(&app).await;
        let answer = Actor::anonymous().with("Origin", "https://x.example").get(&app, "/o/.well-known/jwks.json").await;
        assert!(answer.header("cache-control").contains("max-age="));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let set = answer.json();
        let keys = set["keys"].as_array().unwrap();
        let mut kids = BTreeSet::new();
        for key in keys {
            assert!(kids.insert(key["kid"].as_str().unwrap()), "distinct key ids");
            assert_eq!(key["use"], "sig");
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert_eq!(key.get(private), None, "{private}");
            }
        }
        let algorithms: BTreeSet<_> = keys.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect();
        assert_eq!(algorithms, list(&document, "id_token_signing_alg_values_supported").into_iter().collect());
    }

    async fn a_rotation_breaks_nobody(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let kid = |tokens: &Tokens| jwt(tokens.id.as_ref().unwrap()).0["kid"].clone();
        let published = async || {
            let set = Actor::anonymous().get(&app, "/o/.well-known/jwks.json").await.json();
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<Value>>()
        };
        let first = kid(&shop.tokens_in(&app, &browser, "openid").await);
        app.ctx.signing.rotate(false).await.unwrap();
        let keys = published().await;
        assert_eq!(keys.len(), 2 * stockade::signing::ALGORITHMS.len(), "published before they sign");
        assert_eq!(kid(&shop.tokens_in(&app, &browser, "openid").await), first);
        app.ctx.clock.advance(3601);
        let second = kid(&shop.tokens_in(&app, &browser, "openid").await);
        assert!(second != first && keys.contains(&second) && published().await.contains(&first));
        app.ctx.clock.advance(3 * 24 * 3600);
        assert!(!published().await.contains(&first));
        assert_eq!(published().await.len(), stockade::signing::ALGORITHMS.len());
    }

    async fn the_answer_names_the_issuer_of_the_document(app: App) {
        let issuer = document(&app).await["issuer"].clone();
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(json!(parameter(&browser.allow(&shop.url("openid")).await, "iss")), issuer);
        let tokens = shop.tokens_in(&app, &browser, "openid").await;
        assert_eq!(jwt(tokens.id.as_ref().unwrap()).1["iss"], issuer);
    }
}
