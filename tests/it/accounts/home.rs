//! `/accounts/` and `/`: the account and where it is logged in.

use entities::accounts::session;
use poem::http::StatusCode;
use sea_orm::EntityTrait as _;

use crate::support::{App, both, browser::Browser, people::PASSWORD};

async fn ids(app: &App) -> Vec<i32> {
    let mut ids: Vec<i32> =
        session::Entity::find().all(app.ctx.db.reader()).await.unwrap().into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

both! {
    async fn the_start_page_leads_to_the_account_or_to_the_login(app: App) {
        app.person("ann").await;
        let browser = Browser::new(&app).await;
        let answer = browser.get("/").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/login/?next=%2Faccounts%2F"));
        browser.log_in("ann", PASSWORD).await;
        assert_eq!(browser.get("/").await.location(), "/accounts/");
    }

    async fn a_stranger_is_sent_to_the_login_and_back(app: App) {
        let answer = Browser::new(&app).await.get("/accounts/?a=b&c=%26").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.location(), "/accounts/login/?next=%2Faccounts%2F%3Fa%3Db%26c%3D%2526");
    }

    async fn one_session_can_be_ended_from_another_browser(app: App) {
        app.person("ann").await;
        let (desk, phone) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        let phones = ids(&app).await[1].to_string();
        assert!(desk.get("/accounts/").await.body.contains("This browser"));
        assert_eq!(desk.post("/accounts/sessions/", &[("end", &phones)]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(phone.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        assert_eq!(desk.get("/accounts/").await.status, StatusCode::OK);
    }

    async fn all_other_sessions_can_be_ended_at_once(app: App) {
        app.person("ann").await;
        app.person("bob").await;
        let bob = Browser::logged_in(&app, "bob", PASSWORD).await;
        let desk = Browser::logged_in(&app, "ann", PASSWORD).await;
        let others = [Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await];
        desk.post("/accounts/sessions/", &[("end", "others")]).await;
        for other in others {
            assert_eq!(other.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(desk.get("/accounts/").await.status, StatusCode::OK);
        assert_eq!(bob.get("/accounts/").await.status, StatusCode::OK);
    }

    async fn nobody_ends_the_session_of_somebody_else(app: App) {
        app.person("ann").await;
        app.person("bob").await;
        let ann = Browser::logged_in(&app, "ann", PASSWORD).await;
        let bob = Browser::logged_in(&app, "bob", PASSWORD).await;
        let anns = ids(&app).await[0].to_string();
        for id in [anns.as_str(), "0", "-1", "x", "", "99999999999999999999"] {
            let answer = bob.post("/accounts/sessions/", &[("end", id)]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{id}");
        }
        assert_eq!(ann.get("/accounts/").await.status, StatusCode::OK);
    }

    async fn looking_writes_at_most_once_a_minute(app: App) {
        app.person("ann").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let before = app.ctx.db.writes();
        for _ in 0..5 {
            browser.get("/accounts/").await;
        }
        assert_eq!(app.ctx.db.writes(), before);
        app.ctx.clock.advance(60);
        for _ in 0..5 {
            browser.get("/accounts/").await;
        }
        assert_eq!(app.ctx.db.writes(), before + 1);
        let row = session::Entity::find().one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert!(app.ctx.clock.now() - row.last_seen < 5);
    }
}
