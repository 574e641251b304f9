//! `/accounts/setup/`: the first administrator.

use entities::accounts::user;
use poem::http::StatusCode;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::{
    accounts::{
        author::Author,
        person::{self, Change},
        setup,
    },
    secret::{Kind, Purpose, ServerKey},
};

use crate::support::{App, both, browser::Browser, people::PASSWORD};

async fn path(app: &App) -> String {
    let link = setup::link(&app.ctx).await.unwrap().unwrap();
    link.strip_prefix(&app.ctx.config.origin()).unwrap().to_owned()
}

fn token(path: &str) -> &str {
    path.split_once("token=").unwrap().1
}

async fn people(app: &App) -> u64 {
    user::Entity::find().count(app.ctx.db.reader()).await.unwrap()
}

fn form<'a>(token: &'a str, username: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [("token", token), ("username", username), ("password", password), ("password_again", password)]
}

both! {
    async fn the_link_makes_one_administrator_and_logs_them_in(app: App) {
        let path = path(&app).await;
        let browser = Browser::new(&app).await;
        assert_eq!(browser.get(&path).await.status, StatusCode::OK);
        let answer = browser.post("/accounts/setup/", &form(token(&path), "root", PASSWORD)).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/accounts/?done=setup"));
        let page = browser.get("/accounts/").await;
        assert!(page.body.contains("root") && page.body.contains("Superuser"));

        // Once.
        assert_eq!(setup::link(&app.ctx).await.unwrap(), None);
        let late = Browser::new(&app).await;
        assert_eq!(late.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(late.post("/accounts/setup/", &form(token(&path), "eve", PASSWORD)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(people(&app).await, 1);
    }

    async fn of_many_who_use_the_link_at_once_one_wins(app: App) {
        let path = path(&app).await;
        let mut browsers = Vec::new();
        for _ in 0..8 {
            browsers.push(Browser::new(&app).await);
        }
        let names: Vec<String> = (0..8).map(|n| format!("root{n}")).collect();
        let forms: Vec<_> = names.iter().map(|name| form(token(&path), name, PASSWORD)).collect();
        let attempts = browsers.iter().zip(&forms).map(|(browser, form)| browser.post("/accounts/setup/", form));
        let answers = futures_util::future::join_all(attempts).await;
        let won = answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
        let lost = answers.iter().filter(|answer| answer.status == StatusCode::NOT_FOUND).count();
        assert_eq!((won, lost, people(&app).await), (1, 7, 1));
    }

    async fn another_token_does_not_work(app: App) {
        let path = path(&app).await;
        let foreign = ServerKey::new(&[8; 32]).derived(Kind::SetupLink, Purpose::Setup, &["first administrator"]);
        let session = Kind::Session.generate(stockade::clock::Rng);
        let long = "x".repeat(10_000);
        for token in ["", "x", &foreign, &session, &token(&path)[1..], &long] {
            let browser = Browser::new(&app).await;
            assert_eq!(browser.get(&format!("/accounts/setup/?token={token}")).await.status, StatusCode::NOT_FOUND);
            let answer = browser.post("/accounts/setup/", &form(token, "eve", PASSWORD)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{token}");
        }
        assert_eq!(people(&app).await, 0);
    }

    async fn each_error_stands_beside_its_field_and_nobody_is_made(app: App) {
        let path = path(&app).await;
        let token = token(&path);
        let browser = Browser::new(&app).await;
        let long = "x".repeat(151);
        for (username, password, again, field) in [
            ("", PASSWORD, PASSWORD, "setup-username"),
            ("a b", PASSWORD, PASSWORD, "setup-username"),
            (&long, PASSWORD, PASSWORD, "setup-username"),
            ("root", "short", "short", "setup-password"),
            ("rootrootroot", "rootrootroot", "rootrootroot", "setup-password"),
            ("root", PASSWORD, "something else", "setup-password-again"),
        ] {
            let fields = [("token", token), ("username", username), ("password", password), ("password_again", again)];
            let answer = browser.post("/accounts/setup/", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{username}");
            assert!(answer.body.contains(&format!("id=\"{field}-error-1\"")), "{field}: {}", answer.body);
        }
        assert_eq!(people(&app).await, 0);
    }

    async fn an_inactive_superuser_is_no_administrator(app: App) {
        // Nobody can get there by the pages; a restored backup can.
        let root = app.superuser("root").await;
        let second = app.superuser("second").await;
        person::update(&app.ctx, &Author::operator(), root.id, Change { is_active: Some(false), ..Change::default() }).await.unwrap();
        assert_eq!(setup::link(&app.ctx).await.unwrap(), None);
        app.ctx.db.write(|tx| async move { user::Entity::delete_by_id(second.id).exec(&*tx).await }).await.unwrap();
        assert!(setup::link(&app.ctx).await.unwrap().is_some());
    }

    async fn configuration_makes_the_administrator_once(app: App) {
        assert!(setup::create_administrator(&app.ctx, "root", PASSWORD).await.unwrap().unwrap().is_superuser);
        assert!(setup::create_administrator(&app.ctx, "root2", PASSWORD).await.unwrap().is_none());
        assert_eq!(people(&app).await, 1);
    }
}
