//! How applications learn of a logout: by the server, and by frames in the browser.

use std::time::Duration;

use entities::oauth::logout_notice;
use poem::http::StatusCode;
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};
use stockade::oauth::deliver_logouts;
use url::form_urlencoded;

use crate::support::{
    App, both,
    browser::Browser,
    elsewhere::{Elsewhere, Page, may_ask_this_machine},
    oauth::{Client, Tokens, jwt},
    people::PASSWORD,
};

/// An application that wants to be told in the back channel.
async fn told(app: &App, client_id: &str, elsewhere: &Elsewhere) -> Client {
    let uri = elsewhere.at(&format!("/{client_id}"));
    let metadata = json!({"backchannel_logout_uri": uri}).to_string();
    app.enrol(client_id, |row| row.metadata = Set(metadata)).await
}

async fn notices(app: &App) -> u64 {
    logout_notice::Entity::find().count(app.ctx.db.reader()).await.unwrap()
}

/// The claims of the logout tokens that arrived at a path, verified as a client would.
async fn tokens(app: &App, elsewhere: &Elsewhere, path: &str) -> Vec<Value> {
    let set = app.ctx.signing.jwks().await.unwrap();
    let mut claims = Vec::new();
    for asked in elsewhere.asked(path) {
        assert_eq!(asked.content_type, "application/x-www-form-urlencoded");
        let fields: Vec<(String, String)> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
        let [(name, token)] = &fields[..] else { panic!("{fields:?}") };
        assert_eq!(name, "logout_token");
        let header = jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
        let key = jsonwebtoken::DecodingKey::from_jwk(set.find(header.kid.as_ref().unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        claims.push(jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims);
    }
    claims
}

both! {
    async fn every_application_of_the_session_gets_a_logout_token_and_no_other_does(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let mut ids = Vec::new();
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for client_id in ["one", "two"] {
            elsewhere.put(&format!("/{client_id}"), Page::status(200));
            let client = told(&app, client_id, &elsewhere).await;
            ids.push(client.tokens_in(&app, &browser, "openid").await.id.unwrap());
        }
        let other = told(&app, "other", &elsewhere).await;
        other.tokens(&app, "ann", "openid").await;
        // The tokens are long gone, the session is not.
        app.ctx.clock.advance(3 * 3600);
        stockade::oauth::sweep(&app.ctx).await.unwrap();
        browser.post("/accounts/logout/", &[]).await;
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 2);
        for (client_id, id) in ["one", "two"].iter().zip(&ids) {
            let [claims] = &tokens(&app, &elsewhere, &format!("/{client_id}")).await[..] else { panic!("{client_id}") };
            let id = jwt(id).1;
            for claim in ["iss", "sub", "sid", "aud"] {
                assert_eq!(claims[claim], id[claim], "{claim}");
            }
            assert_eq!(claims["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
            assert!(claims["jti"].as_str().unwrap().len() >= 20 && claims.get("nonce").is_none());
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
        }
        assert!(elsewhere.asked("/other").is_empty());
        // Told once.
        assert_eq!((deliver_logouts(&app.ctx).await.unwrap(), notices(&app).await), (0, 0));
    }

    async fn whoever_is_down_is_told_later_even_after_a_restart(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let shop = told(&app, "shop", &elsewhere).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        shop.tokens_in(&app, &browser, "openid").await;
        elsewhere.put("/shop", Page::status(503));
        browser.post("/accounts/logout/", &[]).await;
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 1);
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 0, "not again at once");
        drop(browser);
        let app = app.reconfigured(|_| {}).await;
        elsewhere.put("/shop", Page::status(200));
        app.ctx.clock.advance(60);
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 1);
        assert_eq!((elsewhere.asked("/shop").len(), notices(&app).await), (2, 0));
    }

    async fn nobody_waits_for_the_slowest_and_it_is_given_up_in_the_end(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        for client_id in ["fast", "slow", "slower"] {
            told(&app, client_id, &elsewhere).await.tokens_in(&app, &browser, "openid").await;
        }
        elsewhere.put("/fast", Page::status(204));
        for path in ["/slow", "/slower"] {
            elsewhere.put(path, Page { delay: Duration::from_mins(1), ..Page::status(200) });
        }
        browser.post("/accounts/logout/", &[]).await;
        let began = std::time::Instant::now();
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 3);
        assert!(began.elapsed() < Duration::from_secs(9), "in parallel, five seconds each");
        assert_eq!(notices(&app).await, 2);
        for path in ["/slow", "/slower"] {
            elsewhere.put(path, Page::status(400));
        }
        for _ in 0..20 {
            app.ctx.clock.advance(43_200);
            deliver_logouts(&app.ctx).await.unwrap();
        }
        assert_eq!(notices(&app).await, 0);
        assert_eq!(elsewhere.asked("/slow").len(), 11);
    }

    async fn of_two_instances_one_tells(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        app.superuser("ann").await;
        let shop = told(&app, "shop", &elsewhere).await;
        elsewhere.put("/shop", Page { delay: Duration::from_millis(300), ..Page::status(200) });
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        shop.tokens_in(&app, &browser, "openid").await;
        browser.post("/accounts/logout/", &[]).await;
        let (a, b) = tokio::join!(deliver_logouts(&app.ctx), deliver_logouts(&app.ctx));
        assert_eq!(a.unwrap() + b.unwrap(), 1);
        assert_eq!(elsewhere.asked("/shop").len(), 1);
    }

    async fn a_session_that_is_ended_otherwise_is_told_too(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        let ann = app.superuser("ann").await;
        app.superuser("bob").await;
        let shop = told(&app, "shop", &elsewhere).await;
        elsewhere.put("/shop", Page::status(200));
        // From another browser.
        shop.tokens(&app, "ann", "openid").await;
        let here = Browser::logged_in(&app, "ann", PASSWORD).await;
        here.post("/accounts/sessions/", &[("end", "others")]).await;
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 1);
        // By somebody else who logs in on the same browser.
        shop.tokens_in(&app, &here, "openid").await;
        here.log_in("bob", PASSWORD).await;
        assert_eq!(deliver_logouts(&app.ctx).await.unwrap(), 1);
        let subs: Vec<Value> = tokens(&app, &elsewhere, "/shop").await.iter().map(|claims| claims["sub"].clone()).collect();
        assert_eq!(subs, [ann.sub.as_str(), ann.sub.as_str()]);
    }

    async fn frames_tell_the_applications_of_the_session_and_then_the_way_goes_on(app: App) {
        app.superuser("ann").await;
        let metadata = json!({"frontchannel_logout_uri": "https://app.example/out?x=1"}).to_string();
        let shop = app.enrol("shop", |row| row.metadata = Set(metadata)).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let Tokens { id, .. } = shop.tokens_in(&app, &browser, "openid").await;
        let hint = id.unwrap();
        let sid = jwt(&hint).1["sid"].as_str().unwrap().to_owned();
        let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://app.example/bye"), ("state", "s")];
        let answer = browser.get(&super::super::url(&fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let address = answer.location().to_owned();
        let page = browser.get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let issuer: String = form_urlencoded::byte_serialize(app.ctx.config.issuer().as_bytes()).collect();
        let frame = format!("https://app.example/out?x=1&#38;iss={issuer}&#38;sid={sid}");
        assert!(page.body.contains(&frame), "{frame} in {}", page.body);
        assert!(page.body.contains("href=\"https://app.example/bye?state=s\""), "{}", page.body);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-src https://app.example;") && policy.contains("frame-ancestors 'none'"), "{policy}");
        // Nobody else makes frames or redirects of this page.
        for (from, to) in [("bye", "evil"), ("sid=", "sid=0"), ("applications=", "applications=1.")] {
            assert_eq!(browser.get(&address.replace(from, to)).await.status, StatusCode::NOT_FOUND);
        }
        // The second time there is nobody to log out, and the way goes on at once.
        assert_eq!(browser.get(&super::super::url(&fields)).await.location(), "https://app.example/bye?state=s");
    }

    async fn a_logout_of_our_own_pages_opens_the_frames_too(app: App) {
        app.superuser("ann").await;
        let metadata = json!({"frontchannel_logout_uri": "https://app.example/out"}).to_string();
        let shop = app.enrol("shop", |row| row.metadata = Set(metadata)).await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        shop.tokens_in(&app, &browser, "openid").await;
        let answer = browser.post("/o/logout/", &[("confirm", "yes")]).await;
        let page = browser.get(answer.location()).await;
        assert!(page.body.contains("https://app.example/out?iss="), "{}", page.body);
        assert!(page.body.contains("href=\"/o/logout/\""));
    }
}
