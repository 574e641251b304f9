//! `/o/authorize/` and `/o/consent/`: an application on the person's machine asks, the person decides.

use super::{applications::register, as_administrator, driver::Browser, log_in, member};
use crate::support::{
    both,
    flow::{DEFAULT_APPLICATION, Flow, call},
    listener::Listener,
    server::{ADMIN, Server, Store},
};

/// What a person reads for each scope that these tests ask for.
const WORDS: [(&str, &str); 6] = [
    ("openid", "Know who you are"),
    ("profile", "See your profile"),
    ("email", "See your email address"),
    ("offline_access", "Keep this access while you are away"),
    ("g:read", "Read general information"),
    ("r:change:part", "change parts"),
];

both! {
    async fn the_default_application_gets_a_token_that_works(store: Store) {
        let server = Server::start(store).await;
        let browser = Browser::on(&server.url).await;
        let listener = Listener::open().await;
        let flow = Flow::new(DEFAULT_APPLICATION, &listener, "openid g:read r:view:part", &[]);

        browser.open(&flow.path).await;
        browser.wait_for_text("Stockade default application").await;
        browser.picture("login-for-application").await;
        browser.fill("username", ADMIN.0).await;
        browser.fill("password", ADMIN.1).await;
        browser.press("Log in").await;
        browser.wait_for_text("Allow Stockade default application").await;
        browser.picture("consent-default").await;
        browser.press("Allow").await;

        let answer = listener.parameters().await;
        assert_eq!(answer["state"], flow.state);
        assert_eq!(answer["iss"], format!("{}/o", server.url));
        let tokens = flow.redeem(&server, None, &answer["code"]).await;
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(call(&server, "/api/part/", token).await, 200);
        assert_eq!(call(&server, "/api/user/me/", token).await, 200);
        // Nothing that was not asked for, although this person may do everything.
        assert_eq!(call(&server, "/api/part/category/", token).await, 403);
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test]
async fn the_consent_page_says_every_scope_in_words() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    let scopes: Vec<&str> = WORDS.iter().map(|(scope, _)| *scope).collect();
    let (client_id, _) = register(&browser, "Bench Viewer", "public", &scopes).await;
    let listener = Listener::open().await;
    browser.open(&Flow::new(&client_id, &listener, &scopes.join(" "), &[]).path).await;
    browser.wait_for_text("Bench Viewer").await;
    browser.picture("consent").await;
    let text = browser.text().await.to_lowercase();
    for (scope, words) in WORDS {
        assert!(text.contains(&words.to_lowercase()), "{scope} is not explained:\n{text}");
    }
    assert!(text.contains("a program on this computer"), "the page does not say where one returns to");
    assert!(text.contains("cannot prove who it is"), "no warning about a public application");
    drop(server);
}

#[tokio::test]
async fn cancel_at_the_consent_page_tells_the_application() {
    let (_server, browser) = as_administrator(Store::Sqlite).await;
    let (client_id, _) = register(&browser, "Bench Viewer", "public", &["openid"]).await;
    let listener = Listener::open().await;
    let flow = Flow::new(&client_id, &listener, "openid", &[]);
    browser.open(&flow.path).await;
    browser.press("Cancel").await;
    let answer = listener.parameters().await;
    assert_eq!((answer["error"].as_str(), &answer["state"]), ("access_denied", &flow.state));
    assert!(!answer.contains_key("code"));
}

#[tokio::test]
async fn cancel_at_the_login_tells_the_application() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    let listener = Listener::open().await;
    let flow = Flow::new(DEFAULT_APPLICATION, &listener, "openid", &[]);
    browser.open(&flow.path).await;
    browser.press("Cancel").await;
    let answer = listener.parameters().await;
    assert_eq!((answer["error"].as_str(), &answer["state"]), ("access_denied", &flow.state));
}

#[tokio::test]
async fn revoking_the_access_of_an_application_ends_its_tokens() {
    let server = Server::start(Store::Sqlite).await;
    member(&server, "ann");
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ("ann", super::MEMBER_PASSWORD)).await;
    browser.open("/o/authorized_tokens/").await;
    browser.wait_for_text("Nothing is authorized").await;
    browser.picture("authorized-none").await;

    let listener = Listener::open().await;
    let flow = Flow::new(DEFAULT_APPLICATION, &listener, "openid g:read offline_access", &[]);
    browser.open(&flow.path).await;
    browser.press("Allow").await;
    let tokens = flow.redeem(&server, None, &listener.parameters().await["code"]).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(call(&server, "/api/user/me/", token).await, 200);

    browser.open("/o/authorized_tokens/").await;
    browser.wait_for_text("Stockade default application").await;
    browser.picture("authorized").await;
    browser.press("Revoke").await;
    browser.wait_for_element("#confirm").await;
    browser.picture("authorized-revoke").await;
    browser.click("#confirm").await;
    browser.wait_for_text("The access is revoked").await;
    browser.picture("authorized-revoked").await;
    assert_eq!(call(&server, "/api/user/me/", token).await, 401);

    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", DEFAULT_APPLICATION),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let answer = reqwest::Client::new().post(format!("{}/o/token/", server.url)).form(&form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    assert!(answer.text().await.unwrap().contains("invalid_grant"));
}

#[tokio::test]
async fn an_address_that_is_not_registered_gets_a_plain_page_and_the_administrator_the_difference() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    let (client_id, pk) = register(&browser, "Bench Viewer", "public", &["openid"]).await;
    let stranger = Browser::on(&server.url).await;
    let listener = Listener::open().await;
    let path = Flow::new(&client_id, &listener, "openid", &[]).path.replace("%2Fcallback", "%2Fcallbock");
    stranger.open(&path).await;
    assert!(stranger.path().await.starts_with("/o/authorize/"), "it went to {}", stranger.url().await);
    stranger.picture("redirect-mismatch").await;
    let text = stranger.text().await;
    assert!(!text.contains("callback") && !text.contains("callbock"), "the page tells a stranger: {text}");

    browser.open(&format!("/o/applications/{pk}/")).await;
    browser.wait_for_text("Refused redirect URIs").await;
    browser.picture("application-mismatch").await;
    assert_eq!(browser.texts("mark.added").await, ["o"]);
    assert_eq!(browser.texts("mark.removed").await, ["a"]);
}

/// What a hostile link may put into any parameter.
pub(super) const HOSTILE: [&str; 5] = [
    "\"><script>alert(1)</script>",
    "'-alert(1)-'",
    "javascript:alert(1)//",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}\u{202e}<svg onload=alert(1)>",
];

#[tokio::test]
async fn no_parameter_of_a_link_runs_a_script() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    let stranger = Browser::on(&server.url).await;
    let good = [
        ("response_type", "code"),
        ("client_id", DEFAULT_APPLICATION),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
        ("scope", "openid"),
        ("state", "s"),
    ];
    let mut seen = 0;
    for value in HOSTILE {
        let mut paths = Vec::new();
        for hostile in [
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "response_type",
            "response_mode",
            "nonce",
            "login_hint",
            "claims",
            "request",
            "request_uri",
        ] {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, good) in good.iter().filter(|(name, _)| *name != hostile) {
                query.append_pair(name, good);
            }
            // Without a challenge most of these end on a page or at a login of this server.
            query.append_pair(hostile, value);
            paths.push(format!("/o/authorize/?{}", query.finish()));
        }
        let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        paths.push(format!("/accounts/login/?next={encoded}"));
        paths.push(format!("/accounts/setup/?token={encoded}"));
        paths.push(format!("/o/applications/?q={encoded}&page={encoded}"));
        paths.push(format!("/o/logout/?post_logout_redirect_uri={encoded}&state={encoded}&id_token_hint={encoded}"));
        paths.push(format!("/o/consent/?request={encoded}"));
        paths.push(format!("/{encoded}/"));
        for path in paths {
            for browser in [&browser, &stranger] {
                if !browser.try_open(&path).await {
                    // Sent on to the application, which does not listen: nothing of ours was shown.
                    continue;
                }
                assert_eq!(browser.dialog().await, None, "{path} ran a script");
                let scripts = browser.count("script:not([src]), [onload], [onerror], a[href^='javascript']").await;
                assert_eq!(scripts, 0, "{path} holds a script");
                let complaints = browser.complaints().await;
                assert_eq!(complaints, [""; 0], "{path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "only {seen} pages were seen");
}
