//! The browsable API, as a person uses it.

use super::Browser;
use crate::support::server::{ADMIN, Server, Store};

#[tokio::test]
async fn a_person_reads_asks_and_changes_by_the_pages_of_the_api() {
    let mut server = Server::new(Store::Sqlite).await;
    server
        .set("STOCKADE_ADMIN_USERNAME", ADMIN.0)
        .set("STOCKADE_ADMIN_PASSWORD", ADMIN.1)
        .set("STOCKADE_DEBUG", "true");
    server.up().await;
    let browser = Browser::on(&server.url).await;

    // A stranger is led to the login and back.
    browser.open("/api/part/").await;
    browser.picture("browse-stranger").await;
    browser.click("#browse-login").await;
    browser.fill("username", ADMIN.0).await;
    browser.fill("password", ADMIN.1).await;
    browser.press("Log in").await;
    browser.wait_for_path("/api/part/").await;

    // What is refused stays in the form, with the reason above it.
    browser.click("#form-POST-title").await;
    browser.fill("_content", r#"{ "name": "", "description": "A valve that opens" }"#).await;
    browser.click("#form-POST button").await;
    browser.wait_for_text("400 Bad Request").await;
    browser.picture("browse-refused").await;
    assert!(browser.source().await.contains("A valve that opens"));
    browser.fill("_content", r#"{ "name": "Valve", "description": "A valve that opens", "keywords": "flow" }"#).await;
    browser.click("#form-POST button").await;
    browser.wait_for_text("201 Created").await;

    // The list leads to the object.
    browser.open("/api/part/?search=valve").await;
    browser.wait_for_text("1 in all").await;
    browser.picture("browse-list").await;
    browser.click("#answer a[href^='/api/part/']").await;
    browser.wait_for_text("Part 1: retrieve").await;
    browser.click("#form-PATCH-title").await;
    browser.picture("browse-detail").await;
    browser.fill("_content", r#"{ "keywords": "flow, brass" }"#).await;
    browser.click("#form-PATCH button[value=PATCH]").await;
    browser.wait_for_text("flow, brass").await;
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.open("/api/nowhere/").await;
    browser.picture("browse-nowhere").await;
    browser.open("/api/").await;
    browser.picture("browse-root").await;
}
