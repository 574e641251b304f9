//! What every installation's applications are, below any page.

use entities::oauth::{application as row, application_secret};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use stockade::{
    config::Config,
    ctx::Ctx,
    oauth::application::{self, Application, Consent, GrantType, default, mismatch},
    scope::{Scope, Scopes},
    secret::{self, Kind, ServerKey},
};

use crate::support::{App, both};

async fn the_default(app: &App) -> Application {
    application::find(app.ctx.db.reader(), default::CLIENT_ID).await.unwrap().unwrap()
}

/// The same server, started again with another configuration.
fn restarted(app: &App, change: impl FnOnce(&mut Config)) -> Ctx {
    let mut config = app.ctx.config.clone();
    change(&mut config);
    Ctx::new(config, app.ctx.db.clone(), ServerKey::new(&[7; 32]), app.ctx.clock.clone(), app.ctx.rng).unwrap()
}

async fn confidential(app: &App) -> Application {
    let mut row: row::ActiveModel = the_default(app).await.row.into();
    row.id = sea_orm::ActiveValue::NotSet;
    row.client_id = Set("confidential".into());
    row.client_type = Set("confidential".into());
    row.is_default = Set(false);
    row.insert(app.ctx.db.migrator()).await.unwrap().into()
}

async fn add_secret(app: &App, application: &Application, value: &str, expires: Option<i64>) {
    application_secret::ActiveModel {
        application_id: Set(application.id),
        digest: Set(secret::digest(value)),
        created: Set(app.ctx.clock.now()),
        expires: Set(expires),
        ..Default::default()
    }
    .insert(app.ctx.db.migrator())
    .await
    .unwrap();
}

both! {
    async fn the_default_application_is_public_first_party_and_has_every_scope(app: App) {
        let found = the_default(&app).await;
        assert!(found.is_public() && found.requires_pkce() && found.is_default && found.is_active);
        assert_eq!(found.scope(), Scopes::all());
        assert_eq!(found.default_scope(), [Scope::OpenId].into_iter().collect());
        assert!(found.allows(GrantType::AuthorizationCode) && found.allows(GrantType::RefreshToken));
        assert!(!found.allows(GrantType::ClientCredentials));
        assert_eq!(found.consent(), Consent::Trusted);
        assert!(found.remembers_consent());
        for uri in [
            "http://127.0.0.1:51004/callback",
            "http://127.0.0.1:51004/",
            "http://127.0.0.1:51004",
            "http://[::1]:51004/callback",
            "http://127.0.0.1:8000/api-doc/oauth2-redirect.html",
        ] {
            assert!(found.may_redirect_to(uri), "{uri}");
        }
        for uri in ["http://localhost:51004/callback", "http://127.0.0.1:51004/other", "https://evil.example/"] {
            assert!(!found.may_redirect_to(uri), "{uri}");
        }
    }

    async fn the_default_application_follows_the_configuration_at_every_start(app: App) {
        let before = the_default(&app).await;
        application::ensure_default(&app.ctx).await.unwrap();
        assert_eq!(the_default(&app).await, before, "a second start changes nothing");

        let moved = restarted(&app, |config| {
            config.site_url = Some("https://inv.example/".parse().unwrap());
            config.oauth.default_application = false;
        });
        application::ensure_default(&moved).await.unwrap();
        let after = the_default(&app).await;
        assert_eq!(after.id, before.id);
        assert!(!after.is_active);
        assert!(after.may_redirect_to("https://inv.example/api-doc/oauth2-redirect.html"));
        assert!(!after.redirect_uris().any(|uri| uri.contains("127.0.0.1:8000")), "the old address is gone");
    }

    async fn a_secret_is_live_until_it_expires_and_only_in_full(app: App) {
        let found = confidential(&app).await;
        let (old, new) = (Kind::ClientSecret.generate(app.ctx.rng), Kind::ClientSecret.generate(app.ctx.rng));
        add_secret(&app, &found, &old, Some(app.ctx.clock.now() + 60)).await;
        add_secret(&app, &found, &new, None).await;
        let verify = async |value: &str| application::verify_secret(&app.ctx, &found, value).await.unwrap();
        assert!(verify(&old).await && verify(&new).await);
        for wrong in ["", &new[..new.len() - 1], &format!("{new}x"), &new.to_uppercase(), &secret::digest(&new)] {
            assert!(!verify(wrong).await, "{wrong}");
        }
        assert!(!verify(&Kind::ClientSecret.generate(app.ctx.rng)).await);
        app.ctx.clock.advance(61);
        assert!(!verify(&old).await && verify(&new).await);

        let mut public = found.clone();
        public.row.client_type = "public".into();
        assert!(!application::verify_secret(&app.ctx, &public, &new).await.unwrap());
        let mut disabled = found.clone();
        disabled.row.is_active = false;
        assert!(!application::verify_secret(&app.ctx, &disabled, &new).await.unwrap());
    }

    async fn refused_redirect_uris_are_remembered_but_only_the_newest_and_not_at_any_rate(app: App) {
        let found = the_default(&app).await;
        let record = async |uri: &str| application::record_mismatch(&app.ctx, &found, uri).await.unwrap();
        let writes = app.ctx.db.writes();
        for _ in 0..5 {
            record("https://evil.example/\0cb").await;
        }
        assert_eq!(app.ctx.db.writes() - writes, 1, "the same one again within a minute is no write");
        for n in 0..60 {
            record(&format!("https://evil.example/{n}")).await;
        }
        assert_eq!(app.ctx.db.writes() - writes, mismatch::KEPT as u64, "a flood is bounded");
        app.ctx.clock.advance(61);
        record(&"€".repeat(5000)).await;
        app.ctx.clock.advance(1);
        record("https://evil.example/0").await;
        let kept = mismatch::recent(&app.ctx, found.id).await.unwrap();
        assert_eq!(kept.len(), mismatch::KEPT);
        assert_eq!(kept[1].redirect_uri.len(), 1998, "cut between characters");
        assert_eq!(kept[0].redirect_uri, "https://evil.example/0", "one seen again is the newest");
        let all = entities::oauth::redirect_mismatch::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert_eq!(all, mismatch::KEPT as u64);
    }

    async fn an_application_is_found_by_its_exact_client_id_only(app: App) {
        let find = async |id: &str| application::find(app.ctx.db.reader(), id).await.unwrap();
        assert!(find(default::CLIENT_ID).await.is_some());
        for id in ["", "\0", &default::CLIENT_ID.to_lowercase(), &"x".repeat(100_000), "' OR 1=1 --"] {
            assert!(find(id).await.is_none());
        }
    }
}

#[test]
fn a_public_application_is_asked_again_and_needs_pkce_whatever_its_row_says() {
    let row = row::Model {
        id: 1,
        client_id: "x".into(),
        name: "x".into(),
        client_type: "nonsense".into(),
        grant_types: "client_credentials authorization_code".into(),
        redirect_uris: String::new(),
        post_logout_redirect_uris: String::new(),
        allowed_origins: String::new(),
        algorithm: "none".into(),
        scope: "openid r:view:part bogus".into(),
        default_scope: "openid a:superuser".into(),
        require_pkce: false,
        consent: "remember".into(),
        access_token_lifetime: 1,
        id_token_lifetime: 1,
        refresh_token_lifetime: 1,
        refresh_token_idle_lifetime: 1,
        client_uri: String::new(),
        logo_uri: String::new(),
        policy_uri: String::new(),
        tos_uri: String::new(),
        metadata: String::new(),
        is_active: true,
        is_default: false,
        origin: "administrator".into(),
        created_by: None,
        created: 0,
        updated: 0,
        resource_identifier: None,
    };
    let found = Application::from(row);
    assert!(found.is_public() && found.requires_pkce() && !found.remembers_consent());
    assert!(!found.allows(GrantType::ClientCredentials));
    assert_eq!(found.algorithm().name(), "RS256");
    assert_eq!(found.scope().to_string(), "openid r:view:part");
    assert_eq!(found.default_scope().to_string(), "openid", "the default is never more than what is allowed");
}
