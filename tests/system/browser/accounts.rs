//! `/accounts/`: the first administrator, login, logout, password.

use super::{as_administrator, driver::Browser, log_in};
use crate::support::{
    both,
    server::{ADMIN, Server, Store},
};

/// The link that a new server prints.
fn setup_link(server: &Server) -> String {
    let log = server.log();
    let start = log.find(&format!("{}/accounts/setup/", server.url)).unwrap_or_else(|| panic!("no link in:\n{log}"));
    log[start..].split_whitespace().next().unwrap().to_owned()
}

both! {
    async fn the_printed_link_makes_the_first_administrator_once(store: Store) {
        let mut server = Server::new(store).await;
        server.up().await;
        let link = setup_link(&server);
        let browser = Browser::on(&server.url).await;
        browser.open("/accounts/login/").await;
        browser.wait_for_text("no administrator yet").await;
        browser.picture("login-unclaimed").await;

        browser.open(&link).await;
        browser.picture("setup").await;
        browser.fill("username", "boss").await;
        browser.fill("password", "a long enough password").await;
        browser.fill("password_again", "a different password").await;
        browser.press("Create administrator").await;
        browser.wait_for_element(".field-error").await;
        browser.picture("setup-error").await;
        assert_eq!(browser.count(".field-error").await, 1);

        browser.fill("password", "a long enough password").await;
        browser.fill("password_again", "a long enough password").await;
        browser.press("Create administrator").await;
        browser.wait_for_text("Superuser").await;
        browser.picture("account").await;
        assert_eq!(browser.complaints().await, [""; 0]);

        let second = Browser::on(&server.url).await;
        second.open(&link).await;
        assert_eq!(second.count("input[name=password_again]").await, 0, "the link works twice");
        second.picture("setup-used").await;
        log_in(&second, ("boss", "a long enough password")).await;
    }
}

#[tokio::test]
async fn a_wrong_password_says_no_more_than_that() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    browser.open("/accounts/login/").await;
    browser.picture("login").await;
    let mut texts = Vec::new();
    for username in [ADMIN.0, "nobody-of-that-name"] {
        browser.fill("username", username).await;
        browser.fill("password", "not the password").await;
        browser.press("Log in").await;
        browser.wait_for_element("[role=alert]").await;
        texts.push(browser.texts("[role=alert]").await);
    }
    assert_eq!(texts[0], texts[1], "an unknown name looks different");
    browser.picture("login-wrong").await;
}

#[tokio::test]
async fn logging_out_ends_the_session_that_the_cookie_names() {
    let (_server, browser) = as_administrator(Store::Sqlite).await;
    browser.click("#account-menu").await;
    browser.picture("menu").await;
    browser.click("#menu-logout").await;
    browser.wait_for_path("/accounts/login/").await;
    browser.open("/accounts/").await;
    assert!(browser.path().await.starts_with("/accounts/login/?next="), "{}", browser.path().await);
}

#[tokio::test]
async fn a_changed_password_logs_out_every_other_browser() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    let other = Browser::on(&server.url).await;
    log_in(&other, ADMIN).await;
    browser.open("/accounts/").await;
    browser.picture("sessions").await;
    browser.open("/accounts/password/").await;
    browser.picture("password").await;
    browser.fill("old_password", ADMIN.1).await;
    browser.fill("new_password", "short").await;
    browser.fill("new_password_again", "short").await;
    browser.press("Change password").await;
    browser.wait_for_element(".field-error").await;
    browser.picture("password-error").await;
    browser.fill("old_password", ADMIN.1).await;
    browser.fill("new_password", "another long password").await;
    browser.fill("new_password_again", "another long password").await;
    browser.press("Change password").await;
    browser.wait_for_path("/accounts/").await;
    browser.open("/accounts/").await;
    assert_eq!(browser.path().await, "/accounts/");
    other.open("/accounts/").await;
    assert!(other.path().await.starts_with("/accounts/login/"), "{}", other.path().await);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn login_leads_only_to_pages_of_this_server() {
    let server = Server::start(Store::Sqlite).await;
    for next in ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let browser = Browser::on(&server.url).await;
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        browser.open(&format!("/accounts/login/?{query}")).await;
        browser.fill("username", ADMIN.0).await;
        browser.fill("password", ADMIN.1).await;
        browser.press("Log in").await;
        browser.wait_for_path("/").await;
        assert!(browser.url().await.as_str().starts_with(&server.url), "{next}: {}", browser.url().await);
        assert_eq!(browser.dialog().await, None, "{next}");
    }
}
