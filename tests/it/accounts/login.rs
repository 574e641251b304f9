//! `/accounts/login/` and `/accounts/logout/`.

use poem::http::{Method, StatusCode};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::accounts::{
    author::Author,
    person::{self, Change},
};

use crate::support::{App, both, browser::Browser, people::PASSWORD};

async fn sessions(app: &App) -> u64 {
    entities::accounts::session::Entity::find().count(app.ctx.db.reader()).await.unwrap()
}

/// A page without what differs from browser to browser.
fn without_token(body: &str) -> String {
    let mut out = body.to_owned();
    while let Some((before, rest)) = out.clone().split_once("name=\"csrf_token\" value=\"") {
        let (_, after) = rest.split_once('"').unwrap();
        out = format!("{before}TOKEN{after}");
    }
    out
}

both! {
    async fn the_right_password_leads_on_by_303_with_a_session(app: App) {
        app.person("ann").await;
        let browser = Browser::new(&app).await;
        let answer = browser.post("/accounts/login/", &[("username", "ann"), ("password", PASSWORD), ("next", "/o/applications/?x=1")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.location(), "/o/applications/?x=1");
        assert_eq!(answer.body, "");
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
        let session = cookies.iter().find(|cookie| cookie.starts_with("sessionid=")).unwrap();
        assert!(session.contains("HttpOnly") && session.contains("SameSite=Lax") && session.contains("Path=/"), "{session}");
        assert!(browser.get("/accounts/").await.body.contains("ann"));
    }

    async fn unknown_wrong_locked_and_inactive_look_the_same(app: App) {
        app.superuser("root").await;
        app.person("person2").await;
        let off = app.person("person4").await;
        person::update(&app.ctx, &Author::operator(), off.id, Change { is_active: Some(false), ..Change::default() }).await.unwrap();
        app.person("person3").await;
        let browser = Browser::new(&app).await;
        for _ in 0..app.ctx.config.password.max_failures {
            browser.log_in("person3", "not it, sorry").await;
        }
        let mut seen = Vec::new();
        for (username, password) in [("person1", PASSWORD), ("person2", "not it, sorry"), ("person3", PASSWORD), ("person4", PASSWORD)] {
            let answer = Browser::new(&app).await.log_in(username, password).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{username}");
            seen.push(without_token(&answer.body).replace(username, "NAME"));
        }
        assert!(seen[0].contains("The user name or the password is wrong."));
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        assert_eq!(sessions(&app).await, 0);
    }

    async fn a_locked_account_opens_after_the_lockout(app: App) {
        app.person("ann").await;
        let browser = Browser::new(&app).await;
        for _ in 0..app.ctx.config.password.max_failures {
            browser.log_in("ann", "not it, sorry").await;
        }
        assert_eq!(browser.log_in("ann", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Guessing on does not prolong it.
        app.ctx.clock.advance(app.ctx.config.password.lockout_seconds - 1);
        assert_eq!(browser.log_in("ann", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.ctx.clock.advance(2);
        assert_eq!(browser.log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_login_gives_a_new_session_id_and_a_new_form_token(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let (session, token) = (browser.cookie("sessionid").unwrap(), browser.cookie("csrftoken").unwrap());
        // Again, in the same browser: the id from before is dead, whoever holds it.
        assert_eq!(browser.log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert_ne!(browser.cookie("sessionid").unwrap(), session);
        assert_ne!(browser.cookie("csrftoken").unwrap(), token);
        assert_eq!(sessions(&app).await, 1);
        let thief = Browser::new(&app).await;
        thief.plant("sessionid", &session);
        assert_eq!(thief.get("/accounts/").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_planted_session_id_is_not_adopted(app: App) {
        app.person("ann").await;
        app.person("eve").await;
        let eve = Browser::logged_in(&app, "eve", PASSWORD).await;
        let planted = eve.cookie("sessionid").unwrap();
        let ann = Browser::new(&app).await;
        ann.plant("sessionid", &planted);
        assert_eq!(ann.log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert_ne!(ann.cookie("sessionid").unwrap(), planted);
        // The planted one did not become Ann's; it ended.
        let answer = eve.get("/accounts/").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }

    async fn next_never_leads_to_another_site(app: App) {
        app.person("ann").await;
        for evil in [
            "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example/", "javascript:alert(1)",
            "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "/%2fevil.example", "/%5cevil.example", " //evil.example",
            "/.//evil.example", "/x/..//evil.example", "http://127.0.0.1:8000@evil.example/", "data:text/html,x", "/\r\nLocation: https://evil.example",
        ] {
            let browser = Browser::new(&app).await;
            let answer = browser.post("/accounts/login/", &[("username", "ann"), ("password", PASSWORD), ("next", evil)]).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/"), "{evil:?}");
        }
        let answer = Browser::new(&app).await.get("/accounts/login/?next=//evil.example").await;
        assert!(!answer.body.contains("evil.example"));
    }

    async fn the_page_has_its_stable_ids_and_prefills_the_hint(app: App) {
        let answer = Browser::new(&app).await.get("/accounts/login/?next=/o/applications/&login_hint=ann%22%3E%3Cb%3E").await;
        for id in ["login-username", "login-password", "login-submit"] {
            assert!(answer.body.contains(&format!("id=\"{id}\"")), "{id}");
        }
        assert_eq!(answer.hidden("next"), Some("/o/applications/"));
        assert!(answer.body.contains("value=\"ann&#34;&#62;&#60;b&#62;\""), "{}", answer.body);
        // No application waits, so there is nothing to cancel.
        assert!(!answer.body.contains("login-cancel"));
    }

    async fn the_application_that_waits_is_named_and_may_be_cancelled(app: App) {
        let client_id = "zDFnsiRheJIOKNx6aCQ0quBxECg1QBHtVFDPloJ6";
        let query = |redirect: &str| format!("/o/authorize/?client_id={client_id}&redirect_uri={redirect}&response_type=code&state=s");
        let login = |next: &str| stockade::accounts::login_url(next, None);
        let browser = Browser::new(&app).await;
        let next = query("http%3A%2F%2F127.0.0.1%3A49152%2F");
        let page = browser.get(&login(&next)).await;
        assert!(page.body.contains("to continue to"), "{}", page.body);
        assert!(page.body.contains(&format!("id=\"login-cancel\" href=\"{}&#38;cancel=1\"", next.replace('&', "&#38;"))), "{}", page.body);
        assert!(page.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:49152;"));
        // Not for an address that is not the application's, and not for an application that does not exist.
        for next in [query("https%3A%2F%2Fevil.example%2F"), next.replace(client_id, "nobody"), format!("{next}&client_id=x")] {
            let page = browser.get(&login(&next)).await;
            assert!(!page.body.contains("login-cancel"), "{next}");
            assert!(page.header("content-security-policy").contains("form-action 'self';"), "{next}");
        }
    }

    async fn a_form_without_this_browsers_token_is_refused(app: App) {
        app.person("ann").await;
        let right = format!("username=ann&password={}", PASSWORD.replace(' ', "+"));
        let origin = app.ctx.config.origin();
        let browser = Browser::new(&app).await;
        let token = browser.cookie("csrftoken").unwrap();
        let other = Browser::new(&app).await.cookie("csrftoken").unwrap();
        let with = |token: &str| format!("{right}&csrf_token={token}").into_bytes();
        for (body, origin) in [
            (right.clone().into_bytes(), origin.as_str()),
            (with(""), &origin),
            (with(&other), &origin),
            (with(&token), "https://evil.example"),
            (with(&token), "null"),
        ] {
            let answer = browser.send(Method::POST, "/accounts/login/", &[("Origin", origin)], Some(body)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.body.contains("<h1>Please try again</h1>"));
        }
        let referer = [("Referer", "https://evil.example/")];
        let answer = browser.send(Method::POST, "/accounts/login/", &referer, Some(with(&token))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(sessions(&app).await, 0);
        let answer = browser.send(Method::POST, "/accounts/login/", &[], Some(with(&token))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }

    async fn logging_out_ends_this_browsers_session_only(app: App) {
        app.person("ann").await;
        let (desk, phone) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        let session = desk.cookie("sessionid").unwrap();
        assert!(desk.get("/accounts/logout/").await.body.contains("id=\"logout-confirm\""));
        assert_eq!(sessions(&app).await, 2, "a GET ends nothing");
        let answer = desk.post("/accounts/logout/", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/login/"));
        assert_eq!(desk.cookie("sessionid"), None);
        // The cookie is gone, and what it held is worth nothing.
        desk.plant("sessionid", &session);
        assert_eq!(desk.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        assert_eq!(phone.get("/accounts/").await.status, StatusCode::OK);
        // Twice is no fault.
        assert_eq!(desk.post("/accounts/logout/", &[]).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_session_ends_when_it_was_idle_or_is_old(app: App) {
        app.person("ann").await;
        let idle = Browser::logged_in(&app, "ann", PASSWORD).await;
        app.ctx.clock.advance(app.ctx.config.session.idle_seconds);
        assert_eq!(idle.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        let busy = Browser::logged_in(&app, "ann", PASSWORD).await;
        let mut passed = 0;
        while passed + 3600 * 20 < app.ctx.config.session.absolute_seconds {
            app.ctx.clock.advance(3600 * 20);
            passed += 3600 * 20;
            assert_eq!(busy.get("/accounts/").await.status, StatusCode::OK, "{passed}");
        }
        app.ctx.clock.advance(3600 * 20);
        assert_eq!(busy.get("/accounts/").await.status, StatusCode::SEE_OTHER);
    }

    async fn an_inactive_person_has_no_session_any_more(app: App) {
        let ann = app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        person::update(&app.ctx, &Author::operator(), ann.id, Change { is_active: Some(false), ..Change::default() }).await.unwrap();
        assert_eq!(browser.get("/accounts/").await.status, StatusCode::SEE_OTHER);
    }
}
