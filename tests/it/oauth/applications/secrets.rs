//! `/o/applications/<pk>/secret/`, and where a secret may be read.

use poem::http::StatusCode;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use stockade::oauth::application::{self, Refused};

use crate::support::{
    App,
    applications::{draft, public_draft},
    both,
    browser::Browser,
    people::PASSWORD,
};

/// The one secret on a page.
fn shown(body: &str) -> String {
    let (_, rest) = body.split_once("<code id=\"client-secret\">").expect("a secret");
    rest.split_once('<').unwrap().0.to_owned()
}

/// Every value of every row of every table.
async fn dump(app: &App) -> String {
    let db = app.ctx.db.reader();
    let backend = db.get_database_backend();
    let list = if app.ctx.db.is_sqlite() {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    } else {
        "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'"
    };
    let tables = db.query_all_raw(sea_orm::Statement::from_string(backend, list)).await.unwrap();
    let mut all = String::new();
    for table in tables {
        let name: String = table.try_get("", "name").unwrap();
        // As text, whatever the columns are.
        let rows = if app.ctx.db.is_sqlite() {
            let columns = db
                .query_all_raw(sea_orm::Statement::from_string(
                    backend,
                    format!("SELECT group_concat('quote(\"' || name || '\")', ' || ''|'' || ') AS c FROM pragma_table_info('{name}')"),
                ))
                .await
                .unwrap();
            let columns: String = columns[0].try_get("", "c").unwrap();
            format!("SELECT CAST({columns} AS TEXT) AS row FROM \"{name}\"")
        } else {
            format!("SELECT t::text AS row FROM \"{name}\" t")
        };
        for row in db.query_all_raw(sea_orm::Statement::from_string(backend, rows)).await.unwrap() {
            all.push_str(&row.try_get::<String>("", "row").unwrap());
            all.push('\n');
        }
    }
    all
}

both! {
    async fn a_secret_is_shown_once_and_stored_nowhere_in_clear(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        let answer = browser
            .post(
                "/o/applications/register/",
                &[
                    ("name", "Portal"),
                    ("client_type", "confidential"),
                    ("grant_types", "authorization_code"),
                    ("redirect_uris", "https://app.example/cb"),
                    ("algorithm", "RS256"),
                    ("scope", "openid"),
                    ("consent", "remember"),
                    ("access_token_lifetime", "3600"),
                    ("id_token_lifetime", "3600"),
                    ("refresh_token_lifetime", "86400"),
                    ("refresh_token_idle_lifetime", "86400"),
                    ("client_id", "portal"),
                ],
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("cache-control"), "no-store");
        let secret = shown(&answer.body);
        let found = application::find(app.ctx.db.reader(), "portal").await.unwrap().unwrap();
        assert!(application::verify_secret(&app.ctx, &found, &secret).await.unwrap());
        for page in ["", "update/", "secret/", "delete/", "?done=registered"] {
            let page = browser.get(&format!("/o/applications/{}/{page}", found.id)).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.body.contains(&secret[4..]), "a secret is readable again");
        }
        assert!(!browser.get("/o/applications/").await.body.contains(&secret[4..]));
        let dump = dump(&app).await;
        assert!(dump.contains("Portal") && dump.contains(&stockade::secret::digest(&secret)), "the dump is no dump");
        assert!(!dump.contains(&secret) && !dump.contains(&secret[4..36]));
    }

    async fn the_old_secret_lives_for_the_chosen_overlap_and_no_longer(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        let stored = app.register(&draft("App")).await;
        let (found, old) = (stored.application, stored.secret.unwrap());
        let address = format!("/o/applications/{}/secret/", found.id);
        let verify = async |value: &str| application::verify_secret(&app.ctx, &found, value).await.unwrap();

        app.give_itself(&found).await;
        let answer = browser.post(&address, &[("overlap", "3600")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let new = shown(&answer.body);
        assert!(verify(&old).await && verify(&new).await);
        assert_eq!(app.access_tokens(&found).await, 1, "an overlap leaves the tokens alone");
        let page = browser.get(&format!("/o/applications/{}/", found.id)).await;
        assert!(page.body.contains("Current") && page.body.contains("Expiring"));
        app.ctx.clock.advance(3599);
        assert!(verify(&old).await);
        app.ctx.clock.advance(1);
        assert!(!verify(&old).await && verify(&new).await);

        let answer = browser.post(&address, &[("overlap", "0")]).await;
        let newest = shown(&answer.body);
        assert!(!verify(&new).await && verify(&newest).await);
        assert_eq!(app.access_tokens(&found).await, 0, "a leaked secret ends the access tokens");
    }

    async fn a_later_secret_never_lengthens_the_life_of_an_earlier_one(app: App) {
        let stored = app.register(&draft("App")).await;
        let (found, first) = (stored.application, stored.secret.unwrap());
        application::new_secret(&app.ctx, found.id, 60).await.unwrap();
        application::new_secret(&app.ctx, found.id, 604_800).await.unwrap();
        app.ctx.clock.advance(61);
        assert!(!application::verify_secret(&app.ctx, &found, &first).await.unwrap());
        // Nor do they pile up.
        for _ in 0..10 {
            application::new_secret(&app.ctx, found.id, 604_800).await.unwrap();
        }
        let rows = entities::oauth::application_secret::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert!(rows <= 5, "{rows}");
    }

    async fn an_overlap_that_is_not_offered_is_refused(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        let stored = app.register(&draft("App")).await;
        let address = format!("/o/applications/{}/secret/", stored.application.id);
        for overlap in ["", "-1", "1", "999999999", "x"] {
            let answer = browser.post(&address, &[("overlap", overlap)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{overlap}");
        }
        let rows = entities::oauth::application_secret::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert_eq!(rows, 1);
    }

    async fn a_public_application_gets_no_secret(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        let stored = app.register(&public_draft("App")).await;
        let refused = application::new_secret(&app.ctx, stored.application.id, 0).await;
        assert!(matches!(refused, Err(Refused::Public)));
        let address = format!("/o/applications/{}/secret/", stored.application.id);
        assert_eq!(browser.get(&address).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(browser.post(&address, &[("overlap", "0")]).await.status, StatusCode::BAD_REQUEST);
    }
}
