//! `/accounts/password/`.

use entities::{
    accounts::{session, user},
    oauth::grant,
};
use poem::http::StatusCode;
use sea_orm::{EntityTrait as _, prelude::*};

use crate::support::{App, both, browser::Browser, people::PASSWORD};

const NEW: &str = "a quite different phrase";

async fn hash(app: &App) -> String {
    user::Entity::find()
        .filter(user::Column::Username.eq("ann"))
        .one(app.ctx.db.reader())
        .await
        .unwrap()
        .unwrap()
        .password
}

both! {
    async fn it_ends_every_other_session_and_every_grant_and_renews_this_one(app: App) {
        let ann = app.person("ann").await;
        let (desk, phone) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        let grant = app.grant_to(&ann).await;
        let before = desk.cookie("sessionid").unwrap();
        let sid = session::Entity::find().all(app.ctx.db.reader()).await.unwrap().into_iter().min_by_key(|row| row.id).unwrap().sid;

        let answer = desk
            .post("/accounts/password/", &[("old_password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)])
            .await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/?done=password"));
        assert_ne!(desk.cookie("sessionid").unwrap(), before);
        assert_eq!(desk.get("/accounts/").await.status, StatusCode::OK);
        assert_eq!(phone.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        let thief = Browser::new(&app).await;
        thief.plant("sessionid", &before);
        assert_eq!(thief.get("/accounts/").await.status, StatusCode::SEE_OTHER);

        // Applications know this session by its sid, which goes on.
        let rows = session::Entity::find().all(app.ctx.db.reader()).await.unwrap();
        assert_eq!(rows.iter().map(|row| &row.sid).collect::<Vec<_>>(), [&sid]);
        assert!(grant::Entity::find_by_id(grant).one(app.ctx.db.reader()).await.unwrap().unwrap().revoked.is_some());

        assert_eq!(phone.log_in("ann", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(phone.log_in("ann", NEW).await.status, StatusCode::SEE_OTHER);
    }

    async fn each_error_stands_beside_its_field_and_nothing_changes(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let before = hash(&app).await;
        let long = "x".repeat(600);
        for (old, new, again, field) in [
            ("not it, sorry", NEW, NEW, "old-password"),
            ("", NEW, NEW, "old-password"),
            (PASSWORD, "short", "short", "new-password"),
            (PASSWORD, "ann", "ann", "new-password"),
            (PASSWORD, &long, &long, "new-password"),
            (PASSWORD, PASSWORD, PASSWORD, "new-password"),
            (PASSWORD, NEW, "another phrase again", "new-password-again"),
        ] {
            let fields = [("old_password", old), ("new_password", new), ("new_password_again", again)];
            let answer = browser.post("/accounts/password/", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{old} {new}");
            assert!(answer.body.contains(&format!("id=\"{field}-error-1\"")), "{field}: {}", answer.body);
            assert!(!answer.body.contains(PASSWORD) && !answer.body.contains(NEW), "a password is never sent back");
        }
        assert_eq!(hash(&app).await, before);
    }

    async fn guessing_the_old_password_is_limited(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let change = |old: &'static str| [("old_password", old), ("new_password", NEW), ("new_password_again", NEW)];
        for _ in 0..app.ctx.config.password.max_failures {
            browser.post("/accounts/password/", &change("not it, sorry")).await;
        }
        let answer = browser.post("/accounts/password/", &change(PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn it_asks_for_a_login_first(app: App) {
        let answer = Browser::new(&app).await.get("/accounts/password/").await;
        assert_eq!(answer.location(), "/accounts/login/?next=%2Faccounts%2Fpassword%2F");
    }
}
