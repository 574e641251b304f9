//! Bad input: every form answers it with a 4xx page, and nothing changes.

use poem::http::{Method, StatusCode};
use proptest::prelude::*;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::web::form::Form;

use crate::support::{both, browser::Browser, people::PASSWORD};

const FORMS: [&str; 5] =
    ["/accounts/login/", "/accounts/logout/", "/accounts/password/", "/accounts/sessions/", "/accounts/setup/"];

both! {
    async fn bad_bodies_get_a_page_that_says_what_is_wrong(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let origin = app.ctx.config.origin();
        let token = browser.cookie("csrftoken").unwrap();
        let before = app.ctx.db.writes();
        let with = |rest: &[u8]| [format!("csrf_token={token}&").as_bytes(), rest].concat();
        let big = vec![b'x'; 100_000];
        for path in FORMS {
            for (body, status, says) in [
                (with(b"username=%00"), StatusCode::BAD_REQUEST, "NUL"),
                (with(b"username=\xff"), StatusCode::BAD_REQUEST, "UTF-8"),
                (with(b"username=%C3%28"), StatusCode::BAD_REQUEST, "UTF-8"),
                (with(b"username=%zz"), StatusCode::BAD_REQUEST, "percent"),
                (with(&[b"username=", big.as_slice()].concat()), StatusCode::PAYLOAD_TOO_LARGE, "64 kB"),
            ] {
                let answer = browser.send(Method::POST, path, &[("Origin", &origin)], Some(body)).await;
                assert_eq!(answer.status, status, "{path} {says}");
                assert!(answer.body.contains(says) && answer.body.contains("<h1>"), "{path} {says}: {}", answer.body);
            }
            let json = [("Content-Type", "application/json"), ("Origin", &origin)];
            let answer = browser.send(Method::POST, path, &json, None).await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
            let answer = browser.send(Method::PUT, path, &[], None).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
        assert_eq!(app.ctx.db.writes(), before);
        assert_eq!(browser.get("/accounts/").await.status, StatusCode::OK);
    }

    async fn a_field_that_comes_twice_is_refused(app: App) {
        app.person("ann").await;
        let browser = Browser::new(&app).await;
        for (path, fields) in [
            ("/accounts/login/", &[("username", "ann"), ("username", "bob"), ("password", PASSWORD)][..]),
            ("/accounts/login/", &[("username", "ann"), ("password", PASSWORD), ("password", PASSWORD)]),
            ("/accounts/login/", &[("username", "ann"), ("password", PASSWORD), ("next", "/"), ("next", "/a")]),
            ("/accounts/setup/", &[("token", "a"), ("token", "b")]),
        ] {
            let answer = browser.post(path, fields).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {fields:?}");
            assert!(answer.body.contains("more than once"));
        }
        let sessions = entities::accounts::session::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert_eq!(sessions, 0);
    }

    async fn a_bad_query_gets_a_page_too(app: App) {
        let browser = Browser::new(&app).await;
        for path in ["/accounts/login/?next=%ff", "/accounts/login/?next=%00", "/accounts/login/?next=/a&next=/b", "/accounts/setup/?token=%ff"] {
            assert_eq!(browser.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
        }
        assert_eq!(browser.get("/accounts/nothing/here/").await.status, StatusCode::NOT_FOUND);
    }

    async fn a_text_that_no_field_expects_breaks_nothing(app: App) {
        app.person("ann").await;
        let browser = Browser::new(&app).await;
        let long = "\u{1f40e}".repeat(1_500);
        for text in ["' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "\u{202e}\u{0}x".trim_matches('\0'), "ann\u{200b}", &long] {
            let text = text.replace('\0', "");
            let answer = browser.log_in(&text, &text).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text:.40}");
            assert!(!answer.body.contains("<script>alert"), "escaped");
        }
    }
}

proptest! {
    #[test]
    fn a_parsed_field_is_what_was_sent_or_nothing(name in "[a-z]{1,8}", value in ".{0,40}") {
        let text = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
        match Form::parse(text.as_bytes()) {
            Ok(form) => prop_assert_eq!(form.get(&name), Some(value.as_str())),
            Err(_) => prop_assert!(value.contains('\0')),
        }
    }
}
