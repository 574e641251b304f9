//! DPoP (RFC 9449): tokens that are bound to a key, at the token endpoint, userinfo and the API.

use futures_util::future::join_all;
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    browser::Browser,
    keys::{Key, random},
    oauth::{CALLBACK, Client, VERIFIER, authorize, parameter, post, with},
    people::PASSWORD,
};

const TOKEN: &str = "/o/token/";
const PARTS: &str = "/api/part/";
const USERINFO: &str = "/o/userinfo/";

/// Sends a token request with a proof.
async fn ask(app: &App, client: &Client, proof: &str, fields: &[(&str, &str)]) -> Answer {
    let mut fields = fields.to_vec();
    if client.secret.is_none() {
        fields.push(("client_id", client.id()));
    }
    post(&client.actor().with("DPoP", proof), app, TOKEN, &fields).await
}

/// A token that an application got for itself, bound to a key.
async fn bound(app: &App, key: &Key, nonce: &str) -> String {
    let shop = app.confidential(&format!("shop-{}", random())).await;
    let proof = key.proof(app, (&Method::POST, TOKEN), nonce, json!({}));
    let fields = [("grant_type", "client_credentials"), ("scope", "g:read r:view:part")];
    let answer = ask(app, &shop, &proof, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["token_type"], "DPoP");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn read(app: &App, authorization: &str, proofs: &[String]) -> Answer {
    let actor = Actor::sending(authorization);
    proofs.iter().fold(actor, |actor, proof| actor.with("DPoP", proof)).get(app, PARTS).await
}

fn challenged(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 401, "{}", answer.text);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("DPoP realm=") && challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert!(challenge.contains("algs=\"RS256") && challenge.contains("ES256"), "{challenge}");
}

fn refused(answer: &Answer, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str().unwrap()), (400, error), "{}", answer.text);
}

both! {
    async fn a_bound_token_is_good_with_a_fresh_proof_of_its_key_in_any_case_of_the_scheme(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let token = bound(&app, &key, &nonce).await;
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let proof = key.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
            let answer = read(&app, &format!("{scheme} {token}"), &[proof]).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.header("dpop-nonce"), nonce, "the next nonce is supplied");
        }
    }

    async fn a_stolen_bound_token_is_worth_nothing(app: App) {
        let (key, thief, nonce) = (Key::es256(), Key::es256(), app.nonce().await);
        let token = bound(&app, &key, &nonce).await;
        challenged(&read(&app, &format!("Bearer {token}"), &[]).await, "invalid_token");
        challenged(&read(&app, &format!("DPoP {token}"), &[]).await, "invalid_token");
        let proof = thief.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
        challenged(&read(&app, &format!("DPoP {token}"), std::slice::from_ref(&proof)).await, "invalid_token");
        challenged(&read(&app, &format!("Bearer {token}"), &[proof]).await, "invalid_token");
        // Also right after its owner used it, while the principal is still in memory.
        let good = key.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
        assert_eq!(read(&app, &format!("DPoP {token}"), &[good]).await.status, 200);
        challenged(&read(&app, &format!("Bearer {token}"), &[]).await, "invalid_token");
        challenged(&read(&app, &format!("DPoP {token}"), &[]).await, "invalid_token");
    }

    async fn a_proof_is_good_for_one_method_address_and_token(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let (token, other) = (bound(&app, &key, &nonce).await, bound(&app, &key, &nonce).await);
        let get = (&Method::GET, PARTS);
        for proof in [
            key.proof_of(&app, (&Method::POST, PARTS), &nonce, &token),
            key.proof_of(&app, (&Method::GET, "/api/part/1/"), &nonce, &token),
            key.proof_of(&app, (&Method::GET, "/part/"), &nonce, &token),
            key.proof_of(&app, get, &nonce, &other),
            key.proof(&app, get, &nonce, json!({})),
        ] {
            challenged(&read(&app, &format!("DPoP {token}"), &[proof]).await, "invalid_dpop_proof");
        }
        // The query does not count, on either side.
        let proof = key.proof_of(&app, (&Method::GET, "/api/part/?limit=1#x"), &nonce, &token);
        let actor = Actor::sending(format!("DPoP {token}")).with("DPoP", proof);
        assert_eq!(actor.get(&app, "/api/part/?limit=2").await.status, 200);
    }

    async fn the_host_header_does_not_choose_what_a_proof_is_for(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let token = bound(&app, &key, &nonce).await;
        let proof = |htu: &str| {
            let ath = key.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
            let claims = crate::support::oauth::jwt(&ath).1;
            key.proof(&app, (&Method::GET, PARTS), &nonce, json!({"htu": htu, "ath": claims["ath"]}))
        };
        let elsewhere = Actor::sending(format!("DPoP {token}")).with("Host", "evil.example").with("X-Forwarded-Host", "evil.example");
        let evil = elsewhere.clone().with("DPoP", proof("http://evil.example/api/part/"));
        challenged(&evil.get(&app, PARTS).await, "invalid_dpop_proof");
        let same = app.ctx.config.url(PARTS).replace("http://", "HTTP://");
        assert_eq!(elsewhere.with("DPoP", proof(&same)).get(&app, PARTS).await.status, 200);
    }

    async fn a_proof_is_good_once_on_all_nodes(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let token = bound(&app, &key, &nonce).await;
        let proof = key.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
        let authorization = format!("DPoP {token}");
        let asked = (0..12).map(|_| read(&app, &authorization, std::slice::from_ref(&proof)));
        let answers = join_all(asked).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        let node = App::node(&app).await;
        let actor = Actor::sending(&authorization).with("DPoP", &proof);
        challenged(&actor.get(&node, PARTS).await, "invalid_dpop_proof");
    }

    async fn a_proof_needs_a_nonce_of_this_server_that_is_not_old(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let token = bound(&app, &key, &nonce).await;
        let shop = app.confidential("shop").await;
        let fields = [("grant_type", "client_credentials")];
        for change in [json!({"nonce": null}), json!({"nonce": "x"}), json!({"nonce": ""}), json!({"nonce": 1})] {
            let answer = ask(&app, &shop, &key.proof(&app, (&Method::POST, TOKEN), "", change.clone()), &fields).await;
            refused(&answer, "use_dpop_nonce");
            assert_eq!(answer.header("dpop-nonce"), nonce);
            let mut proof = crate::support::oauth::jwt(&key.proof_of(&app, (&Method::GET, PARTS), "", &token)).1;
            proof = crate::support::keys::changed(proof, change);
            let proof = key.sign(&json!({"typ": "dpop+jwt", "jwk": key.jwk()}), &proof);
            let answer = read(&app, &format!("DPoP {token}"), &[proof]).await;
            challenged(&answer, "use_dpop_nonce");
            assert_eq!(answer.header("dpop-nonce"), nonce);
        }
        app.ctx.clock.advance(120);
        let proof = key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
        let answer = ask(&app, &shop, &proof, &fields).await;
        assert_eq!(answer.status, 200, "the one before is good: {}", answer.text);
        let next = answer.header("dpop-nonce").to_owned();
        assert_ne!(next, nonce);
        app.ctx.clock.advance(120);
        refused(&ask(&app, &shop, &key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({})), &fields).await, "use_dpop_nonce");
    }

    async fn a_malformed_proof_is_refused_and_changes_nothing(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.confidential("shop").await;
        let fields = [("grant_type", "client_credentials")];
        let now = app.ctx.clock.now();
        let at = (&Method::POST, TOKEN);
        let mut proofs: Vec<String> = [
            json!({"jti": null}), json!({"jti": ""}), json!({"htm": null}), json!({"htm": "post"}), json!({"htm": "GET"}),
            json!({"htu": null}), json!({"htu": "x"}), json!({"htu": app.ctx.config.url("/o/token")}), json!({"iat": null}),
            json!({"iat": now - 311}), json!({"iat": now + 11}), json!({"iat": "now"}), json!({"exp": now - 100}),
        ]
        .into_iter()
        .map(|change| key.proof(&app, at, &nonce, change))
        .collect();
        let claims = crate::support::oauth::jwt(&key.proof(&app, at, &nonce, json!({}))).1;
        let (jwk, other) = (key.jwk(), Key::es256().jwk());
        let mut private = jwk.clone();
        private["d"] = json!("AA");
        for header in [
            json!({"typ": "JWT", "jwk": jwk}), json!({"jwk": jwk}), json!({"typ": "dpop+jwt"}), json!({"typ": "dpop+jwt", "jwk": other}),
            json!({"typ": "dpop+jwt", "jwk": private}), json!({"typ": "dpop+jwt", "jwk": {"kty": "oct", "k": "AA"}}),
            json!({"typ": "dpop+jwt", "jwk": jwk, "crit": ["x"], "x": 1}), json!({"typ": "dpop+jwt", "jwk": jwk, "b64": false}),
        ] {
            proofs.push(key.sign(&header, &claims));
        }
        proofs.extend(["x".to_owned(), "a.b.c".to_owned(), "a".repeat(9000)]);
        for proof in proofs {
            let answer = ask(&app, &shop, &proof, &fields).await;
            refused(&answer, "invalid_dpop_proof");
            assert_ne!(answer.header("dpop-nonce"), "");
        }
        let good = key.proof(&app, at, &nonce, json!({}));
        let twice = shop.actor().with("DPoP", &good).with("DPoP", &good);
        refused(&post(&twice, &app, TOKEN, &fields).await, "invalid_dpop_proof");
        assert_eq!(ask(&app, &shop, &good, &fields).await.status, 200, "it was not used up");
    }

    async fn an_unbound_token_is_not_taken_by_the_scheme_dpop(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.confidential("shop").await;
        let answer = shop.post(&app, TOKEN, &[("grant_type", "client_credentials"), ("scope", "r:view:part")]).await;
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(answer.json()["token_type"], "Bearer");
        let proof = key.proof_of(&app, (&Method::GET, PARTS), &nonce, &token);
        challenged(&read(&app, &format!("DPoP {token}"), std::slice::from_ref(&proof)).await, "invalid_token");
        // A proof beside a bearer token is nobody's business.
        assert_eq!(read(&app, &format!("Bearer {token}"), &[proof]).await.status, 200);
    }

    async fn userinfo_asks_for_a_proof_as_the_api_does(app: App) {
        app.superuser("ann").await;
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let phone = app.public("phone").await;
        let token = by_code(&app, &phone, &key, &nonce).await["access_token"].as_str().unwrap().to_owned();
        let ask = |proof: Option<String>| {
            let actor = Actor::sending(format!("DPoP {token}"));
            let actor = proof.map_or(actor.clone(), |proof| actor.with("DPoP", proof));
            let app = &app;
            async move { actor.get(app, USERINFO).await }
        };
        let answer = ask(Some(key.proof_of(&app, (&Method::GET, USERINFO), &nonce, &token))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        challenged(&ask(None).await, "invalid_token");
        challenged(&app.userinfo(&token).await, "invalid_token");
        challenged(&ask(Some(Key::es256().proof_of(&app, (&Method::GET, USERINFO), &nonce, &token))).await, "invalid_token");
        challenged(&ask(Some(key.proof_of(&app, (&Method::GET, USERINFO), "x", &token))).await, "use_dpop_nonce");
        let body = [("access_token", token.as_str())];
        challenged(&post(&Actor::anonymous(), &app, USERINFO, &body).await, "invalid_token");
    }

    async fn an_application_that_binds_its_tokens_gets_none_without_a_proof(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.with_metadata("shop", json!({"dpop_bound_access_tokens": true})).await;
        let fields = [("grant_type", "client_credentials")];
        let answer = shop.post(&app, TOKEN, &fields).await;
        refused(&answer, "invalid_dpop_proof");
        assert_eq!(answer.header("dpop-nonce"), nonce);
        assert_eq!(ask(&app, &shop, &key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({})), &fields).await.status, 200);
    }

    async fn a_public_clients_refresh_token_is_bound_to_the_key_too(app: App) {
        app.superuser("ann").await;
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let phone = app.public("phone").await;
        let tokens = by_code(&app, &phone, &key, &nonce).await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        refused(&phone.post(&app, TOKEN, &fields).await, "invalid_grant");
        let proof = |key: &Key| key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
        refused(&ask(&app, &phone, &proof(&Key::es256()), &fields).await, "invalid_grant");
        // A thief's attempts spend nothing.
        let answer = ask(&app, &phone, &proof(&key), &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["token_type"], "DPoP");
        let next = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", next.as_str())];
        refused(&phone.post(&app, TOKEN, &fields).await, "invalid_grant");
        assert_eq!(ask(&app, &phone, &proof(&key), &fields).await.status, 200);
    }

    async fn a_code_that_is_bound_to_a_key_is_redeemed_by_that_key_alone(app: App) {
        app.superuser("ann").await;
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let phone = app.public("phone").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asks = with(&phone.asks("openid r:view:part"), &[("dpop_jkt", &key.jkt())]);
        let code = browser.code(&authorize(&asks)).await;
        refused(&phone.redeem(&app, &code).await, "invalid_grant");
        let fields = redemption(&code);
        let proof = |key: &Key| key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
        refused(&ask(&app, &phone, &proof(&Key::es256()), &fields).await, "invalid_grant");
        assert_eq!(ask(&app, &phone, &proof(&key), &fields).await.status, 200, "it was not spent");
        for bad in ["x", &"x".repeat(44), &"!".repeat(43)] {
            let location = browser.follow(&authorize(&with(&asks, &[("dpop_jkt", bad)]))).await;
            assert_eq!(parameter(location.location(), "error").as_deref(), Some("invalid_request"), "{bad}");
        }
    }

    async fn a_proof_with_a_pushed_request_binds_its_code(app: App) {
        app.superuser("ann").await;
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.confidential("shop").await;
        let asks = shop.asks("openid");
        let push = async |key: &Key, jkt: &str| {
            let asks = with(&asks, &[("dpop_jkt", jkt)]);
            let fields: Vec<(&str, &str)> = asks.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let proof = key.proof(&app, (&Method::POST, "/o/par/"), &nonce, json!({}));
            post(&shop.actor().with("DPoP", proof), &app, "/o/par/", &fields).await
        };
        refused(&push(&key, &Key::es256().jkt()).await, "invalid_dpop_proof");
        let wrong = key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
        refused(&post(&shop.actor().with("DPoP", wrong), &app, "/o/par/", &[]).await, "invalid_dpop_proof");
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for jkt in ["", &key.jkt()] {
            let answer = push(&key, jkt).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            let uri = answer.json()["request_uri"].as_str().unwrap().to_owned();
            let code = browser.code(&authorize(&[("client_id", "shop".into()), ("request_uri", uri)])).await;
            refused(&shop.redeem(&app, &code).await, "invalid_grant");
            let proof = key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
            assert_eq!(ask(&app, &shop, &proof, &redemption(&code)).await.status, 200);
        }
    }

    async fn introspection_shows_what_a_token_is_bound_to(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.confidential("shop").await;
        let proof = key.proof(&app, (&Method::POST, TOKEN), &nonce, json!({}));
        let answer = ask(&app, &shop, &proof, &[("grant_type", "client_credentials")]).await;
        let shown = shop.introspect(&app, answer.json()["access_token"].as_str().unwrap()).await;
        assert_eq!((&shown["cnf"], &shown["token_type"]), (&json!({"jkt": key.jkt()}), &json!("DPoP")));
    }

    async fn where_nonces_are_not_required_a_fresh_proof_does_without_one(app: App) {
        let app = app.reconfigured(|config| config.oauth.require_dpop_nonce = false).await;
        let key = Key::es256();
        let shop = app.confidential("shop").await;
        let fields = [("grant_type", "client_credentials")];
        let proof = |change: Value| key.proof(&app, (&Method::POST, TOKEN), "", change);
        assert_eq!(ask(&app, &shop, &proof(json!({"nonce": null})), &fields).await.status, 200);
        refused(&ask(&app, &shop, &proof(json!({"nonce": "x"})), &fields).await, "use_dpop_nonce");
    }

    async fn a_bound_read_costs_one_statement_more_than_a_plain_one(app: App) {
        let (key, nonce) = (Key::es256(), app.nonce().await);
        let shop = app.confidential("shop").await;
        let answer = shop.post(&app, TOKEN, &[("grant_type", "client_credentials"), ("scope", "r:view:part")]).await;
        let plain = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        let token = bound(&app, &key, &nonce).await;
        // One object that is not there: a list would remember its count.
        let cost = async |authorization: &str, proof: &str| {
            let before = app.ctx.db.statements();
            let answer = Actor::sending(authorization).with("DPoP", proof).get(&app, "/api/part/99/").await;
            assert_eq!(answer.status, 404, "{}", answer.text);
            app.ctx.db.statements() - before
        };
        let proof = key.proof_of(&app, (&Method::GET, "/api/part/99/"), &nonce, &token);
        let unbound = cost(&plain, &proof).await;
        let held = cost(&format!("DPoP {token}"), &proof).await;
        assert_eq!(held, unbound + 1, "the proof is remembered, and nothing else is asked");
    }

    async fn the_metadata_say_which_algorithms_a_proof_may_have(app: App) {
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        let algorithms = document["dpop_signing_alg_values_supported"].as_array().unwrap().clone();
        assert!(algorithms.contains(&json!("ES256")) && !algorithms.contains(&json!("none")));
    }
}

fn redemption(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

async fn by_code(app: &App, client: &Client, key: &Key, nonce: &str) -> Value {
    let browser = Browser::logged_in(app, "ann", PASSWORD).await;
    let code = browser.code(&client.url("openid offline_access r:view:part")).await;
    let proof = key.proof(app, (&Method::POST, TOKEN), nonce, json!({}));
    let answer = ask(app, client, &proof, &redemption(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["token_type"], "DPoP");
    answer.json()
}
