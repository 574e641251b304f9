//! The second factor of people: `/accounts/second-factor/`, and the second step of a login.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::accounts::recovery_code;
use poem::http::{Method, StatusCode};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::accounts::{author::Author, second_factor, second_factor::totp};

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::{Answer, Browser},
    oauth::hidden,
    people::{PASSWORD, basic},
};

const SET_UP: &str = "/accounts/second-factor/set-up/";

/// The secret that a page shows to type.
fn secret(page: &Answer) -> Vec<u8> {
    let (_, rest) = page.body.split_once("id=\"factor-secret\">").expect("the page shows the secret");
    let text: String = rest.split('<').next().unwrap().chars().filter(|c| !c.is_whitespace()).collect();
    let bits = text.bytes().flat_map(|byte| {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            other => panic!("{other} is no base 32"),
        };
        (0..5).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit)).collect()
}

fn recovery_codes(page: &Answer) -> Vec<String> {
    let (_, rest) = page.body.split_once("id=\"recovery-codes\"").expect("the page shows recovery codes");
    let list = rest.split("</ul>").next().unwrap();
    list.split("<code>").skip(1).map(|code| code.split('<').next().unwrap().to_owned()).collect()
}

/// What an authenticator app shows.
fn shown(app: &App, secret: &[u8]) -> String {
    totp::shown(secret, app.ctx.clock.now())
}

/// Sets it up in a browser: the secret of the app, and the recovery codes.
async fn enrol(app: &App, browser: &Browser<'_>) -> (Vec<u8>, Vec<String>) {
    let page = browser.get(SET_UP).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let (secret, sealed) = (secret(&page), hidden(&page, "secret"));
    let done = browser.post(SET_UP, &[("secret", &sealed), ("code", &shown(app, &secret))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes = recovery_codes(&done);
    assert_eq!(codes.len(), 10);
    // The code is spent.
    app.ctx.clock.advance(60);
    (secret, codes)
}

/// The second step, after the first.
async fn second_step(browser: &Browser<'_>, page: &Answer, code: &str) -> Answer {
    let (ticket, next) = (hidden(page, "ticket"), hidden(page, "next"));
    browser.post("/accounts/login/code/", &[("ticket", &ticket), ("next", &next), ("code", code)]).await
}

async fn is_in(browser: &Browser<'_>) -> bool {
    browser.get("/accounts/").await.status == StatusCode::OK
}

both! {
    async fn a_login_takes_both_steps_and_no_session_begins_before_the_second(app: App) {
        app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, _) = enrol(&app, &own).await;
        assert!(is_in(&own).await, "whoever sets it up stays logged in");

        let browser = Browser::new(&app).await;
        let page = browser.post("/accounts/login/", &[("username", "ann"), ("password", PASSWORD), ("next", "/accounts/password/")]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("one-time-code") && browser.cookie("sessionid").is_none());
        assert!(!is_in(&browser).await);
        let wrong = second_step(&browser, &page, "000000").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(browser.cookie("sessionid").is_none());
        let answer = second_step(&browser, &wrong, &shown(&app, &secret)).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/password/"));
        assert!(is_in(&browser).await);
    }

    async fn a_code_is_good_once_and_a_recovery_code_too(app: App) {
        app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, codes) = enrol(&app, &own).await;
        let code = shown(&app, &secret);
        for (given, good) in [
            (code.as_str(), true),
            (&code, false),
            (&codes[3], true),
            (&codes[3], false),
            (&codes[4].to_lowercase().replace('-', " "), true),
            ("", false),
            ("ABCD-EFGH-IJKL-MNOP", false),
        ] {
            let browser = Browser::new(&app).await;
            let page = browser.log_in("ann", PASSWORD).await;
            let answer = second_step(&browser, &page, given).await;
            assert_eq!(answer.status == StatusCode::SEE_OTHER, good, "{given}");
            assert_eq!(is_in(&browser).await, good, "{given}");
        }
        assert_eq!(recovery_code::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 8);
    }

    async fn of_many_who_send_one_code_at_once_one_gets_in(app: App) {
        app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, codes) = enrol(&app, &own).await;
        for code in [shown(&app, &secret), codes[0].clone()] {
            let mut tried = Vec::new();
            for _ in 0..6 {
                let browser = Browser::new(&app).await;
                let page = browser.log_in("ann", PASSWORD).await;
                tried.push((browser, page));
            }
            let answers = futures_util::future::join_all(tried.iter().map(|(b, page)| second_step(b, page, &code))).await;
            assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count(), 1);
        }
    }

    async fn guesses_at_a_code_are_limited_and_a_right_password_does_not_forgive_them(app: App) {
        app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, _) = enrol(&app, &own).await;
        let browser = Browser::new(&app).await;
        for _ in 0..app.ctx.config.password.max_failures {
            let page = browser.log_in("ann", PASSWORD).await;
            second_step(&browser, &page, "000000").await;
        }
        let locked = |advance| {
            let (app, secret, browser) = (&app, &secret, &browser);
            async move {
                app.ctx.clock.advance(advance);
                let page = browser.log_in("ann", PASSWORD).await;
                second_step(browser, &page, &shown(app, secret)).await.status == StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        assert!(locked(0).await);
        assert!(locked(app.ctx.config.password.lockout_seconds + 1).await, "for longer than a password is");
        assert!(!locked(app.ctx.config.password.lockout_seconds * 12).await);
    }

    async fn a_ticket_is_of_one_browser_of_some_minutes_and_of_one_password(app: App) {
        let ann = app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, codes) = enrol(&app, &own).await;
        let (first, second) = (Browser::new(&app).await, Browser::new(&app).await);
        let page = first.log_in("ann", PASSWORD).await;
        let elsewhere = second_step(&second, &page, &shown(&app, &secret)).await;
        assert!(elsewhere.location().starts_with("/accounts/login/?"), "{}", elsewhere.location());
        for ticket in ["", "1.2.3", &hidden(&page, "ticket").replacen('.', ".9", 1)] {
            let answer = first.post("/accounts/login/code/", &[("ticket", ticket), ("next", "/"), ("code", &codes[0])]).await;
            assert!(answer.location().starts_with("/accounts/login/?"), "{ticket}");
        }
        app.ctx.clock.advance(301);
        assert!(second_step(&first, &page, &codes[0]).await.location().starts_with("/accounts/login/?"), "too late");
        let page = first.log_in("ann", PASSWORD).await;
        stockade::accounts::person::set_password(&app.ctx, &Author::operator(), ann.id, "a quite different phrase", false).await.unwrap();
        assert!(second_step(&first, &page, &codes[0]).await.location().starts_with("/accounts/login/?"), "another password");
        assert!(!is_in(&first).await && !is_in(&second).await);
    }

    async fn the_password_alone_is_refused_by_basic_and_an_api_token_works(app: App) {
        let ann = app.person("ann").await;
        let token = app.by_token(&ann).await;
        // Remembered as verified, from before.
        assert_eq!(basic("ann", PASSWORD).get(&app, "/api/user/me/").await.status, 200);
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        enrol(&app, &own).await;
        for path in ["/api/user/me/", "/api/user/token/?name=x"] {
            let answer = basic("ann", PASSWORD).get(&app, path).await;
            assert_eq!(answer.status, 401);
            assert!(answer.text.contains("second factor"), "{}", answer.text);
        }
        assert!(basic("ann", "wrong phrase").get(&app, "/api/user/me/").await.text.contains("Invalid username/password."));
        assert_eq!(token.get(&app, "/api/user/me/").await.status, 200);
        let typed = format!("Basic {}", STANDARD.encode(format!("ann:{PASSWORD}000000")));
        assert_eq!(Actor::sending(typed).get(&app, "/api/user/me/").await.status, 401);
    }

    async fn setting_up_ends_every_other_session_and_takes_the_code_of_the_offered_secret(app: App) {
        app.person("ann").await;
        let (own, other) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        let page = own.get(SET_UP).await;
        assert!(page.body.contains("<svg") && page.body.contains("otpauth://totp/Stockade:ann?secret="));
        let wrong = own.post(SET_UP, &[("secret", &hidden(&page, "secret")), ("code", "123")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(secret(&wrong), secret(&page), "the same secret is offered again");
        // A secret that somebody else chose, by a form of theirs.
        let planted = other.get(SET_UP).await;
        let code = shown(&app, &secret(&planted));
        let answer = own.post(SET_UP, &[("secret", &hidden(&planted, "secret")), ("code", &code)]).await;
        assert_eq!(answer.location(), SET_UP);
        enrol(&app, &own).await;
        assert!(is_in(&own).await && !is_in(&other).await);
        assert_eq!(own.get(SET_UP).await.location(), "/accounts/second-factor/", "it is on already");
    }

    async fn to_change_it_takes_a_login_of_the_last_minutes(app: App) {
        app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        app.ctx.clock.advance(601);
        assert!(own.get(SET_UP).await.location().starts_with("/accounts/login/?next=%2Faccounts%2Fsecond-factor%2Fset-up%2F"));
        own.log_in("ann", PASSWORD).await;
        let (secret, codes) = enrol(&app, &own).await;
        app.ctx.clock.advance(601);
        for path in ["/accounts/second-factor/codes/", "/accounts/second-factor/remove/"] {
            assert!(own.post(path, &[]).await.location().starts_with("/accounts/login/?"), "{path}");
        }
        let page = own.log_in("ann", PASSWORD).await;
        second_step(&own, &page, &shown(&app, &secret)).await;
        let renewed = recovery_codes(&own.post("/accounts/second-factor/codes/", &[]).await);
        let browser = Browser::new(&app).await;
        let page = browser.log_in("ann", PASSWORD).await;
        assert_eq!(second_step(&browser, &page, &codes[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "of before");
        assert_eq!(second_step(&browser, &page, &renewed[0]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(own.post("/accounts/second-factor/remove/", &[]).await.status, StatusCode::SEE_OTHER);
        assert!(is_in(&own).await && !is_in(&browser).await, "the others end");
        assert_eq!(Browser::new(&app).await.log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_superuser_and_nobody_else_removes_it_for_another(app: App) {
        let ann = app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        enrol(&app, &own).await;
        let path = format!("/api/user/{}/second-factor/", ann.id);
        let (staff, root) = (app.staff("bob").await, app.root().await);
        for (actor, status) in [
            (app.by_token(&staff).await, 403),
            (app.by_token(&ann).await, 403),
            (Actor::anonymous(), 401),
            (root.clone(), 204),
            (root, 404),
        ] {
            assert_eq!(actor.call(&app, Method::DELETE, &path, None).await.status, status);
        }
        assert!(!is_in(&own).await);
        assert_eq!(own.log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert!(!second_factor::remove(&app.ctx, &Author::operator(), ann.id).await.unwrap());
    }

    async fn the_database_alone_yields_neither_the_secret_nor_a_recovery_code(app: App) {
        let ann = app.person("ann").await;
        let own = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (secret, codes) = enrol(&app, &own).await;
        let row = stockade::accounts::person::by_id(app.ctx.db.reader(), ann.id).await.unwrap().unwrap();
        let sealed = row.totp.unwrap();
        assert!(!sealed.contains(&String::from_utf8_lossy(&secret).into_owned()) && sealed.len() > 60);
        let stored = recovery_code::Entity::find().all(app.ctx.db.reader()).await.unwrap();
        for code in &codes {
            let plain = code.replace('-', "");
            assert!(stored.iter().all(|row| row.digest != stockade::secret::digest(&plain) && !row.digest.contains(&plain)));
        }
    }
}
