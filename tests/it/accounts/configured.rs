//! What the operator's configuration changes on the pages of accounts.

use entities::accounts::session;
use poem::http::{Method, StatusCode};
use sea_orm::EntityTrait as _;
use stockade::{accounts::setup, config::Config};

use crate::support::{App, both, browser::Browser, people::PASSWORD};

/// Logs in from behind a proxy, and returns the address that the session remembers.
async fn address(app: &App, forwarded: &str) -> String {
    let browser = Browser::new(app).await;
    let token = browser.cookie("csrftoken").unwrap();
    let body = format!("csrf_token={token}&username=ann&password={}", PASSWORD.replace(' ', "+")).into_bytes();
    let headers = [("Origin", app.ctx.config.origin()), ("X-Forwarded-For", forwarded.to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = browser.send(Method::POST, "/accounts/login/", &headers, Some(body)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let rows = session::Entity::find().all(app.ctx.db.reader()).await.unwrap();
    rows.into_iter().max_by_key(|row| row.id).unwrap().address
}

both! {
    async fn behind_tls_every_cookie_is_secure(app: App) {
        app.person("ann").await;
        let app = app.reconfigured(|config| config.site_url = "https://inv.example".parse().ok()).await;
        let browser = Browser::new(&app).await;
        let answer = browser.log_in("ann", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(cookies.len(), 3, "{cookies:?}");
        assert!(cookies.iter().all(|cookie| cookie.contains("Secure")), "{cookies:?}");
        // The plain origin is another site now.
        let token = browser.cookie("csrftoken").unwrap();
        let body = format!("csrf_token={token}").into_bytes();
        let answer = browser.send(Method::POST, "/accounts/logout/", &[("Origin", "http://inv.example")], Some(body)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }

    async fn a_full_password_pool_sheds_with_503_and_a_time_to_come_back(app: App) {
        app.person("ann").await;
        let app = app
            .reconfigured(|config| {
                (config.password.parallel, config.password.queue) = (1, 0);
                // Long enough for the others to arrive meanwhile.
                (config.password.memory_kib, config.password.iterations) = (8 * 1024, 4);
            })
            .await;
        let mut browsers = Vec::new();
        for _ in 0..6 {
            browsers.push(Browser::new(&app).await);
        }
        let attempts = browsers.iter().map(|browser| browser.log_in("nobody", "guess guess"));
        let answers = futures_util::future::join_all(attempts).await;
        let busy: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE).collect();
        assert!(!busy.is_empty());
        for answer in &busy {
            assert_eq!(answer.header("retry-after"), "2");
            assert!(answer.body.contains("<h1>One moment, please</h1>"));
        }
        assert!(answers.iter().any(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY), "one was served");
        assert_eq!(browsers[0].log_in("ann", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_forwarded_address_is_believed_of_trusted_proxies_only(app: App) {
        app.person("ann").await;
        assert_eq!(address(&app, "198.51.100.7").await, "127.0.0.1");
        let app = app.reconfigured(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
        assert_eq!(address(&app, "198.51.100.7").await, "198.51.100.7");
        assert_eq!(address(&app, "203.0.113.66, 198.51.100.7").await, "198.51.100.7");
    }

    async fn the_configured_administrator_is_made_at_the_first_start_only(app: App) {
        let administrator = |name: &'static str| {
            move |config: &mut Config| {
                let variables = [("STOCKADE_ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned())];
                config.admin_password = Config::load(None, variables).unwrap().admin_password;
                config.admin_username = Some(name.to_owned());
            }
        };
        let app = app.reconfigured(administrator("root")).await;
        assert_eq!(setup::link(&app.ctx).await.unwrap(), None);
        Browser::logged_in(&app, "root", PASSWORD).await;
        let app = app.reconfigured(administrator("other")).await;
        assert_eq!(Browser::new(&app).await.log_in("other", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
