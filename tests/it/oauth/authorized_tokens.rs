//! `/o/authorized_tokens/`: everybody sees and revokes their own.

use entities::{accounts::user, oauth::grant};
use poem::http::StatusCode;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use stockade::oauth::application::{self, Draft};

use crate::support::{
    App,
    applications::{draft, public_draft},
    both,
    browser::Browser,
    people::PASSWORD,
};

async fn log_in<'a>(app: &'a App, person: &user::Model) -> Browser<'a> {
    Browser::logged_in(app, &person.username, PASSWORD).await
}

both! {
    async fn the_anonymous_are_sent_to_the_login(app: App) {
        let stranger = Browser::new(&app).await;
        for address in ["/o/authorized_tokens/", "/o/authorized_tokens", "/o/authorized_tokens/1/delete/"] {
            let answer = stranger.get(address).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert!(answer.location().starts_with("/accounts/login/?next=%2Fo%2Fauthorized_tokens"));
        }
        assert_eq!(stranger.post("/o/authorized_tokens/1/delete/", &[]).await.status, StatusCode::SEE_OTHER);
    }

    async fn people_see_what_they_granted_in_words_and_when(app: App) {
        let ann = app.person("ann").await;
        let browser = log_in(&app, &ann).await;
        assert!(browser.get("/o/authorized_tokens/").await.body.contains("Nothing is authorized"));
        let portal = app.register(&draft("Portal")).await.application;
        app.give(&ann, &portal, "openid r:view:part").await;
        app.give(&ann, &portal, "openid r:change:part").await;
        let body = browser.get("/o/authorized_tokens").await.body;
        assert_eq!(body.matches(">Portal").count(), 1, "one entry an application");
        assert!(body.contains("View and change parts") && body.contains("r:view:part r:change:part"), "{body}");
        assert!(body.contains("Know who you are") && body.contains("Last used"));
        assert!(!body.contains("stock items"));
    }

    async fn revoking_ends_every_token_of_that_application_and_forgets_the_consent(app: App) {
        let (ann, bob) = (app.person("ann").await, app.person("bob").await);
        let portal = app.register(&draft("Portal")).await.application;
        let other = app.register(&public_draft("Other")).await.application;
        let (first, second) = (app.give(&ann, &portal, "openid").await, app.give(&ann, &portal, "profile").await);
        let (elsewhere, bobs) = (app.give(&ann, &other, "openid").await, app.give(&bob, &portal, "openid").await);
        app.give_itself(&portal).await;
        let browser = log_in(&app, &ann).await;
        let address = format!("/o/authorized_tokens/{}/delete/", portal.id);
        let asked = browser.get(&address).await;
        assert!(asked.body.contains("Revoke the access of") && asked.body.contains("id=\"confirm\""));
        assert!(!app.is_revoked(&first).await, "asking changes nothing");
        let answer = browser.post(&address, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.location(), "/o/authorized_tokens/?done=revoked");
        assert!(app.is_revoked(&first).await && app.is_revoked(&second).await);
        assert!(!app.is_remembered(&ann, &portal).await);
        assert!(!app.is_revoked(&elsewhere).await && app.is_remembered(&ann, &other).await);
        assert!(!app.is_revoked(&bobs).await && app.is_remembered(&bob, &portal).await);
        assert_eq!(app.access_tokens(&portal).await, 2, "Bob's and the application's own");
        let body = browser.get(answer.location()).await.body;
        assert!(!body.contains(">Portal") && body.contains(">Other") && body.contains("The access is revoked"));
        // Once more, and there is nothing to revoke.
        assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.post(&address, &[]).await.status, StatusCode::NOT_FOUND);
    }

    async fn nobody_sees_or_revokes_what_another_granted_not_even_a_superuser(app: App) {
        let (ann, eve) = (app.person("ann").await, app.superuser("eve").await);
        let portal = app.register(&draft("Portal")).await.application;
        let given = app.give(&ann, &portal, "openid").await;
        let browser = log_in(&app, &eve).await;
        assert!(!browser.get("/o/authorized_tokens/").await.body.contains("Portal"));
        for pk in [portal.id.to_string(), given.grant_id.to_string(), "999".into(), "x".into(), "01".into()] {
            let address = format!("/o/authorized_tokens/{pk}/delete/");
            assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND, "{pk}");
            assert_eq!(browser.post(&address, &[("user_id", &ann.id.to_string())]).await.status, StatusCode::NOT_FOUND);
        }
        assert!(!app.is_revoked(&given).await && app.is_remembered(&ann, &portal).await);
    }

    async fn a_foreign_form_revokes_nothing(app: App) {
        let ann = app.person("ann").await;
        let portal = app.register(&draft("Portal")).await.application;
        let given = app.give(&ann, &portal, "openid").await;
        let browser = log_in(&app, &ann).await;
        let address = format!("/o/authorized_tokens/{}/delete/", portal.id);
        let answer = browser.send(poem::http::Method::POST, &address, &[], Some(Vec::new())).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(!app.is_revoked(&given).await);
    }

    async fn what_is_over_is_not_listed_and_what_is_remembered_is(app: App) {
        let ann = app.person("ann").await;
        let public = app.register(&public_draft("Kiosk")).await.application;
        let given = app.give(&ann, &public, "openid").await;
        let portal = app.register(&draft("Portal")).await.application;
        app.give(&ann, &portal, "openid").await;
        let row = entities::oauth::consent::Entity::delete_by_id((ann.id, public.id));
        row.exec(app.ctx.db.migrator()).await.unwrap();
        app.ctx.clock.advance(3601);
        let browser = log_in(&app, &ann).await;
        let body = browser.get("/o/authorized_tokens/").await.body;
        assert!(!body.contains("Kiosk"), "every token of it has expired");
        assert!(body.contains("Portal") && body.contains("your permission is remembered"));
        let row = grant::Entity::find_by_id(given.grant_id).one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert!(row.revoked.is_none());
    }

    async fn a_changed_password_has_ended_what_was_granted_before(app: App) {
        let ann = app.person("ann").await;
        let public = app.register(&public_draft("Kiosk")).await.application;
        app.give(&ann, &public, "openid").await;
        let row = entities::oauth::consent::Entity::delete_by_id((ann.id, public.id));
        row.exec(app.ctx.db.migrator()).await.unwrap();
        app.ctx.clock.advance(10);
        let mut row = ann.clone().into_active_model();
        row.credentials_changed_at = Set(app.ctx.clock.now());
        row.update(app.ctx.db.migrator()).await.unwrap();
        let browser = log_in(&app, &ann).await;
        assert!(browser.get("/o/authorized_tokens/").await.body.contains("Nothing is authorized"));
    }

    async fn a_name_is_text_and_a_disabled_application_is_marked(app: App) {
        let ann = app.person("ann").await;
        let evil = Draft { name: "<script>alert(1)</script>".into(), ..draft("") };
        let portal = app.register(&evil).await.application;
        app.give(&ann, &portal, "openid").await;
        application::set_active(&app.ctx, portal.id, false).await.unwrap();
        let browser = log_in(&app, &ann).await;
        for address in ["/o/authorized_tokens/".to_owned(), format!("/o/authorized_tokens/{}/delete/", portal.id)] {
            let body = browser.get(&address).await.body;
            assert!(!body.contains("<script>alert") && body.contains("&#60;script&#62;"), "{body}");
        }
        assert!(browser.get("/o/authorized_tokens/").await.body.contains("Disabled"));
    }

    async fn the_list_costs_the_same_whatever_its_length(app: App) {
        let ann = app.person("ann").await;
        let browser = log_in(&app, &ann).await;
        let cost = async || {
            let before = app.ctx.db.statements();
            browser.get("/o/authorized_tokens/").await;
            app.ctx.db.statements() - before
        };
        let none = cost().await;
        for n in 0..12 {
            let found = app.register(&draft(&format!("App {n}"))).await.application;
            app.give(&ann, &found, "openid r:view:part").await;
        }
        assert_eq!(cost().await, none);
        assert!(none <= 3, "{none} statements");
    }
}
