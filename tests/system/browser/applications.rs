//! `/o/applications/`: superusers register and look after applications; nobody else sees them.

use super::{as_administrator, driver::Browser, log_in, member};
use crate::support::server::{Server, Store};

/// Registers an application with a loopback redirect URI through its page; returns its `client_id` and `pk`.
pub(super) async fn register(browser: &Browser, name: &str, client_type: &str, scopes: &[&str]) -> (String, String) {
    let (client_id, _, pk) = register_with_secret(browser, name, client_type, scopes).await;
    (client_id, pk)
}

/// The same, with the secret that was shown, if there was one.
pub(super) async fn register_with_secret(
    browser: &Browser,
    name: &str,
    client_type: &str,
    scopes: &[&str],
) -> (String, Option<String>, String) {
    browser.open("/o/applications/register/").await;
    browser.fill("name", name).await;
    browser.choose("client_type", client_type).await;
    browser.fill("redirect_uris", "http://127.0.0.1/callback").await;
    for scope in scopes {
        browser.set_tick("scope", scope, true).await;
    }
    browser.click("#save-application").await;
    browser.wait_for_element("#client-id").await;
    let client_id = browser.texts("#client-id").await.remove(0);
    let secret = browser.texts("#client-secret").await.pop();
    if secret.is_some() {
        browser.click("#secret-done").await;
        browser.wait_for_element("#edit-application").await;
    }
    let path = browser.path().await;
    let pk = path.split('/').nth(3).unwrap_or_else(|| panic!("{path}")).to_owned();
    (client_id, secret, pk)
}

#[tokio::test]
async fn an_application_is_registered_edited_given_a_new_secret_and_deleted() {
    let (_server, browser) = as_administrator(Store::Sqlite).await;
    browser.open("/o/applications/").await;
    browser.picture("applications").await;
    browser.press("Register application").await;
    browser.wait_for_element("#application-form").await;
    browser.picture("application-register").await;

    // Several things wrong at once: each is said beside its field.
    browser.fill("redirect_uris", "http://example.org/callback\nnot an address").await;
    browser.fill("access_token_lifetime", "1").await;
    browser.click("#save-application").await;
    browser.wait_for_element("#form-errors").await;
    browser.picture("application-errors").await;
    for field in ["id_name", "id_redirect_uris", "id_access_token_lifetime"] {
        browser.find(&format!("#{field}-error-1")).await;
    }

    let (client_id, secret, pk) = register_with_secret(&browser, "Warehouse Robot", "confidential", &["openid"]).await;
    let secret = secret.expect("a confidential application has a secret");
    let page = format!("/o/applications/{pk}/");
    browser.open(&page).await;
    browser.picture("application").await;
    assert!(!browser.source().await.contains(&secret), "the secret is shown again");

    browser.open(&format!("{page}secret/")).await;
    browser.picture("application-secret").await;
    browser.click("#make-secret").await;
    browser.wait_for_element("#client-secret").await;
    browser.picture("application-secret-shown").await;
    let second = browser.texts("#client-secret").await.remove(0);
    assert_ne!(secret, second);
    browser.open(&page).await;
    assert!(!browser.source().await.contains(&second), "the new secret is shown again");

    browser.open(&format!("{page}update/")).await;
    browser.fill("name", "Warehouse Robot 2").await;
    browser.click("#save-application").await;
    browser.wait_for_text("Warehouse Robot 2").await;
    browser.open("/o/applications/?q=robot").await;
    assert!(browser.text().await.contains("Warehouse Robot 2"));
    browser.picture("applications-found").await;

    browser.open(&page).await;
    browser.click("#delete-application").await;
    browser.wait_for_element("#confirm").await;
    browser.picture("application-delete").await;
    browser.click("#confirm").await;
    browser.wait_for_path("/o/applications/").await;
    let text = browser.text().await;
    assert!(!text.contains(&client_id), "it is still there:\n{text}");
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.open(&page).await;
    browser.picture("not-found").await;
    assert!(browser.text().await.contains("404"));
}

#[tokio::test]
async fn the_pages_are_closed_to_everybody_else() {
    let server = Server::start(Store::Sqlite).await;
    member(&server, "ann");
    let browser = Browser::on(&server.url).await;
    browser.open("/o/applications/").await;
    assert!(browser.path().await.starts_with("/accounts/login/"), "{}", browser.path().await);
    log_in(&browser, ("ann", super::MEMBER_PASSWORD)).await;
    for path in ["/o/applications/", "/o/applications/register/", "/o/applications/1/"] {
        browser.open(path).await;
        let text = browser.text().await;
        assert!(text.contains("403"), "{path}:\n{text}");
    }
    browser.picture("forbidden").await;
}
