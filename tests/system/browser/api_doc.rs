//! `/api-doc/`: the document as a page, with a login by the default application and a call of the API.

use super::driver::Browser;
use crate::support::server::{ADMIN, Server, Store};

#[tokio::test]
async fn the_documentation_page_logs_in_and_calls_the_api() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    browser.open("/api-doc/").await;
    browser.wait_for_element(".opblock-tag").await;
    browser.picture("api-doc").await;
    let from_elsewhere = browser
        .script(
            "return performance.getEntriesByType('resource').map(e => e.name)
                .filter(name => !name.startsWith(location.origin) && !name.startsWith('data:') && !name.startsWith('blob:'))",
        )
        .await;
    assert_eq!(from_elsewhere, serde_json::json!([]), "the page asks the internet");

    // Without a login a call is refused.
    browser.click("#operations-tag-user").await;
    let operation = ".opblock-get[id$='user_me_retrieve']";
    browser.click(&format!("{operation} .opblock-summary-control")).await;
    browser.wait_for_element(&format!("{operation} .try-out")).await;
    browser.picture("api-doc-operation").await;
    browser.press("Try it out").await;
    browser.wait_for_element(&format!("{operation} .execute")).await;
    browser.press("Execute").await;
    browser.wait_for_element(&format!("{operation} .live-responses-table")).await;
    assert!(browser.texts(&format!("{operation} .live-responses-table .response-col_status")).await[1].contains("401"));

    browser.click(".auth-wrapper .btn.authorize").await;
    browser.wait_for_element(".modal-ux").await;
    browser.picture("api-doc-authorize").await;
    browser.click(".modal-ux .auth-container:has(.scopes) .authorize").await;
    let popup = browser.other_window().await;
    browser.fill("username", ADMIN.0).await;
    browser.fill("password", ADMIN.1).await;
    browser.press("Log in").await;
    browser.wait_for_element("#consent-allow").await;
    browser.click("#consent-allow").await;
    browser.back_to_first_window(popup).await;
    browser.wait_for_text("Logout").await;
    browser.click(".modal-ux .btn-done").await;

    browser.press("Execute").await;
    browser.wait_for_text("\"username\": \"admin\"").await;
    browser.picture("api-doc-called").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}
