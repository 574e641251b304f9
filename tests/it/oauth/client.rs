//! The token endpoint before any grant: the form, the client's authentication, CORS; and `client_credentials`.

use poem::http::{Method, StatusCode};
use sea_orm::ActiveValue::Set;

use crate::support::{
    actors::{Actor, Answer},
    both,
    oauth::{Tokens, basic, form, post},
};

const FORM: &str = "application/x-www-form-urlencoded";
const PATH: &str = "/o/token/";

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str().unwrap()), (status, error), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
}

both! {
    async fn a_secret_is_proved_by_basic_or_in_the_body_and_never_by_both(app: App) {
        let shop = app.confidential("shop & co: ü").await;
        let secret = shop.secret.clone().unwrap();
        let grant = ("grant_type", "client_credentials");
        Tokens::of(&post(&Actor::sending(basic(shop.id(), &secret)), &app, PATH, &[grant]).await);
        let inside = [grant, ("client_id", shop.id()), ("client_secret", &secret)];
        Tokens::of(&post(&Actor::anonymous(), &app, PATH, &inside).await);
        let same_id = [grant, ("client_id", shop.id())];
        Tokens::of(&post(&Actor::sending(basic(shop.id(), &secret)), &app, PATH, &same_id).await);
        refused(&post(&Actor::sending(basic(shop.id(), &secret)), &app, PATH, &inside).await, 400, "invalid_request");
        let other_id = [grant, ("client_id", "other")];
        refused(&post(&Actor::sending(basic(shop.id(), &secret)), &app, PATH, &other_id).await, 400, "invalid_request");
        let two = Actor::sending(basic(shop.id(), &secret)).with("Authorization", basic(shop.id(), &secret));
        refused(&post(&two, &app, PATH, &[grant]).await, 400, "invalid_request");
    }

    async fn a_failed_authentication_is_401_with_a_challenge_where_the_header_was_used(app: App) {
        let shop = app.confidential("shop").await;
        let phone = app.public("phone").await;
        let secret = shop.secret.clone().unwrap();
        let grant = ("grant_type", "client_credentials");
        let mut texts = Vec::new();
        for header in [
            basic("shop", "wrong"),
            basic("nobody", &secret),
            basic("phone", &secret),
            basic("shop", ""),
            "Basic".to_owned(),
            "Basic !!!".to_owned(),
            "Basic c2hvcA==".to_owned(),
            format!("Bearer {secret}"),
        ] {
            let answer = post(&Actor::sending(header), &app, PATH, &[grant]).await;
            refused(&answer, 401, "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic realm="));
            texts.push(answer.text);
        }
        for fields in [
            &[grant][..],
            &[grant, ("client_id", "shop")],
            &[grant, ("client_id", "shop"), ("client_secret", "wrong")],
            &[grant, ("client_id", "nobody"), ("client_secret", &secret)],
            &[grant, ("client_id", "phone"), ("client_secret", &secret)],
        ] {
            let answer = post(&Actor::anonymous(), &app, PATH, fields).await;
            refused(&answer, 401, "invalid_client");
            assert_eq!(answer.header("www-authenticate"), "");
            texts.push(answer.text);
        }
        assert!(texts.iter().all(|text| *text == texts[0]), "an unknown client looks like a known one");
        app.change(&shop, |row| row.is_active = Set(false)).await;
        refused(&shop.post(&app, PATH, &[grant]).await, 401, "invalid_client");
        drop(phone);
    }

    async fn guesses_at_a_secret_are_limited_for_a_while(app: App) {
        let shop = app.confidential("shop").await;
        let grant = ("grant_type", "client_credentials");
        for _ in 0..app.ctx.config.password.max_failures {
            refused(&post(&Actor::sending(basic("shop", "wrong")), &app, PATH, &[grant]).await, 401, "invalid_client");
        }
        refused(&shop.post(&app, PATH, &[grant]).await, 401, "invalid_client");
        app.ctx.clock.advance(app.ctx.config.password.lockout_seconds + 1);
        Tokens::of(&shop.post(&app, PATH, &[grant]).await);
    }

    async fn an_old_secret_works_until_its_overlap_ends(app: App) {
        let shop = app.confidential("shop").await;
        let old = app.new_secret(&shop.row, Some(app.ctx.clock.now() + 100)).await;
        let grant = [("grant_type", "client_credentials")];
        Tokens::of(&post(&Actor::sending(basic("shop", &old)), &app, PATH, &grant).await);
        app.ctx.clock.advance(101);
        refused(&post(&Actor::sending(basic("shop", &old)), &app, PATH, &grant).await, 401, "invalid_client");
        Tokens::of(&shop.post(&app, PATH, &grant).await);
    }

    async fn only_a_readable_form_is_read(app: App) {
        let shop = app.confidential("shop").await;
        let send = async |kind: &str, body: &[u8]| {
            shop.actor().send(&app, Method::POST, PATH, Some((kind, body.to_vec()))).await
        };
        let json = send("application/json", br#"{"grant_type":"client_credentials"}"#).await;
        refused(&json, 415, "invalid_request");
        assert!(json.json()["error_description"].as_str().unwrap().contains("application/x-www-form-urlencoded"));
        refused(&send("", b"grant_type=client_credentials").await, 415, "invalid_request");
        refused(&send("multipart/form-data; boundary=x", b"--x--").await, 415, "invalid_request");
        Tokens::of(&send("Application/X-WWW-Form-Urlencoded; charset=UTF-8", b"grant_type=client_credentials").await);
        for bad in [
            &b"grant_type=%ff"[..],
            b"grant_type=\xff",
            b"grant_type=a%00b",
            b"grant_type=%4",
            b"grant_type=client_credentials&grant_type=client_credentials",
            b"grant_type=client_credentials&scope=g:read&scope=a:staff",
            b"grant_type=",
            b"",
        ] {
            refused(&send(FORM, bad).await, 400, "invalid_request");
        }
        let big = format!("grant_type=client_credentials&scope={}", "x".repeat(100_000));
        assert!(send(FORM, big.as_bytes()).await.status.is_client_error());
        let long = format!("grant_type=refresh_token&refresh_token={}", "x".repeat(50_000));
        refused(&send(FORM, long.as_bytes()).await, 400, "invalid_grant");
        // Empty is absent; unknown is ignored.
        Tokens::of(&send(FORM, b"grant_type=client_credentials&scope=&unknown=1&=&x").await);
    }

    async fn grants_that_do_not_exist_and_grants_that_are_not_this_applications(app: App) {
        let shop = app.confidential("shop").await;
        for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer", "Client_Credentials", "x"] {
            let fields = [("grant_type", grant), ("username", "ann"), ("password", "x")];
            refused(&shop.post(&app, PATH, &fields).await, 400, "unsupported_grant_type");
        }
        let shop = app.change(&shop, |row| row.grant_types = Set("refresh_token".into())).await;
        for grant in stockade::oauth::token::GRANT_TYPES.map(stockade::oauth::application::GrantType::name) {
            if grant == "refresh_token" {
                continue;
            }
            let fields = [("grant_type", grant), ("code", "x")];
            refused(&shop.post(&app, PATH, &fields).await, 400, "unauthorized_client");
        }
        let phone = app.public("phone").await;
        let phone = app.change(&phone, |row| row.grant_types = Set("client_credentials".into())).await;
        refused(&phone.post(&app, PATH, &[("grant_type", "client_credentials")]).await, 400, "unauthorized_client");
    }

    async fn an_application_acts_for_itself_within_what_it_was_allowed(app: App) {
        let shop = app.confidential("shop").await;
        let shop = app.change(&shop, |row| {
            row.scope = Set("openid profile offline_access g:read r:view:part".into());
            row.default_scope = Set("openid g:read".into());
        }).await;
        let ask = async |scope: &str| {
            shop.post(&app, PATH, &[("grant_type", "client_credentials"), ("scope", scope)]).await
        };
        let tokens = Tokens::of(&ask("r:view:part a:superuser openid offline_access").await);
        assert_eq!(tokens.scope, "r:view:part");
        assert!(tokens.refresh.is_none() && tokens.id.is_none());
        assert_eq!(Tokens::of(&ask("").await).scope, "g:read", "the default, less what is about persons");
        for none in ["a:superuser", "openid", "openid profile", "r:add:part"] {
            refused(&ask(none).await, 400, "invalid_scope");
        }
        for bad in ["bogus", "r:view:part bogus", "R:view:part", "r:view:part\t", "\"", "r:view", &"g:read ".repeat(101)] {
            refused(&ask(bad).await, 400, "invalid_scope");
        }
        let about = shop.introspect(&app, &tokens.access).await;
        assert_eq!(about["client_id"], "shop");
        assert!(about.get("username").is_none());
        assert_ne!(about["sub"], "shop", "no person's sub can look like it");
        assert_eq!(app.userinfo(&tokens.access).await.status, StatusCode::FORBIDDEN);
    }

    async fn scripts_of_registered_origins_alone_may_read_the_token_endpoint(app: App) {
        let shop = app.confidential("shop").await;
        let grant = form(&[("grant_type", "client_credentials")]).into_bytes();
        for (origin, allowed) in [
            ("https://app.example", true),
            ("https://evil.example", false),
            ("https://app.example.evil.example", false),
            ("http://app.example", false),
            ("https://app.example:8443", false),
            ("null", false),
        ] {
            let expected = if allowed { origin } else { "" };
            let actor = shop.actor().with("Origin", origin);
            let answer = actor.send(&app, Method::POST, PATH, Some((FORM, grant.clone()))).await;
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{origin}");
            let preflight = Actor::anonymous().with("Origin", origin).with("Access-Control-Request-Method", "POST");
            let answer = preflight.send(&app, Method::OPTIONS, PATH, None).await;
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{origin}");
            assert!(answer.status.is_success());
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }

    async fn an_answer_is_for_the_origins_of_the_application_that_asks(app: App) {
        let shop = app.confidential("shop").await;
        let phone = app.public("phone").await;
        app.change(&phone, |row| row.allowed_origins = Set("https://phone.example".into())).await;
        let named = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "phone")];
        let at = |actor: Actor, origin: &str| actor.with("Origin", origin);
        for (actor, fields, origin, allowed) in [
            (at(shop.actor(), "https://phone.example"), &named[..1], "https://phone.example", false),
            (at(shop.actor(), "https://app.example"), &named[..1], "https://app.example", true),
            (at(Actor::anonymous(), "https://phone.example"), &named[..], "https://phone.example", true),
            (at(Actor::anonymous(), "https://app.example"), &named[..], "https://app.example", false),
            (at(Actor::anonymous(), "https://phone.example"), &named[..2], "https://phone.example", false),
        ] {
            let answer = post(&actor, &app, PATH, fields).await;
            assert_eq!(answer.header("access-control-allow-origin"), if allowed { origin } else { "" }, "{fields:?}");
            // What a preflight asks does not tell the application.
            let answer = at(Actor::anonymous(), origin).send(&app, Method::OPTIONS, PATH, None).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin);
        }
        app.change(&phone, |row| row.is_active = Set(false)).await;
        let answer = at(Actor::anonymous(), "https://phone.example").send(&app, Method::OPTIONS, PATH, None).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "of an application that is off");
    }

    async fn every_protocol_endpoint_answers_with_and_without_the_slash_and_names_its_methods(app: App) {
        let shop = app.confidential("shop").await;
        for path in ["/o/token", "/o/revoke_token", "/o/introspect"] {
            for path in [path.to_owned(), format!("{path}/")] {
                let answer = shop.post(&app, &path, &[]).await;
                refused(&answer, 400, "invalid_request");
                for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
                    let answer = Actor::anonymous().send(&app, method.clone(), &path, None).await;
                    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                    assert!(answer.header("allow").contains("POST"), "{path}");
                }
            }
        }
        for path in ["/o/userinfo", "/o/.well-known/openid-configuration", "/o/.well-known/jwks.json", "/o/logout"] {
            for path in [path.to_owned(), format!("{path}/")] {
                let answer = Actor::anonymous().send(&app, Method::DELETE, &path, None).await;
                assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            }
        }
    }
}
