//! `private_key_jwt` (RFC 7521, RFC 7523, `OpenID` Connect Core section 9), and that the registered method is the only one.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use poem::http::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    keys::Key,
    oauth::{Client, Tokens, basic, post},
};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

async fn robot(app: &App, key: &Key) -> Client {
    app.with_metadata("robot", json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks()})).await
}

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str().unwrap()), (status, error), "{}", answer.text);
}

both! {
    async fn an_assertion_of_a_registered_key_proves_who_it_is_with_and_without_client_id(app: App) {
        let key = Key::es256();
        robot(&app, &key).await;
        Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await);
        Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[("client_id", "robot")]).await);
        let other = key.assertion(&app, "robot", json!({}));
        refused(&app.by_assertion(&other, &[("client_id", "other")]).await, 401, "invalid_client");
    }

    async fn an_assertion_with_a_wrong_or_missing_claim_is_refused(app: App) {
        let key = Key::es256();
        robot(&app, &key).await;
        let now = app.ctx.clock.now();
        let changes = [
            json!({"iss": "other"}), json!({"iss": null}), json!({"sub": "other"}), json!({"sub": null}),
            json!({"aud": null}), json!({"aud": "https://other.example/o"}), json!({"aud": []}), json!({"aud": 1}),
            json!({"aud": ["https://other.example"]}), json!({"aud": app.ctx.config.url("/")}),
            json!({"exp": null}), json!({"exp": now - 11}), json!({"exp": "soon"}), json!({"exp": now + 3700}),
            json!({"nbf": now + 60}), json!({"iat": now + 60}), json!({"jti": null}), json!({"jti": ""}), json!({"jti": 1}),
        ];
        for change in changes {
            let answer = app.by_assertion(&key.assertion(&app, "robot", change.clone()), &[]).await;
            assert!(!answer.text.contains("access_token"), "{change}");
            refused(&answer, 401, "invalid_client");
            Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await);
        }
    }

    async fn an_assertion_that_another_key_signed_or_nobody_is_refused(app: App) {
        let (key, other) = (Key::es256(), Key::es256());
        robot(&app, &key).await;
        refused(&app.by_assertion(&other.assertion(&app, "robot", json!({})), &[]).await, 401, "invalid_client");
        let good = key.assertion(&app, "robot", json!({}));
        let (signed, _) = good.rsplit_once('.').unwrap();
        for bad in [format!("{signed}."), signed.to_owned(), "x".to_owned(), "a".repeat(50_000)] {
            refused(&app.by_assertion(&bad, &[]).await, 401, "invalid_client");
        }
        refused(&app.by_assertion(&key.assertion(&app, "nobody", json!({})), &[]).await, 401, "invalid_client");
    }

    async fn an_assertion_is_good_once(app: App) {
        let key = Key::es256();
        robot(&app, &key).await;
        let assertion = key.assertion(&app, "robot", json!({}));
        let asked = (0..6).map(|_| app.by_assertion(&assertion, &[]));
        let granted = join_all(asked).await.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(granted, 1);
        // The same id from another application is another.
        let jti = json!({"jti": "one"});
        Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", jti.clone()), &[]).await);
        app.with_metadata("twin", json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks()})).await;
        Tokens::of(&app.by_assertion(&key.assertion(&app, "twin", jti.clone()), &[]).await);
        app.ctx.clock.advance(30);
        refused(&app.by_assertion(&key.assertion(&app, "twin", jti), &[]).await, 401, "invalid_client");
    }

    async fn the_audience_is_the_issuer_or_the_endpoint_and_for_fapi_the_issuer_alone(app: App) {
        let key = Key::es256();
        robot(&app, &key).await;
        app.with_metadata("bank", json!({
            "profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(),
        })).await;
        let (issuer, endpoint) = (app.ctx.config.issuer(), app.ctx.config.url("/o/token/"));
        for (audience, strict) in [
            (json!(issuer), true),
            (json!([issuer]), false),
            (json!(endpoint), false),
            (json!([endpoint, "https://other.example"]), false),
        ] {
            Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({"aud": audience})), &[]).await);
            let answer = app.by_assertion(&key.assertion(&app, "bank", json!({"aud": audience})), &[]).await;
            assert_eq!(answer.status == 200, strict, "{audience}: {}", answer.text);
        }
    }

    async fn fapi_takes_strong_algorithms_only_and_a_registered_algorithm_is_the_only_one(app: App) {
        let (rsa, ec) = (Key::rs256(), Key::es256());
        let keys = json!({"keys": [rsa.jwk(), ec.jwk()]});
        let register = |name: &'static str, more: Value| {
            let mut members = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys});
            members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            app.with_metadata(name, members)
        };
        register("any", json!({})).await;
        register("bank", json!({"profile": "fapi2"})).await;
        register("one", json!({"token_endpoint_auth_signing_alg": "RS256"})).await;
        for (client, by_rsa, by_ec) in [("any", true, true), ("bank", false, true), ("one", true, false)] {
            for (key, good) in [(&rsa, by_rsa), (&ec, by_ec)] {
                let answer = app.by_assertion(&key.assertion(&app, client, json!({})), &[]).await;
                assert_eq!(answer.status == 200, good, "{client}: {}", answer.text);
            }
        }
    }

    async fn the_registered_method_is_the_only_one_that_works(app: App) {
        let key = Key::es256();
        let robot = robot(&app, &key).await;
        let secret = robot.secret.clone().unwrap();
        refused(&post(&Actor::sending(basic("robot", &secret)), &app, "/o/token/", &[GRANT]).await, 401, "invalid_client");
        let inside = [GRANT, ("client_id", "robot"), ("client_secret", &secret)];
        refused(&post(&Actor::anonymous(), &app, "/o/token/", &inside).await, 401, "invalid_client");
        refused(&post(&Actor::anonymous(), &app, "/o/token/", &[GRANT, ("client_id", "robot")]).await, 401, "invalid_client");

        for (method, by_header, by_body) in [("client_secret_basic", true, false), ("client_secret_post", false, true)] {
            let shop = app.with_metadata(method, json!({"token_endpoint_auth_method": method, "jwks": key.jwks()})).await;
            let secret = shop.secret.clone().unwrap();
            let header = post(&Actor::sending(basic(method, &secret)), &app, "/o/token/", &[GRANT]).await;
            assert_eq!(header.status == 200, by_header, "{method}: {}", header.text);
            let inside = [GRANT, ("client_id", method), ("client_secret", &secret)];
            let body = post(&Actor::anonymous(), &app, "/o/token/", &inside).await;
            assert_eq!(body.status == 200, by_body, "{method}: {}", body.text);
            refused(&app.by_assertion(&key.assertion(&app, method, json!({})), &[]).await, 401, "invalid_client");
        }
    }

    async fn one_request_authenticates_by_one_method(app: App) {
        let key = Key::es256();
        let robot = robot(&app, &key).await;
        let (secret, good) = (robot.secret.clone().unwrap(), key.assertion(&app, "robot", json!({})));
        refused(&app.by_assertion(&good, &[("client_secret", &secret)]).await, 400, "invalid_request");
        let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let fields = [GRANT, kind, ("client_assertion", &good)];
        let both = Actor::sending(basic("robot", &secret));
        refused(&post(&both, &app, "/o/token/", &fields).await, 400, "invalid_request");
        let lone = [GRANT, ("client_id", "robot"), kind];
        refused(&post(&Actor::anonymous(), &app, "/o/token/", &lone).await, 400, "invalid_request");
        for kind in ["", "jwt", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"] {
            let fields = [GRANT, ("client_assertion_type", kind), ("client_assertion", &good)];
            refused(&post(&Actor::anonymous(), &app, "/o/token/", &fields).await, 401, "invalid_client");
        }
        let twice = [GRANT, kind, ("client_assertion", &good), ("client_assertion", &good)];
        refused(&post(&Actor::anonymous(), &app, "/o/token/", &twice).await, 400, "invalid_request");
    }

    async fn wrong_assertions_are_counted_by_the_one_limiter(app: App) {
        let (key, other) = (Key::es256(), Key::es256());
        robot(&app, &key).await;
        for _ in 0..app.ctx.config.password.max_failures {
            refused(&app.by_assertion(&other.assertion(&app, "robot", json!({})), &[]).await, 401, "invalid_client");
        }
        refused(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await, 401, "invalid_client");
        app.ctx.clock.advance(app.ctx.config.password.lockout_seconds + 1);
        Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await);
    }

    async fn keys_at_an_address_are_kept_and_looked_at_again_when_a_new_one_turns_up(app: App) {
        let app = app.reconfigured(|config| config.egress.allow_loopback = true).await;
        let (old, new) = (Key::es256(), Key::es256());
        let (url, served, fetched) = serve(old.jwks()).await;
        app.with_metadata("robot", json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": url})).await;
        for _ in 0..3 {
            Tokens::of(&app.by_assertion(&old.assertion(&app, "robot", json!({})), &[]).await);
        }
        assert_eq!(fetched.load(Ordering::Relaxed), 1, "kept");
        *served.lock().unwrap() = new.jwks().to_string();
        refused(&app.by_assertion(&new.assertion(&app, "robot", json!({})), &[]).await, 401, "invalid_client");
        assert_eq!(fetched.load(Ordering::Relaxed), 1, "not twice in half a minute, whoever asks");
        app.ctx.clock.advance(31);
        Tokens::of(&app.by_assertion(&new.assertion(&app, "robot", json!({})), &[]).await);
        assert_eq!(fetched.load(Ordering::Relaxed), 2);
        refused(&app.by_assertion(&old.assertion(&app, "robot", json!({})), &[]).await, 401, "invalid_client");
    }

    async fn keys_on_this_machine_are_not_fetched_unless_that_is_allowed(app: App) {
        let key = Key::es256();
        let (url, _, fetched) = serve(key.jwks()).await;
        app.with_metadata("robot", json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": url})).await;
        let answer = app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await;
        refused(&answer, 401, "invalid_client");
        assert!(!answer.text.contains("127.0.0.1") && !answer.text.contains("special"), "{}", answer.text);
        assert_eq!(fetched.load(Ordering::Relaxed), 0);
    }

    async fn an_assertion_authenticates_at_revocation_and_introspection_too(app: App) {
        let key = Key::es256();
        robot(&app, &key).await;
        let tokens = Tokens::of(&app.by_assertion(&key.assertion(&app, "robot", json!({})), &[]).await);
        for (path, status) in [("/o/introspect/", 200), ("/o/revoke_token/", 200)] {
            // Also named after the endpoint that is called.
            for audience in [app.ctx.config.issuer(), app.ctx.config.url(path)] {
                let assertion = key.assertion(&app, "robot", json!({"aud": audience}));
                let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
                let fields = [kind, ("client_assertion", assertion.as_str()), ("token", &tokens.access)];
                assert_eq!(post(&Actor::anonymous(), &app, path, &fields).await.status, status, "{path}");
            }
        }
    }

    async fn what_the_metadata_advertise_is_what_is_accepted(app: App) {
        let document = Actor::anonymous().call(&app, Method::GET, "/o/.well-known/openid-configuration", None).await.json();
        let methods: Vec<&str> =
            document["token_endpoint_auth_methods_supported"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(methods, ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
        let algorithms = document["token_endpoint_auth_signing_alg_values_supported"].as_array().unwrap();
        assert!(algorithms.contains(&json!("ES256")) && algorithms.contains(&json!("PS256")));
        assert!(!algorithms.iter().any(|name| name == "none" || name.as_str().unwrap().starts_with("HS")));
    }
}

/// A server on this machine with a key set, which can be changed, and a count of those who asked.
async fn serve(keys: Value) -> (String, Arc<Mutex<String>>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let (body, count) = (Arc::new(Mutex::new(keys.to_string())), Arc::new(AtomicUsize::new(0)));
    let (served, fetched) = (body.clone(), count.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let body = body.lock().unwrap().clone();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    (url, served, fetched)
}
