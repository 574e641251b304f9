//! The keys that sign.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};
use stockade::{clock::Rng, ctx::Ctx, secret::ServerKey, signing::ALGORITHMS};

use crate::support::{App, both};

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// Verifies as a client does that fetched the key set at some time.
fn client_accepts(set: &JwkSet, token: &str) -> bool {
    let header = jsonwebtoken::decode_header(token).unwrap();
    let Some(jwk) = set.find(&header.kid.unwrap()) else { return false };
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).is_ok()
}

async fn signed(app: &App, algorithm: Algorithm) -> String {
    app.ctx.signing.sign(algorithm, "JWT", &json!({"sub": "x"})).await.unwrap()
}

/// A second instance, or this one after a restart.
fn another(app: &App, key: [u8; 32]) -> Ctx {
    Ctx::new(app.ctx.config.clone(), app.ctx.db.clone(), ServerKey::new(&key), app.ctx.clock.clone(), Rng).unwrap()
}

both! {
    async fn every_algorithm_signs_what_the_published_keys_verify(app: App) {
        let set = app.ctx.signing.jwks().await.unwrap();
        assert_eq!(set.keys.len(), ALGORITHMS.len());
        for algorithm in ALGORITHMS {
            assert!(client_accepts(&set, &signed(&app, algorithm).await), "{algorithm:?}");
        }
    }

    async fn only_the_public_half_is_published(app: App) {
        let set = serde_json::to_value(app.ctx.signing.jwks().await.unwrap()).unwrap();
        for key in set["keys"].as_array().unwrap() {
            let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            let expected: &[&str] = match key["kty"].as_str().unwrap() {
                "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
                "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
                "OKP" => &["alg", "crv", "kid", "kty", "use", "x"],
                other => panic!("{other}"),
            };
            assert_eq!(members, expected);
            assert_eq!(key["use"], "sig");
        }
    }

    async fn a_rotated_key_is_published_before_it_signs_and_breaks_no_client(app: App) {
        let old_set = app.ctx.signing.jwks().await.unwrap();
        let old_token = signed(&app, Algorithm::RS256).await;
        let made = app.ctx.signing.rotate(false).await.unwrap();

        // A client that keeps the old set for an hour meets no key that it does not know.
        assert_eq!(kid(&signed(&app, Algorithm::RS256).await), kid(&old_token));
        let new_set = app.ctx.signing.jwks().await.unwrap();
        assert!(made.iter().all(|kid| new_set.find(kid).is_some() && old_set.find(kid).is_none()));

        app.ctx.clock.advance(3601);
        let new_token = signed(&app, Algorithm::RS256).await;
        assert!(made.contains(&kid(&new_token)));
        assert!(client_accepts(&new_set, &new_token) && client_accepts(&new_set, &old_token));

        // What the old key signed a moment before it retired lives for a day at most.
        app.ctx.clock.advance(24 * 3600);
        assert!(client_accepts(&app.ctx.signing.jwks().await.unwrap(), &old_token));
        app.ctx.clock.advance(24 * 3600);
        let last = app.ctx.signing.jwks().await.unwrap();
        assert!(!client_accepts(&last, &old_token) && client_accepts(&last, &new_token));
    }

    async fn a_key_that_somebody_may_know_is_replaced_at_once(app: App) {
        let before = kid(&signed(&app, Algorithm::ES256).await);
        app.ctx.signing.rotate(true).await.unwrap();
        assert_ne!(kid(&signed(&app, Algorithm::ES256).await), before);
    }

    async fn a_second_rotation_before_the_first_took_effect_still_leaves_one_signer(app: App) {
        app.ctx.signing.rotate(false).await.unwrap();
        app.ctx.clock.advance(1800);
        app.ctx.signing.rotate(false).await.unwrap();
        for _ in 0..4 {
            app.ctx.clock.advance(1800);
            for algorithm in ALGORITHMS {
                signed(&app, algorithm).await;
            }
        }
    }

    async fn another_instance_picks_a_rotation_up_within_seconds(app: App) {
        let other = another(&app, [7; 32]);
        other.signing.published().await.unwrap();
        let made = app.ctx.signing.rotate(true).await.unwrap();
        app.ctx.clock.advance(6);
        let token = other.signing.sign(Algorithm::EdDSA, "JWT", &json!({})).await.unwrap();
        assert!(made.contains(&kid(&token)));
    }

    async fn a_key_that_is_old_is_replaced_by_itself_and_once_by_however_many_instances(app: App) {
        let signing = &app.ctx.signing;
        assert!(signing.rotate_by_age(90).await.unwrap().is_empty(), "young keys stay");
        let before = kid(&signed(&app, Algorithm::PS256).await);
        app.ctx.clock.advance(90 * 24 * 3600);
        let other = another(&app, [7; 32]);
        let (mine, theirs) = tokio::join!(signing.rotate_by_age(90), other.signing.rotate_by_age(90));
        let made = [mine.unwrap(), theirs.unwrap()].concat();
        assert_eq!(made.len(), ALGORITHMS.len(), "{made:?}");
        assert!(signing.rotate_by_age(90).await.unwrap().is_empty() && other.signing.rotate_by_age(90).await.unwrap().is_empty());
        // Published before use.
        assert_eq!(kid(&signed(&app, Algorithm::PS256).await), before);
        app.ctx.clock.advance(3601);
        assert!(made.contains(&kid(&signed(&app, Algorithm::PS256).await)));
    }

    async fn no_key_signs_by_two_algorithms(app: App) {
        let set = app.ctx.signing.jwks().await.unwrap();
        let moduli: Vec<Value> = serde_json::to_value(&set).unwrap()["keys"].as_array().unwrap().iter()
            .filter(|key| key["kty"] == "RSA").map(|key| key["n"].clone()).collect();
        assert_eq!(moduli.len(), 2);
        assert_ne!(moduli[0], moduli[1]);
    }

    async fn ensuring_keys_twice_makes_none(app: App) {
        let before = app.ctx.signing.jwks().await.unwrap();
        another(&app, [7; 32]).signing.ensure().await.unwrap();
        assert_eq!(app.ctx.signing.jwks().await.unwrap(), before);
    }

    async fn the_database_alone_yields_no_key(app: App) {
        let error = another(&app, [8; 32]).signing.published().await.unwrap_err().to_string();
        assert!(error.contains("key file"), "{error}");
    }

    async fn only_what_this_server_signed_with_that_type_and_algorithm_verifies(app: App) {
        let signing = &app.ctx.signing;
        let token = signed(&app, Algorithm::RS256).await;
        assert_eq!(signing.verify::<Value>("JWT", &token).await.unwrap(), Some(json!({"sub": "x"})));
        assert_eq!(signing.verify::<Value>("at+jwt", &token).await.unwrap(), None);

        let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let header_with = |change: &[(&str, Value)]| {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
            let mut value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
            for (name, to) in change {
                value[*name] = to.clone();
            }
            URL_SAFE_NO_PAD.encode(value.to_string())
        };
        let es256 = kid(&signed(&app, Algorithm::ES256).await);
        for forged in [
            format!("{}.{claims}.", header_with(&[("alg", json!("none"))])),
            format!("{}.{claims}.{signature}", header_with(&[("alg", json!("HS256"))])),
            format!("{}.{claims}.{signature}", header_with(&[("alg", json!("RS512"))])),
            format!("{}.{claims}.{signature}", header_with(&[("kid", json!(es256)), ("alg", json!("ES256"))])),
            format!("{}.{claims}.{signature}", header_with(&[("kid", json!(es256))])),
            format!("{}.{claims}.{signature}", header_with(&[("kid", json!("other"))])),
            format!("{}.{claims}.{signature}", header_with(&[("kid", Value::Null)])),
            format!("{header}.{claims}.{}", signature.replace(|c: char| c.is_ascii_digit(), "A")),
            format!("{header}.{claims}"),
            format!("{header}.{claims}.{signature}.x"),
            String::new(),
            "..".to_owned(),
        ] {
            assert_eq!(signing.verify::<Value>("JWT", &forged).await.unwrap(), None, "{forged}");
        }
        // A key of the client's own, embedded in the header, is nobody's.
        let mallory = another(&app, [7; 32]);
        mallory.signing.rotate(true).await.unwrap();
        let jwk = serde_json::to_value(&mallory.signing.jwks().await.unwrap().keys[0]).unwrap();
        let embedded = format!("{}.{claims}.{signature}", header_with(&[("jwk", jwk), ("kid", json!("x"))]));
        assert_eq!(signing.verify::<Value>("JWT", &embedded).await.unwrap(), None);
    }
}
