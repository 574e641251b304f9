//! What a change means for what is out there.

use stockade::oauth::application::{self, Application, Draft, Grantor, Refused, default};

use crate::support::{
    App,
    applications::{draft, public_draft},
    both,
};

async fn update(app: &App, application: &Application, change: impl FnOnce(&mut Draft)) -> application::Stored {
    let mut draft = Draft::from(application);
    change(&mut draft);
    application::update(&app.ctx, &Grantor::operator(), application.id, &draft, None).await.unwrap()
}

async fn reload(app: &App, application: &Application) -> Option<Application> {
    application::find(app.ctx.db.reader(), &application.client_id).await.unwrap()
}

both! {
    async fn a_change_that_takes_nothing_away_ends_nothing(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        let given = app.give(&ann, &stored.application, "openid").await;
        app.ctx.clock.advance(5);
        let after = update(&app, &stored.application, |draft| {
            draft.name = "Other".into();
            draft.scope.push("email".into());
            draft.client_id = "another-id".into();
        })
        .await;
        assert_eq!(after.application.name, "Other");
        assert_eq!(after.application.client_id, stored.application.client_id, "the client id stays");
        assert!(after.application.updated > stored.application.updated && after.secret.is_none());
        assert!(!app.is_revoked(&given).await);
        assert_eq!(app.access_tokens(&stored.application).await, 1);
        assert!(app.is_remembered(&ann, &stored.application).await);
    }

    async fn a_narrower_scope_ends_the_access_tokens_and_keeps_the_grants(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        let given = app.give(&ann, &stored.application, "openid r:view:part").await;
        update(&app, &stored.application, |draft| draft.scope = vec!["openid".into()]).await;
        assert_eq!(app.access_tokens(&stored.application).await, 0);
        assert!(!app.is_revoked(&given).await);
    }

    async fn a_grant_that_is_taken_away_ends_what_came_of_it(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        app.give_itself(&stored.application).await;
        let given = app.give(&ann, &stored.application, "openid").await;
        let no_robot = |draft: &mut Draft| draft.grant_types.retain(|grant| grant != "client_credentials");
        let stored = update(&app, &stored.application, no_robot).await;
        assert_eq!(app.access_tokens(&stored.application).await, 0);
        assert!(!app.is_revoked(&given).await);
        update(&app, &stored.application, |draft| draft.grant_types = vec!["client_credentials".into()]).await;
        assert!(app.is_revoked(&given).await);
    }

    async fn a_confidential_application_that_becomes_public_loses_secret_tokens_and_consents(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        let secret = stored.secret.unwrap();
        let given = app.give(&ann, &stored.application, "openid").await;
        app.give_itself(&stored.application).await;
        let mut public = public_draft("App");
        public.require_pkce = false;
        let after = application::update(&app.ctx, &Grantor::operator(), stored.application.id, &public, None).await.unwrap();
        assert!(after.secret.is_none() && after.application.require_pkce);
        assert!(app.is_revoked(&given).await && !app.is_remembered(&ann, &stored.application).await);
        assert_eq!(app.access_tokens(&stored.application).await, 0);
        // And back: the old secret is gone for good, a new one is handed out.
        let back = update(&app, &after.application, |draft| draft.client_type = "confidential".into()).await;
        let new = back.secret.unwrap();
        let verify = async |value: &str| application::verify_secret(&app.ctx, &back.application, value).await.unwrap();
        assert!(!verify(&secret).await && verify(&new).await);
    }

    async fn a_disabled_application_has_lost_its_tokens_even_when_it_is_enabled_again(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        let other = app.register(&draft("Other")).await;
        let given = app.give(&ann, &stored.application, "openid").await;
        app.give_itself(&stored.application).await;
        let untouched = app.give(&ann, &other.application, "openid").await;
        application::set_active(&app.ctx, stored.application.id, false).await.unwrap();
        let disabled = reload(&app, &stored.application).await.unwrap();
        assert!(!disabled.is_active);
        let secret = stored.secret.unwrap();
        assert!(!application::verify_secret(&app.ctx, &disabled, &secret).await.unwrap());
        application::set_active(&app.ctx, stored.application.id, true).await.unwrap();
        let enabled = reload(&app, &stored.application).await.unwrap();
        assert!(enabled.is_active);
        assert!(application::verify_secret(&app.ctx, &enabled, &secret).await.unwrap());
        assert!(app.is_revoked(&given).await);
        assert_eq!(app.access_tokens(&stored.application).await, 0);
        assert!(!app.is_revoked(&untouched).await);
        assert_eq!(app.access_tokens(&other.application).await, 1);
    }

    async fn a_deleted_application_takes_everything_with_it(app: App) {
        let ann = app.person("ann").await;
        let stored = app.register(&draft("App")).await;
        let given = app.give(&ann, &stored.application, "openid").await;
        app.give_itself(&stored.application).await;
        application::record_mismatch(&app.ctx, &stored.application, "https://x.example/").await.unwrap();
        application::delete(&app.ctx, stored.application.id).await.unwrap();
        assert!(reload(&app, &stored.application).await.is_none());
        assert!(app.is_revoked(&given).await && !app.is_remembered(&ann, &stored.application).await);
        assert_eq!(app.access_tokens(&stored.application).await, 0);
        let again = application::delete(&app.ctx, stored.application.id).await;
        assert!(matches!(again, Err(Refused::Missing)));
    }

    async fn nobody_changes_the_default_application(app: App) {
        let found = application::find(app.ctx.db.reader(), default::CLIENT_ID).await.unwrap().unwrap();
        let draft = public_draft("Mine");
        let refused = application::update(&app.ctx, &Grantor::operator(), found.id, &draft, None).await;
        assert!(matches!(refused, Err(Refused::Default)));
        assert!(matches!(application::delete(&app.ctx, found.id).await, Err(Refused::Default)));
        assert!(matches!(application::set_active(&app.ctx, found.id, false).await, Err(Refused::Default)));
        assert!(matches!(application::new_secret(&app.ctx, found.id, 0).await, Err(Refused::Default)));
        assert_eq!(reload(&app, &found).await, Some(found));
    }

    async fn two_changes_at_once_leave_one_of_them_whole(app: App) {
        let stored = app.register(&draft("App")).await;
        let change = |kind: &str| Draft { client_type: kind.into(), ..public_draft(kind) };
        let (a, b) = (change("public"), change("confidential"));
        let operator = Grantor::operator();
        let id = stored.application.id;
        for _ in 0..8 {
            let (x, y) = tokio::join!(
                application::update(&app.ctx, &operator, id, &a, None),
                application::update(&app.ctx, &operator, id, &b, None),
            );
            let secret = x.unwrap().secret.or(y.unwrap().secret);
            let after = reload(&app, &stored.application).await.unwrap();
            let live = application::secrets::live(&app.ctx, id).await.unwrap().len();
            assert_eq!(after.name, after.client_type, "one change, not half of each");
            assert_eq!(live, usize::from(!after.is_public()), "{secret:?}");
        }
    }
}
