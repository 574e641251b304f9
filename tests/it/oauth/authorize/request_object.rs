//! Signed authorization requests (RFC 9101), in the address, fetched, and pushed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::support::{
    App, both,
    browser::Browser,
    keys::{Key, changed},
    oauth::{CALLBACK, Client, Tokens, VERIFIER, authorize, challenge, parameter, with},
    people::PASSWORD,
};

const ISSUER: &str = "http://127.0.0.1:8000/o";

/// An application that signs its requests.
struct Signer<'a> {
    app: &'a App,
    client: Client,
    key: Key,
}

impl<'a> Signer<'a> {
    async fn new(app: &'a App, more: Value) -> Self {
        app.superuser("ann").await;
        let key = Key::es256();
        let mut metadata = json!({ "jwks": key.jwks() });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let client = app.with_metadata("shop", metadata).await;
        Self { app, client, key }
    }

    /// The claims of a good request.
    fn claims(&self) -> Value {
        let now = self.app.ctx.clock.now();
        json!({
            "iss": "shop", "aud": ISSUER, "exp": now + 60, "iat": now, "client_id": "shop", "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "state": "signed", "nonce": "n", "max_age": 600,
            "code_challenge": challenge(VERIFIER), "code_challenge_method": "S256",
        })
    }

    fn sign(&self, typ: &str, claims: &Value) -> String {
        let header = if typ.is_empty() { json!({}) } else { json!({ "typ": typ }) };
        self.key.sign(&header, claims)
    }

    /// A request with some claims changed; null takes one out.
    fn signed(&self, changes: &Value) -> String {
        self.sign("oauth-authz-req+jwt", &changed(self.claims(), changes.clone()))
    }
}

/// The address that carries an object, and nothing else.
fn carrying(object: &str) -> String {
    authorize(&[("client_id", "shop".into()), ("request", object.into())])
}

/// The error of an answer to the registered address.
async fn error(browser: &Browser<'_>, url: &str) -> Option<String> {
    let answer = browser.follow(url).await;
    assert!(answer.location().is_empty() || answer.location().starts_with(CALLBACK), "{}", answer.location());
    (!answer.location().is_empty()).then(|| parameter(answer.location(), "error")).flatten()
}

both! {
    async fn a_signed_request_is_answered_by_what_it_says_inside(app: App) {
        let shop = Signer::new(&app, json!({})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for typ in ["oauth-authz-req+jwt", "JWT", ""] {
            let object = shop.sign(typ, &shop.claims());
            let outside = [
                ("request", object.as_str()), ("state", "outside"), ("scope", "openid profile g:read"),
                ("redirect_uri", "https://evil.example/"), ("response_mode", "fragment"), ("code_challenge", ""), ("nonce", "other"),
            ];
            let location = browser.allow(&authorize(&with(&shop.client.asks("openid"), &outside))).await;
            assert!(location.starts_with(&format!("{CALLBACK}&code=")), "{location}");
            assert_eq!(parameter(&location, "state").as_deref(), Some("signed"));
            let tokens = Tokens::of(&shop.client.redeem(&app, &parameter(&location, "code").unwrap()).await);
            assert_eq!(tokens.scope, "openid");
        }
    }

    async fn an_object_that_breaks_a_rule_is_an_invalid_request_object(app: App) {
        let shop = Signer::new(&app, json!({})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let now = app.ctx.clock.now();
        let unsigned = |claims: &Value| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
        };
        let mine = Signer { app: &app, client: shop.client.clone(), key: Key::es256() };
        let mut bad: Vec<(String, String)> = [
            json!({"iss": "other"}), json!({"iss": null}), json!({"aud": "https://other.example"}), json!({"aud": null}),
            json!({"exp": now - 60}), json!({"exp": null}), json!({"exp": now + 7200}), json!({"exp": "soon"}),
            json!({"nbf": now + 600}), json!({"sub": "shop"}), json!({"client_id": "other"}), json!({"client_id": null}),
            json!({"request": "x"}), json!({"request_uri": "https://app.example/r"}),
        ]
        .iter()
        .map(|change| (change.to_string(), shop.signed(change)))
        .collect();
        let good = shop.signed(&json!({}));
        bad.push(("none".into(), unsigned(&shop.claims())));
        bad.push(("no signature".into(), good.rsplit_once('.').unwrap().0.to_owned()));
        bad.push(("another's key".into(), mine.signed(&json!({}))));
        bad.push(("an ID token's type".into(), shop.sign("logout+jwt", &shop.claims())));
        bad.push(("a DPoP proof's type".into(), shop.sign("dpop+jwt", &shop.claims())));
        bad.push(("nonsense".into(), "eyJ".into()));
        let symmetric = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &shop.claims(), &EncodingKey::from_secret(b"x")).unwrap();
        bad.push(("HS256".into(), symmetric));
        for (what, object) in bad {
            // Outside there is nothing to answer to: a page.
            let answer = browser.follow(&carrying(&object)).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{what}");
            // Where there is a registered address, it is told.
            let url = authorize(&with(&shop.client.asks("openid"), &[("request", &object)]));
            assert_eq!(error(&browser, &url).await.as_deref(), Some("invalid_request_object"), "{what}");
        }
    }

    async fn a_wrong_parameter_inside_is_told_as_ever_to_the_address_inside(app: App) {
        let shop = Signer::new(&app, json!({})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for (change, code) in [
            (json!({"scope": "bogus"}), "invalid_scope"),
            (json!({"response_type": "x"}), "unsupported_response_type"),
            (json!({"code_challenge": null, "code_challenge_method": null}), "invalid_request"),
        ] {
            let answer = browser.follow(&carrying(&shop.signed(&change))).await;
            assert_eq!(parameter(answer.location(), "error").as_deref(), Some(code), "{change}");
            assert_eq!(parameter(answer.location(), "state").as_deref(), Some("signed"));
        }
        let elsewhere = shop.signed(&json!({"redirect_uri": "https://evil.example/"}));
        let answer = browser.follow(&authorize(&with(&shop.client.asks("openid"), &[("request", &elsewhere)]))).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "the signed address is the only one");
    }

    async fn a_person_may_take_longer_to_log_in_than_the_signature_is_good(app: App) {
        let shop = Signer::new(&app, json!({})).await;
        let browser = Browser::new(&app).await;
        let kept = browser.get(&carrying(&shop.signed(&json!({"max_age": null})))).await.location().to_owned();
        assert!(kept.starts_with("/o/authorize/?client_id=shop&request_uri=urn"), "{kept}");
        assert!(browser.get(&kept).await.location().starts_with("/accounts/login/"));
        app.ctx.clock.advance(300);
        browser.log_in("ann", PASSWORD).await;
        assert!(parameter(&browser.allow(&kept).await, "code").is_some());
    }

    async fn an_application_that_must_sign_is_heard_only_signed(app: App) {
        let shop = Signer::new(&app, json!({"require_signed_request_object": true, "request_object_signing_alg": "ES256"})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        assert_eq!(error(&browser, &shop.client.url("openid")).await.as_deref(), Some("invalid_request"));
        let object = shop.signed(&json!({}));
        assert!(parameter(&browser.allow(&carrying(&object)).await, "code").is_some());
        // Of an invalid one nothing is believed, and least of all an address beside it.
        let url = authorize(&with(&shop.client.asks("openid"), &[("request", "eyJ")]));
        assert_eq!(browser.follow(&url).await.status, StatusCode::BAD_REQUEST);
        let fields: Vec<(&str, String)> = shop.client.asks("openid");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(shop.client.post(&app, "/o/par/", &fields).await.json()["error"], "invalid_request");
        let other = app.change(&shop.client, |row| row.metadata = Set(row.metadata.as_ref().replace("ES256\"}", "PS256\"}"))).await;
        assert_eq!(browser.follow(&carrying(&object)).await.status, StatusCode::BAD_REQUEST, "{}", other.row.metadata);
    }

    async fn a_signed_request_may_be_pushed_and_nothing_beside_it_counts(app: App) {
        let shop = Signer::new(&app, json!({"require_pushed_authorization_requests": true})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let object = shop.signed(&json!({}));
        let answer = shop.client.post(&app, "/o/par/", &[("request", &object), ("scope", "g:read"), ("state", "outside")]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let request_uri = answer.json()["request_uri"].as_str().unwrap().to_owned();
        let url = authorize(&[("client_id", "shop".into()), ("request_uri", request_uri)]);
        let location = browser.allow(&url).await;
        assert_eq!(parameter(&location, "state").as_deref(), Some("signed"));
        let answer = shop.client.post(&app, "/o/par/", &[("request", "eyJ")]).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request_object")));
        // In the address it is not pushed.
        let url = authorize(&with(&shop.client.asks("openid"), &[("request", &object)]));
        assert_eq!(error(&browser, &url).await.as_deref(), Some("invalid_request"));
    }

    async fn an_address_that_is_not_registered_is_never_fetched(app: App) {
        let shop = Signer::new(&app, json!({"request_uris": ["https://app.example/r"]})).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for uri in ["https://app.example/r2", "https://app.example/r/", "http://app.example/r", "https://app.example/r?x", "http://127.0.0.1/r", "file:///etc/passwd"] {
            let url = authorize(&with(&shop.client.asks("openid"), &[("request_uri", uri)]));
            assert_eq!(error(&browser, &url).await.as_deref(), Some("invalid_request_uri"), "{uri}");
        }
        let url = authorize(&with(&shop.client.asks("openid"), &[("request_uri", "https://app.example/r"), ("request", "eyJ")]));
        assert_eq!(error(&browser, &url).await.as_deref(), Some("invalid_request"), "both at once");
    }
}
