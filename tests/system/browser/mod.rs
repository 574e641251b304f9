//! The pages in real Chromium, by WebDriver, as a person uses them.

mod accounts;
mod api_doc;
mod applications;
mod browse;
mod consent;
mod driver;
mod elsewhere;
mod form_post;
mod second_factor;

use crate::support::server::{ADMIN, Server, Store};
use consent::HOSTILE;
pub(crate) use driver::Browser;

/// A server and a browser in which its administrator is logged in.
async fn as_administrator(store: Store) -> (Server, Browser) {
    let server = Server::start(store).await;
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ADMIN).await;
    (server, browser)
}

/// Fills in the login page and waits for the account page.
pub(crate) async fn log_in(browser: &Browser, (username, password): (&str, &str)) {
    browser.open("/accounts/login/").await;
    browser.fill("username", username).await;
    browser.fill("password", password).await;
    browser.press("Log in").await;
    browser.wait_for_path("/accounts/").await;
}

/// Of those whom [`member`] makes.
const MEMBER_PASSWORD: &str = "a long enough password";

/// A person who is nobody special, made by the command line.
fn member(server: &Server, username: &str) {
    server.run_with_input(&["user", "create", username], &format!("{MEMBER_PASSWORD}\n"));
}
