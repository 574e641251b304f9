//! `/api-doc/`: the document as a page, with a login by the default application and a call of the API.

use super::driver::Browser;
use crate::support::server::{ADMIN, Server, Store};

#[tokio::test]
async fn the_documentation_page_logs_in_and_calls_the_api() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    browser.open("/api-doc/").await;
    browser.wait_for_element(".opblock").await;
    browser.picture("api-doc").await;
    let from_elsewhere = browser
        .script(
            "return performance.getEntriesByType('resource').map(e => e.name)
                .filter(name => !name.startsWith(location.origin) && !name.startsWith('data:') && !name.startsWith('blob:'))",
        )
        .await;
    assert_eq!(from_elsewhere, serde_json::json!([]), "the page asks the internet");

    // Without a login a call is refused.
    let operation = ".opblock-get:has(a[href$='_me'], [data-path='/api/user/me/'])";
    browser.find(&format!("{operation} .opblock-summary-control")).await.click().await.unwrap();
    browser.press("Try it out").await;
    browser.press("Execute").await;
    browser.wait_for_element(&format!("{operation} .live-responses-table")).await;
    assert!(browser.texts(&format!("{operation} .live-responses-table .response-col_status")).await[1].contains("401"));

    browser.find(".auth-wrapper .btn.authorize").await.click().await.unwrap();
    browser.wait_for_element(".modal-ux").await;
    browser.picture("api-doc-authorize").await;
    browser.find(".modal-ux .scopes h2 a").await.click().await.unwrap();
    browser.find(".modal-ux .auth-btn-wrapper .authorize").await.click().await.unwrap();
    let popup = browser.other_window().await;
    browser.fill("username", ADMIN.0).await;
    browser.fill("password", ADMIN.1).await;
    browser.press("Log in").await;
    browser.wait_for_element("#consent-allow").await;
    browser.find("#consent-allow").await.click().await.unwrap();
    browser.back_to_first_window(popup).await;
    browser.wait_for_text("Logout").await;
    browser.find(".modal-ux .btn-done").await.click().await.unwrap();

    browser.press("Execute").await;
    browser.wait_for_text("\"username\": \"admin\"").await;
    browser.picture("api-doc-called").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}
