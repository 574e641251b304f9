//! The pages: who may open them, what they take and what they show.

use poem::http::{Method, StatusCode};
use stockade::oauth::application::{self, Application, Draft, default};

use crate::support::{
    App,
    applications::{draft, public_draft},
    both,
    browser::{Answer, Browser},
    people::PASSWORD,
};

/// A form that is right.
const RIGHT: [(&str, &str); 12] = [
    ("name", "Portal"),
    ("client_id", "portal"),
    ("client_type", "public"),
    ("grant_types", "authorization_code"),
    ("redirect_uris", "https://app.example/cb"),
    ("algorithm", "RS256"),
    ("scope", "openid"),
    ("consent", "always"),
    ("access_token_lifetime", "3600"),
    ("id_token_lifetime", "3600"),
    ("refresh_token_lifetime", "86400"),
    ("refresh_token_idle_lifetime", "86400"),
];

/// The right form with some fields changed.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = RIGHT.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes).copied().collect()
}

async fn root(app: &App) -> Browser<'_> {
    app.superuser("root").await;
    Browser::logged_in(app, "root", PASSWORD).await
}

async fn find(app: &App, client_id: &str) -> Option<Application> {
    application::find(app.ctx.db.reader(), client_id).await.unwrap()
}

/// Every address, and whether it takes a form.
fn addresses(pk: i32) -> Vec<(String, bool)> {
    let own = ["", "update/", "delete/", "disable/", "enable/", "secret/"];
    let own = own.iter().map(|page| (format!("/o/applications/{pk}/{page}"), !page.is_empty()));
    let all = [("/o/applications/".to_owned(), false), ("/o/applications/register/".to_owned(), true)];
    all.into_iter().chain(own).collect()
}

both! {
    async fn the_second_of_two_who_edit_at_once_is_told_and_loses_nothing(app: App) {
        let stored = app.register(&public_draft("App")).await;
        let (pk, client_id) = (stored.application.id, stored.application.client_id.clone());
        let update = format!("/o/applications/{pk}/update/");
        let ann = root(&app).await;
        app.superuser("bob").await;
        let bob = Browser::logged_in(&app, "bob", PASSWORD).await;
        let version = |page: &Answer| page.hidden("version").unwrap().to_owned();
        let seen = (version(&ann.get(&update).await), version(&bob.get(&update).await));

        let mine = with(&[("name", "Ann's"), ("client_id", &client_id), ("version", &seen.0)]);
        assert_eq!(ann.post(&update, &mine).await.status, StatusCode::SEE_OTHER);
        let theirs = with(&[("name", "Bob's"), ("client_id", &client_id), ("version", &seen.1)]);
        let answer = bob.post(&update, &theirs).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("Somebody else changed this application"), "{}", answer.body);
        assert!(answer.body.contains("value=\"Bob&#39;s\"") && answer.body.contains("<code>Ann&#39;s</code>"), "{}", answer.body);
        assert_eq!(find(&app, &client_id).await.unwrap().name, "Ann's");

        let now = version(&answer);
        let again = with(&[("name", "Bob's"), ("client_id", &client_id), ("version", &now)]);
        assert_eq!(bob.post(&update, &again).await.status, StatusCode::SEE_OTHER);
        assert_eq!(find(&app, &client_id).await.unwrap().name, "Bob's");
    }

    async fn the_anonymous_are_sent_to_the_login_and_come_back(app: App) {
        let stored = app.register(&draft("App")).await;
        let stranger = Browser::new(&app).await;
        let writes = app.ctx.db.writes();
        for (address, takes_form) in addresses(stored.application.id) {
            let answer = stranger.get(&address).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{address}");
            let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
            assert_eq!(answer.location(), format!("/accounts/login/?next={encoded}"));
            if takes_form {
                assert_eq!(stranger.post(&address, &RIGHT).await.status, StatusCode::SEE_OTHER);
            }
        }
        assert_eq!(app.ctx.db.writes(), writes);
    }

    async fn who_is_no_superuser_gets_a_403_page_even_as_staff(app: App) {
        let stored = app.register(&draft("Hidden name")).await;
        app.staff("staff").await;
        app.person("ann").await;
        for name in ["staff", "ann"] {
            let browser = Browser::logged_in(&app, name, PASSWORD).await;
            let writes = app.ctx.db.writes();
            for (address, takes_form) in addresses(stored.application.id) {
                let answer = browser.get(&address).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {address}");
                assert!(answer.header("content-type").starts_with("text/html"));
                assert!(!answer.body.contains("Hidden name"));
                if takes_form {
                    assert_eq!(browser.post(&address, &RIGHT).await.status, StatusCode::FORBIDDEN);
                }
            }
            assert_eq!(app.ctx.db.writes(), writes);
        }
        assert!(find(&app, "portal").await.is_none());
    }

    async fn every_page_is_there_with_and_without_the_trailing_slash(app: App) {
        let browser = root(&app).await;
        let stored = app.register(&draft("App")).await;
        for (address, _) in addresses(stored.application.id) {
            for address in [address.as_str(), address.trim_end_matches('/')] {
                let answer = browser.get(address).await;
                assert_eq!(answer.status, StatusCode::OK, "{address}");
                assert_eq!(answer.header("cache-control"), "no-store");
                assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
            }
        }
    }

    async fn what_is_no_application_is_a_404_page(app: App) {
        let browser = root(&app).await;
        for pk in ["999", "0", "-1", "01", "+1", "1.0", "x", "99999999999999999999", "%00", "1%2f2"] {
            let answer = browser.get(&format!("/o/applications/{pk}/")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{pk}");
            assert!(answer.header("content-type").starts_with("text/html"), "{pk}");
            assert_eq!(browser.post(&format!("/o/applications/{pk}/delete/"), &[]).await.status, StatusCode::NOT_FOUND);
        }
    }

    async fn a_form_without_the_token_or_from_elsewhere_changes_nothing(app: App) {
        let browser = root(&app).await;
        let stored = app.register(&draft("App")).await;
        let writes = app.ctx.db.writes();
        let token = browser.cookie("csrftoken").unwrap();
        for (address, _) in addresses(stored.application.id).into_iter().filter(|(_, takes_form)| *takes_form) {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(RIGHT)
                .append_pair("overlap", "0")
                .finish();
            let bare = browser.send(Method::POST, &address, &[], Some(body.clone().into_bytes())).await;
            assert_eq!(bare.status, StatusCode::FORBIDDEN, "{address}");
            let foreign = format!("{body}&csrf_token={token}").into_bytes();
            let headers = [("Origin", "https://evil.example")];
            let foreign = browser.send(Method::POST, &address, &headers, Some(foreign)).await;
            assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{address}");
        }
        assert_eq!(app.ctx.db.writes(), writes);
    }

    async fn a_right_form_registers_and_leads_to_the_page_of_the_application(app: App) {
        let browser = root(&app).await;
        let form = browser.get("/o/applications/register/").await;
        for id in [
            "name", "client_id", "client_type", "redirect_uris", "post_logout_redirect_uris", "allowed_origins",
            "algorithm", "require_pkce", "consent", "access_token_lifetime", "scope_openid", "scope_r:delete:part",
            "default_scope_openid", "grant_types_client_credentials", "logo_uri", "policy_uri", "tos_uri",
        ] {
            assert!(form.body.contains(&format!("id=\"id_{id}\"")), "id_{id}");
        }
        let answer = browser.post("/o/applications/register/", &RIGHT).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let found = find(&app, "portal").await.unwrap();
        assert_eq!(answer.location(), format!("/o/applications/{}/?done=registered", found.id));
        let page = browser.get(answer.location()).await;
        assert!(page.body.contains("The application is registered.") && page.body.contains("by root"));
        // Sent once more by a nervous finger, it is not registered twice.
        let twice = browser.post("/o/applications/register/", &RIGHT).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.body.contains("This client id is taken."));
    }

    async fn a_message_stands_beside_its_field_and_what_was_typed_is_kept(app: App) {
        let browser = root(&app).await;
        let form = with(&[
            ("name", "Portal <b>"),
            ("redirect_uris", "http://app.example/cb"),
            ("access_token_lifetime", "12"),
            ("scope", "r:view:part"),
            ("default_scope", "openid"),
            ("consent", "trusted"),
        ]);
        let answer = browser.post("/o/applications/register/", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, message) in [
            ("redirect_uris", "Plain http is allowed only for"),
            ("access_token_lifetime", "A whole number of seconds from 60 to 86400."),
            ("default_scope", "Not among the allowed scopes: openid."),
        ] {
            let (_, rest) = answer.body.split_once(&format!("id=\"id_{field}-error-1\">")).expect(field);
            assert!(rest.split("</p>").next().unwrap().contains(message), "{field}");
            assert!(answer.body.contains(&format!("href=\"#id_{field}\"")), "the summary leads to {field}");
        }
        assert!(answer.body.contains("value=\"12\"") && answer.body.contains("http://app.example/cb"));
        assert!(answer.body.contains("name=\"scope\" value=\"r:view:part\" checked"));
        assert!(!answer.body.contains("name=\"scope\" value=\"openid\" checked"));
        assert!(answer.body.contains("<option value=\"trusted\" selected"));
        assert!(find(&app, "portal").await.is_none());
    }

    async fn fields_that_are_not_on_the_form_cannot_be_written(app: App) {
        let browser = root(&app).await;
        let victim = app.register(&draft("Victim")).await.application;
        let smuggled = [
            ("id", "1"),
            ("pk", "1"),
            ("is_default", "on"),
            ("is_active", ""),
            ("created_by", "1"),
            ("created", "0"),
            ("updated", "0"),
            ("client_secret", "mine"),
            ("skip_authorization", "on"),
        ];
        let form: Vec<_> = RIGHT.into_iter().chain(smuggled).collect();
        let answer = browser.post("/o/applications/register/", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let found = find(&app, "portal").await.unwrap();
        assert!(found.id > victim.id && !found.is_default && found.is_active && found.created > 0);

        let address = format!("/o/applications/{}/update/", victim.id);
        let answer = browser.post(&address, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let after = find(&app, &victim.client_id).await.unwrap();
        assert_eq!((after.id, after.is_default, after.is_active), (victim.id, false, true));
        assert_eq!((after.created_by, after.created), (victim.created_by, victim.created));
        assert_eq!(after.name, "Portal");
    }

    async fn a_repeated_field_is_refused_and_not_guessed(app: App) {
        let browser = root(&app).await;
        let form: Vec<_> = RIGHT.into_iter().chain([("client_type", "confidential")]).collect();
        assert_eq!(browser.post("/o/applications/register/", &form).await.status, StatusCode::BAD_REQUEST);
        assert!(find(&app, "portal").await.is_none());
    }

    async fn what_an_application_says_of_itself_is_text_on_every_page(app: App) {
        let browser = root(&app).await;
        let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
        let stored = app.register(&Draft { name: evil.into(), ..public_draft("") }).await;
        let uri = "https://app.example/<script>alert(2)</script>\"onmouseover=\"alert(3)";
        application::record_mismatch(&app.ctx, &stored.application, uri).await.unwrap();
        let mut pages: Vec<String> = addresses(stored.application.id).into_iter().map(|(address, _)| address).collect();
        pages.push(format!("/o/applications/?q={}", "%22%3E%3Cscript%3Ealert(4)%3C/script%3E"));
        pages.push(format!("/o/applications/{}/?done=%3Cscript%3E", stored.application.id));
        pages.retain(|address| !address.ends_with("/secret/"));
        for address in pages {
            let body = browser.get(&address).await.body;
            assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{address}");
            assert!(!body.contains("\"onmouseover") && !body.contains("done=<"), "{address}");
        }
        let form = with(&[("name", evil), ("client_uri", evil), ("redirect_uris", evil), ("client_id", evil)]);
        let answer = browser.post("/o/applications/register/", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"));
    }

    async fn a_refused_redirect_uri_is_shown_with_the_difference_to_the_nearest(app: App) {
        let browser = root(&app).await;
        let stored = app.register(&draft("App")).await;
        let asked = "https://app.example/Callback";
        application::record_mismatch(&app.ctx, &stored.application, asked).await.unwrap();
        let address = format!("/o/applications/{}/", stored.application.id);
        let body = browser.get(&address).await.body;
        assert!(body.contains("https://app.example/<mark class=\"added\">C</mark>allback"), "{body}");
        assert!(body.contains("https://app.example/<mark class=\"removed\">c</mark>allback"));
        assert!(!body.contains("Registered by now"));
        let form = with(&[("client_type", "confidential"), ("redirect_uris", asked)]);
        assert_eq!(browser.post(&format!("{address}update/"), &form).await.status, StatusCode::SEE_OTHER);
        assert!(browser.get(&address).await.body.contains("Registered by now"));
    }

    async fn disabling_enabling_and_deleting_are_asked_and_then_done(app: App) {
        let browser = root(&app).await;
        let stored = app.register(&draft("App")).await;
        let (pk, client_id) = (stored.application.id, stored.application.client_id.clone());
        for (page, done) in [("disable", "disabled"), ("enable", "enabled")] {
            let address = format!("/o/applications/{pk}/{page}/");
            assert!(browser.get(&address).await.body.contains("id=\"confirm\""));
            let before = find(&app, &client_id).await.unwrap().is_active;
            let answer = browser.post(&address, &[]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert_eq!(answer.location(), format!("/o/applications/{pk}/?done={done}"));
            assert_eq!(find(&app, &client_id).await.unwrap().is_active, !before);
        }
        let answer = browser.post(&format!("/o/applications/{pk}/delete/"), &[]).await;
        assert_eq!(answer.location(), "/o/applications/?done=deleted");
        assert!(browser.get(answer.location()).await.body.contains("The application is deleted"));
        assert!(find(&app, &client_id).await.is_none());
    }

    async fn the_default_application_is_shown_but_not_changed(app: App) {
        let browser = root(&app).await;
        let found = find(&app, default::CLIENT_ID).await.unwrap();
        let page = browser.get(&format!("/o/applications/{}/", found.id)).await;
        assert!(page.body.contains(default::CLIENT_ID) && page.body.contains("comes with the server"));
        assert!(!page.body.contains("/update/") && !page.body.contains("/delete/"));
        for (address, takes_form) in addresses(found.id).into_iter().skip(2) {
            if takes_form {
                assert_eq!(browser.get(&address).await.status, StatusCode::FORBIDDEN, "{address}");
                let answer = browser.post(&address, &RIGHT).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            }
        }
        assert_eq!(find(&app, default::CLIENT_ID).await, Some(found));
    }

    async fn the_list_is_searched_by_name_and_client_id_and_taken_literally(app: App) {
        let browser = root(&app).await;
        for (name, id) in [("Label 100% printer", "label"), ("Scanner_x", "SCAN-1"), ("Portal", "portal-7")] {
            app.register(&Draft { client_id: id.into(), ..draft(name) }).await;
        }
        let found = async |q: &str| {
            let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
            let body = browser.get(&format!("/o/applications/?q={q}")).await.body;
            let names = ["Label 100% printer", "Scanner_x", "Portal", "Stockade default application"];
            names.into_iter().filter(|name| body.contains(&format!(">{name}</a>"))).collect::<Vec<_>>()
        };
        assert_eq!(found("").await.len(), 4);
        assert_eq!(found("LABEL").await, ["Label 100% printer"]);
        assert_eq!(found("scan-").await, ["Scanner_x"]);
        assert_eq!(found(" portal ").await, ["Portal"]);
        assert_eq!(found("%").await, ["Label 100% printer"], "no wildcard");
        assert_eq!(found("_").await, ["Scanner_x"], "no wildcard");
        for nothing in ["zzz", "\\", "' OR 1=1 --", "\u{1F980}"] {
            assert!(found(nothing).await.is_empty(), "{nothing}");
        }
        let empty = browser.get("/o/applications/?q=zzz").await;
        assert!(empty.body.contains("Nothing found"));
        for odd in ["?q=%00", "?q=%ff", "?q=%"] {
            assert_eq!(browser.get(&format!("/o/applications/{odd}")).await.status, StatusCode::BAD_REQUEST, "{odd}");
        }
        let long = format!("/o/applications/?q={}", "x".repeat(5000));
        assert_eq!(browser.get(&long).await.status, StatusCode::OK);
    }

    async fn the_list_has_pages_and_costs_the_same_whatever_its_length(app: App) {
        let browser = root(&app).await;
        let cost = async |address: &str| {
            let before = app.ctx.db.statements();
            let body = browser.get(address).await.body;
            (app.ctx.db.statements() - before, body)
        };
        let (few, _) = cost("/o/applications/").await;
        for n in 0..30 {
            app.register(&public_draft(&format!("App {n:02}"))).await;
        }
        let (many, first) = cost("/o/applications/").await;
        assert_eq!(few, many);
        assert!(many <= 3, "{many} statements");
        assert!(first.contains("31 applications") && first.contains("page 1 of 2") && first.contains("page=2"));
        assert_eq!(first.matches("class=\"app-name\"").count(), 25);
        let (_, second) = cost("/o/applications/?page=2").await;
        assert_eq!(second.matches("class=\"app-name\"").count(), 6);
        for odd in ["0", "-1", "99999999999999999999999", "x", "3"] {
            let answer = browser.get(&format!("/o/applications/?page={odd}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{odd}");
        }
    }
}
