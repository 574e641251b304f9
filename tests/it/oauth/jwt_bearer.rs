//! `grant_type=...:jwt-bearer` (RFC 7523): the word of an issuer whom the operator named.

use poem::http::StatusCode;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
use serde_json::{Value, json};
use stockade::{
    accounts::{author::Author, person},
    config::{SubjectIs, TrustedIssuer},
    secret::hex,
};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    oauth::{Client, Tokens},
    signer::Signer,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ISSUER: &str = "https://idp.example";

fn error(answer: &Answer) -> String {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text);
    answer.json()["error"].as_str().unwrap().to_owned()
}

/// A server that trusts an issuer, and an application that may bring its assertions.
async fn setting(app: App, subject: SubjectIs) -> (App, Client, Signer) {
    let signer = Signer::new("k1");
    let jwks = signer.jwks();
    let app = app
        .reconfigured(|config| {
            config.oauth.trusted_issuers = vec![TrustedIssuer {
                issuer: ISSUER.into(),
                jwks: Some(jwks),
                jwks_uri: None,
                claim: None,
                subject,
                applications: vec!["robot".into()],
                scope: "openid g:read r:view:part offline_access".into(),
            }];
        })
        .await;
    app.superuser("ann").await;
    let robot = app.enrol("robot", |row| row.grant_types = Set(format!("{GRANT} refresh_token"))).await;
    (app, robot, signer)
}

fn good(app: &App) -> Value {
    let now = app.ctx.clock.now();
    json!({
        "iss": ISSUER,
        "sub": "ann",
        "aud": "http://127.0.0.1:8000/o",
        "iat": now,
        "exp": now + 300,
        "jti": hex(&app.ctx.rng.bytes::<8>()),
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn redeem(app: &App, client: &Client, assertion: &str, scope: &str) -> Answer {
    client.post(app, "/o/token/", &[("grant_type", GRANT), ("assertion", assertion), ("scope", scope)]).await
}

both! {
    async fn the_assertion_of_a_trusted_issuer_is_exchanged_for_an_access_token_and_nothing_else(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        let answer = redeem(&app, &robot, &signer.sign(&good(&app)), "openid g:read r:view:part offline_access").await;
        let tokens = Tokens::of(&answer);
        assert_eq!(tokens.scope, "g:read r:view:part", "nobody logged in here");
        assert!(tokens.refresh.is_none() && tokens.id.is_none());
        let me = Actor::sending(format!("Bearer {}", tokens.access)).get(&app, "/api/user/me/").await;
        assert_eq!(me.json()["username"], "ann");
        let about = robot.introspect(&app, &tokens.access).await;
        assert!(about.get("auth_time").is_none() && about.get("acr").is_none());
    }

    async fn an_assertion_counts_once(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        let assertion = signer.sign(&good(&app));
        let all = futures_util::future::join_all((0..8).map(|_| redeem(&app, &robot, &assertion, "g:read"))).await;
        assert_eq!(all.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1, "{all:#?}");
        app.ctx.clock.advance(200);
        assert_eq!(error(&redeem(&app, &robot, &assertion, "g:read").await), "invalid_grant");
    }

    async fn every_claim_is_checked(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        let now = app.ctx.clock.now();
        let mut without = Vec::new();
        for name in ["iss", "sub", "aud", "exp", "jti"] {
            let mut claims = good(&app);
            claims.as_object_mut().unwrap().remove(name);
            without.push(claims);
        }
        let wrong = [
            ("iss", json!("https://evil.example")),
            ("sub", json!("nobody")),
            ("sub", json!("")),
            ("sub", json!(["ann"])),
            ("aud", json!("https://other.example/o")),
            ("aud", json!([])),
            ("exp", json!(now - 60)),
            ("exp", json!(now + 86_400)),
            ("exp", json!("soon")),
            ("nbf", json!(now + 600)),
            ("iat", json!(now + 600)),
            ("jti", json!("")),
        ];
        let wrong = wrong.into_iter().map(|(name, value)| with(good(&app), name, value));
        for claims in without.into_iter().chain(wrong) {
            assert_eq!(error(&redeem(&app, &robot, &signer.sign(&claims), "g:read").await), "invalid_grant", "{claims}");
        }
        for aud in [json!(["https://x.example", "http://127.0.0.1:8000/o"]), json!("http://127.0.0.1:8000/o/token/")] {
            Tokens::of(&redeem(&app, &robot, &signer.sign(&with(good(&app), "aud", aud)), "g:read").await);
        }
    }

    async fn a_signature_of_another_key_is_worth_nothing(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        let (same_name, other_name) = (Signer::new("k1"), Signer::new("k2"));
        let assertion = signer.sign(&good(&app));
        for forged in [
            same_name.sign(&good(&app)),
            other_name.sign(&good(&app)),
            assertion[..assertion.len() - 4].to_owned(),
            format!("{}.", assertion.rsplit_once('.').unwrap().0),
            "x".to_owned(),
            "x".repeat(50_000),
        ] {
            assert_eq!(error(&redeem(&app, &robot, &forged, "g:read").await), "invalid_grant");
        }
        assert_eq!(error(&redeem(&app, &robot, "", "g:read").await), "invalid_request");
    }

    async fn only_the_applications_that_the_operator_named_may_bring_it_and_only_for_its_scope(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        let other = app.enrol("other", |row| row.grant_types = Set(GRANT.into())).await;
        assert_eq!(error(&redeem(&app, &other, &signer.sign(&good(&app)), "g:read").await), "invalid_grant");
        let shop = app.confidential("shop").await;
        assert_eq!(error(&redeem(&app, &shop, &signer.sign(&good(&app)), "g:read").await), "unauthorized_client");
        assert_eq!(error(&redeem(&app, &robot, &signer.sign(&good(&app)), "a:superuser").await), "invalid_scope");
        let narrow = redeem(&app, &robot, &signer.sign(&good(&app)), "g:read a:superuser").await;
        assert_eq!(Tokens::of(&narrow).scope, "g:read");
    }

    async fn an_email_address_counts_only_where_it_is_verified_and_one_persons(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Email).await;
        let bob = app.person("bob").await;
        let claims = || with(good(&app), "sub", json!("bob@example.org"));
        let set = async |verified: bool| {
            let mut row: entities::accounts::user::ActiveModel = bob.clone().into();
            row.email = Set("bob@example.org".into());
            row.email_verified = Set(verified);
            row.update(app.ctx.db.migrator()).await.unwrap();
        };
        set(false).await;
        assert_eq!(error(&redeem(&app, &robot, &signer.sign(&claims()), "g:read").await), "invalid_grant");
        set(true).await;
        Tokens::of(&redeem(&app, &robot, &signer.sign(&claims()), "g:read").await);
        assert_eq!(error(&redeem(&app, &robot, &signer.sign(&good(&app)), "g:read").await), "invalid_grant", "a name");
    }

    async fn a_person_who_is_disabled_is_nobody(app: App) {
        let (app, robot, signer) = setting(app, SubjectIs::Username).await;
        app.superuser("root").await;
        let ann = app.person("anna").await;
        let claims = || with(good(&app), "sub", json!("anna"));
        let tokens = Tokens::of(&redeem(&app, &robot, &signer.sign(&claims()), "g:read").await);
        let change = person::Change { is_active: Some(false), ..Default::default() };
        person::update(&app.ctx, &Author::operator(), ann.id, change).await.unwrap();
        assert_eq!(error(&redeem(&app, &robot, &signer.sign(&claims()), "g:read").await), "invalid_grant");
        let me = Actor::sending(format!("Bearer {}", tokens.access)).get(&app, "/api/user/me/").await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED);
    }

    async fn without_an_issuer_in_the_configuration_the_grant_gives_nothing(app: App) {
        app.superuser("ann").await;
        let robot = app.enrol("robot", |row| row.grant_types = Set(GRANT.into())).await;
        let signer = Signer::new("k1");
        assert_eq!(error(&redeem(&app, &robot, &signer.sign(&good(&app)), "g:read").await), "invalid_grant");
    }
}
