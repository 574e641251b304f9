//! No secret in any log, at any level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

use crate::support::{
    actors::Actor,
    both,
    browser::Browser,
    oauth::{Tokens, VERIFIER, basic, post, with},
    people::PASSWORD,
};

#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

both! {
    async fn nothing_that_was_issued_or_typed_in_a_run_is_in_its_log(app: App) {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(captured.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);

        app.superuser("ann").await;
        let (shop, phone) = (app.confidential("shop").await, app.public("phone").await);
        let browser = Browser::new(&app).await;
        let wrong = "a wrong password that somebody typed";
        browser.log_in("ann", wrong).await;
        browser.log_in("ann", PASSWORD).await;
        let session = browser.cookie("sessionid").unwrap();
        let form_token = browser.cookie("csrftoken").unwrap();
        let code = browser.code(&shop.url("openid offline_access g:read")).await;
        let first = Tokens::of(&shop.redeem(&app, &code).await);
        shop.redeem(&app, &code).await;
        let mobile = phone.tokens_in(&app, &browser, "openid g:read").await;
        let next = Tokens::of(&phone.refresh(&app, mobile.refresh()).await);
        phone.refresh(&app, next.refresh()).await;
        phone.refresh(&app, mobile.refresh()).await;
        app.userinfo(&first.access).await;
        app.userinfo(&next.access).await;
        shop.introspect(&app, &next.access).await;
        let bad_secret = format!("{}x", shop.secret.as_deref().unwrap());
        post(&Actor::sending(basic("shop", &bad_secret)), &app, "/o/token/", &[("grant_type", "client_credentials")]).await;
        let own = Tokens::of(&shop.post(&app, "/o/token/", &[("grant_type", "client_credentials")]).await);
        Actor::sending(format!("Bearer {}", own.access)).get(&app, "/api/user/me/").await;
        browser.get(&crate::support::oauth::authorize(&with(&shop.asks("bogus"), &[]))).await;
        shop.post(&app, "/o/revoke_token/", &[("token", &own.access)]).await;
        browser.get(&format!("/o/logout/?id_token_hint={}", first.id.as_deref().unwrap())).await;

        let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("answered") && log.contains("replayed"), "something was captured: {log}");
        let secrets = [
            ("password", PASSWORD),
            ("wrong password", wrong),
            ("session", &session),
            ("form token", &form_token),
            ("code", &code),
            ("verifier", VERIFIER),
            ("access token", &first.access),
            ("refresh token", first.refresh()),
            ("ID token", first.id.as_deref().unwrap()),
            ("rotated refresh token", mobile.refresh()),
            ("successor", next.refresh()),
            ("its access token", &next.access),
            ("own access token", &own.access),
            ("client secret", shop.secret.as_deref().unwrap()),
            ("Basic", &basic("shop", shop.secret.as_deref().unwrap())),
        ];
        for (name, secret) in secrets {
            assert!(!log.contains(secret), "the {name} is in the log");
        }
    }
}
