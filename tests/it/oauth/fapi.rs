//! The FAPI 2.0 Security Profile from end to end: a pushed request, `private_key_jwt`, PKCE and DPoP.

use poem::http::Method;
use serde_json::json;

use crate::support::{
    actors::Actor,
    both,
    browser::Browser,
    keys::Key,
    oauth::{CALLBACK, VERIFIER, authorize, parameter, post},
    people::PASSWORD,
};

const KIND: (&str, &str) = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

both! {
    async fn a_bank_gets_a_token_by_every_rule_and_by_no_way_around_one(app: App) {
        app.superuser("ann").await;
        let (key, held, nonce) = (Key::es256(), Key::es256(), app.nonce().await);
        let bank = app.with_metadata("bank", json!({
            "profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(),
            "dpop_bound_access_tokens": true,
        })).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let asks = bank.asks("openid r:view:part");

        // A request that was not pushed is refused.
        let refused = browser.follow(&authorize(&asks)).await;
        assert_eq!(parameter(refused.location(), "error").as_deref(), Some("invalid_request"));

        let assertion = key.assertion(&app, "bank", json!({}));
        let mut fields: Vec<(&str, &str)> = asks.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend([KIND, ("client_assertion", assertion.as_str())]);
        let pushed = post(&Actor::anonymous(), &app, "/o/par/", &fields).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let code = browser.code(&authorize(&[("client_id", "bank".into()), ("request_uri", uri)])).await;

        let redeem = async |actor: Actor| {
            let assertion = key.assertion(&app, "bank", json!({}));
            let fields = [
                KIND, ("client_assertion", assertion.as_str()), ("grant_type", "authorization_code"), ("code", &code),
                ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER),
            ];
            post(&actor, &app, "/o/token/", &fields).await
        };
        // Without a proof there is no token, and the code is not spent.
        assert_eq!(redeem(Actor::anonymous()).await.json()["error"], "invalid_dpop_proof");
        let proof = held.proof(&app, (&Method::POST, "/o/token/"), &nonce, json!({}));
        let answer = redeem(Actor::anonymous().with("DPoP", proof)).await;
        assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.text);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();

        let proof = held.proof_of(&app, (&Method::GET, "/api/part/"), &nonce, &token);
        let bearer = Actor::sending(format!("Bearer {token}"));
        assert_eq!(bearer.get(&app, "/api/part/").await.status, 401);
        let holder = Actor::sending(format!("DPoP {token}")).with("DPoP", proof);
        assert_eq!(holder.get(&app, "/api/part/").await.status, 200);
    }
}
