//! What may be registered.

use stockade::{
    oauth::application::{self, Application, Consent, Draft, Grantor, Refused},
    scope::{Action, Rights, Role},
    web::form::Errors,
};

use crate::support::{
    App,
    applications::{draft, public_draft},
    both,
};

async fn errors(app: &App, draft: &Draft) -> Errors {
    match application::register(&app.ctx, &Grantor::operator(), draft).await {
        Err(Refused::Invalid(errors)) => errors,
        Err(other) => panic!("{other}"),
        Ok(stored) => panic!("registered {:?}", stored.application),
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A field, and a value of it that is refused.
fn wrong() -> Vec<(&'static str, Draft)> {
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft("An application");
        change(&mut draft);
        draft
    };
    let mut all = Vec::new();
    for name in ["", "   ", "a\u{202e}b", "a\u{200b}b", "a\nb", "a\0b", &"x".repeat(256)] {
        all.push(("name", with(&|d| d.name = name.into())));
    }
    for id in ["https://app.example", "http://x", "a:b", "a b", "a/b", "é", "a\"b", &"x".repeat(256)] {
        all.push(("client_id", with(&|d| d.client_id = id.into())));
    }
    for kind in ["", "secret", "Public", "confidential "] {
        all.push(("client_type", with(&|d| d.client_type = kind.into())));
    }
    for grants in [
        &[][..],
        &["password"],
        &["implicit", "authorization_code"],
        &["refresh_token"],
        &["client_credentials", "refresh_token"],
    ] {
        all.push(("grant_types", with(&|d| d.grant_types = words(grants))));
    }
    let mut public = public_draft("An application");
    public.grant_types = words(&["authorization_code", "client_credentials"]);
    all.push(("grant_types", public));
    let many: String = (0..51).map(|n| format!("https://app.example/{n}")).collect::<Vec<_>>().join(" ");
    for uris in [
        "",
        "javascript:alert(1)",
        "http://app.example/cb",
        "https://app.example/cb#x",
        "https://*.example/",
        "com.example.app:/cb",
        "http://localhost/cb",
        "https://ok.example/cb https://user@app.example/",
        &many,
    ] {
        all.push(("redirect_uris", with(&|d| d.redirect_uris = uris.into())));
    }
    for uris in ["javascript:alert(1)", "http://app.example/bye"] {
        all.push(("post_logout_redirect_uris", with(&|d| d.post_logout_redirect_uris = uris.into())));
    }
    for origin in [
        "*",
        "null",
        "app.example",
        "https://app.example/",
        "https://app.example/x",
        "https://App.example",
        "https://app.example:443",
        "http://app.example",
        "https://*.example",
        "https://user@app.example",
        "javascript:alert(1)",
    ] {
        all.push(("allowed_origins", with(&|d| d.allowed_origins = origin.into())));
    }
    for algorithm in ["", "none", "HS256", "rs256"] {
        all.push(("algorithm", with(&|d| d.algorithm = algorithm.into())));
    }
    for scope in [&[][..], &["bogus"], &["openid bogus"], &["r:view:nothing"], &["\u{e9}"]] {
        all.push(("scope", with(&|d| d.scope = words(scope))));
    }
    for scope in [&["email"][..], &["openid", "a:superuser"], &["bogus"]] {
        all.push(("default_scope", with(&|d| d.default_scope = words(scope))));
    }
    for consent in ["", "never", "skip"] {
        all.push(("consent", with(&|d| d.consent = consent.into())));
    }
    for seconds in ["", "59", "86401", "-60", "+60", "1e3", "60.5", "99999999999999999999", "٣٦٠٠"] {
        all.push(("access_token_lifetime", with(&|d| d.access_token_lifetime = seconds.into())));
        all.push(("id_token_lifetime", with(&|d| d.id_token_lifetime = seconds.into())));
    }
    for seconds in ["299", "31622401"] {
        all.push(("refresh_token_lifetime", with(&|d| d.refresh_token_lifetime = seconds.into())));
        all.push(("refresh_token_idle_lifetime", with(&|d| d.refresh_token_idle_lifetime = seconds.into())));
    }
    all.push((
        "refresh_token_idle_lifetime",
        with(&|d| {
            d.refresh_token_lifetime = "600".into();
            d.refresh_token_idle_lifetime = "601".into();
        }),
    ));
    for link in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://",
        "http://app.example/",
        "data:text/html,x",
        "//app.example",
        "https://user:pw@app.example/",
        "https://app.example/\"onclick=",
        " https:// ",
        "HTTPS://app.example/",
    ] {
        all.push(("client_uri", with(&|d| d.client_uri = link.into())));
        all.push(("logo_uri", with(&|d| d.logo_uri = link.into())));
        all.push(("policy_uri", with(&|d| d.policy_uri = link.into())));
        all.push(("tos_uri", with(&|d| d.tos_uri = link.into())));
    }
    all
}

both! {
    async fn what_breaks_a_rule_is_refused_beside_its_field_and_nothing_is_written(app: App) {
        let writes = app.ctx.db.writes();
        for (field, draft) in wrong() {
            let errors = errors(&app, &draft).await;
            let named: Vec<&str> = errors.iter().map(|(name, _)| name).collect();
            assert_eq!(named, [field], "{draft:?}");
        }
        assert_eq!(app.ctx.db.writes(), writes);
    }

    async fn every_broken_rule_is_named_at_once(app: App) {
        let draft = Draft {
            redirect_uris: "x".into(),
            algorithm: "none".into(),
            access_token_lifetime: "1".into(),
            ..Draft::default()
        };
        let errors = errors(&app, &draft).await;
        let named: Vec<&str> = errors.iter().map(|(name, _)| name).collect();
        assert_eq!(named, ["access_token_lifetime", "algorithm", "name", "redirect_uris"]);
    }

    async fn what_is_registered_is_what_was_typed_with_the_safe_choice_elsewhere(app: App) {
        let typed = Draft {
            name: "  Warehouse portal ".into(),
            redirect_uris: "https://a.example/cb\r\n  https://a.example/cb https://b.example/cb\n".into(),
            allowed_origins: "https://a.example http://127.0.0.1:5173".into(),
            client_uri: "https://a.example/".into(),
            ..draft("")
        };
        let stored = app.register(&typed).await;
        let found = stored.application;
        assert_eq!(found.name, "Warehouse portal");
        assert_eq!(found.redirect_uris().collect::<Vec<_>>(), ["https://a.example/cb", "https://b.example/cb"]);
        assert_eq!(found.allowed_origins().count(), 2);
        assert!(found.client_id.len() == 40 && found.client_id.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(found.is_active && !found.is_default && found.requires_pkce() && found.created_by.is_none());
        assert_eq!(found.default_scope().to_string(), "openid");
        let read = application::find(app.ctx.db.reader(), &found.client_id).await.unwrap();
        assert_eq!(read, Some(found));
        assert!(stored.secret.is_some());
    }

    async fn a_public_application_has_no_secret_always_needs_pkce_and_is_asked_every_time(app: App) {
        let draft = Draft { require_pkce: false, consent: "remember".into(), ..public_draft("App") };
        let stored = app.register(&draft).await;
        assert!(stored.secret.is_none());
        assert!(stored.application.require_pkce && stored.application.requires_pkce());
        assert_eq!(stored.application.consent(), Consent::Always);
        let native = Draft {
            redirect_uris: "com.example.app:/cb http://localhost:3000/cb http://[::1]/cb".into(),
            consent: "trusted".into(),
            ..public_draft("Native")
        };
        assert!(app.register(&native).await.application.remembers_consent());
    }

    async fn an_old_confidential_client_may_do_without_pkce(app: App) {
        let stored = app.register(&Draft { require_pkce: false, ..draft("Old") }).await;
        assert!(!stored.application.requires_pkce());
    }

    async fn an_application_that_only_acts_for_itself_needs_no_redirect_uri(app: App) {
        let draft = Draft { grant_types: words(&["client_credentials"]), redirect_uris: String::new(), ..draft("Robot") };
        assert_eq!(app.register(&draft).await.application.redirect_uris().count(), 0);
    }

    async fn a_client_id_is_registered_once_and_never_reads_as_a_person(app: App) {
        let chosen = |id: &str| Draft { client_id: id.into(), ..draft("App") };
        let stored = app.register(&chosen("My-App_1.0~x")).await;
        assert_eq!(stored.application.client_id, "My-App_1.0~x");
        let again = errors(&app, &chosen("My-App_1.0~x")).await;
        assert_eq!(again.of("client_id"), ["This client id is taken."]);
        let ann = app.person("ann").await;
        assert!(errors(&app, &chosen(&ann.sub)).await.has("client_id"));
        assert!(errors(&app, &chosen(application::default::CLIENT_ID)).await.has("client_id"));
    }

    async fn who_does_not_hold_a_right_cannot_hand_it_on(app: App) {
        let ann = app.staff("ann").await;
        let mut rights = Rights::of_person(true, false);
        rights.grant(Role::Part, Action::View);
        let grantor = Grantor::person(&ann, rights);
        let register = async |scope: &[&str]| {
            let draft = Draft { scope: words(scope), default_scope: Vec::new(), ..draft("App") };
            application::register(&app.ctx, &grantor, &draft).await
        };
        let stored: Application = register(&["openid", "g:read", "a:staff", "r:view:part"]).await.unwrap().application;
        assert_eq!(stored.created_by, Some(ann.id));
        for beyond in ["a:superuser", "r:change:part", "r:view:stock"] {
            match register(&["openid", beyond]).await {
                Err(Refused::Invalid(errors)) => assert!(errors.of("scope")[0].contains(beyond)),
                other => panic!("{beyond}: {other:?}"),
            }
        }
        let wider = Draft { scope: words(&["openid", "a:superuser"]), ..draft("App") };
        assert!(application::update(&app.ctx, &grantor, stored.id, &wider, None).await.is_err());
    }
}
