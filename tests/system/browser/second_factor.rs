//! The second factor, from setting it up to the login by a recovery code.

use stockade::{accounts::second_factor::totp, clock::Clock};

use super::{as_administrator, driver::Browser};
use crate::support::server::{ADMIN, Store};

/// What an authenticator app makes of the key that the page shows.
fn code(shown: &str) -> String {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => u64::from(byte - b'A'),
        _ => u64::from(byte - b'2' + 26),
    };
    let letters: Vec<u8> = shown.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = letters.chunks_exact(8).flat_map(|eight| {
        let bits = eight.iter().fold(0, |bits, byte| bits << 5 | digit(*byte));
        bits.to_be_bytes()[3..].to_vec()
    });
    totp::shown(&bytes.collect::<Vec<u8>>(), Clock::default().now())
}

async fn log_in(browser: &Browser, code: &str) {
    browser.open("/accounts/login/").await;
    browser.fill("username", ADMIN.0).await;
    browser.fill("password", ADMIN.1).await;
    browser.press("Log in").await;
    browser.wait_for_element("#login-code").await;
    browser.picture("login-code").await;
    browser.fill("code", code).await;
    browser.press("Log in").await;
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_replaced_by_a_recovery_code() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    browser.open("/accounts/").await;
    browser.click("#manage-factor").await;
    browser.wait_for_path("/accounts/second-factor/").await;
    browser.picture("second-factor-off").await;
    browser.click("#set-up-factor").await;
    browser.wait_for_element("#factor-qr").await;
    browser.picture("second-factor-set-up").await;
    browser.fill("code", "000000").await;
    browser.press("Turn on").await;
    browser.wait_for_element(".field-error").await;
    browser.picture("second-factor-wrong-code").await;
    let key = browser.texts("#factor-secret").await.remove(0);
    browser.fill("code", &code(&key)).await;
    browser.press("Turn on").await;
    browser.wait_for_element("#recovery-codes").await;
    browser.picture("recovery-codes").await;
    let codes = browser.texts("#recovery-codes code").await;
    assert_eq!(codes.len(), 10);
    browser.click("#codes-kept").await;
    browser.wait_for_text("recovery codes left").await;
    browser.picture("second-factor-on").await;
    assert_eq!(browser.complaints().await, [""; 0]);

    let elsewhere = Browser::on(&server.url).await;
    log_in(&elsewhere, "123456").await;
    elsewhere.wait_for_element(".field-error").await;
    elsewhere.picture("login-code-wrong").await;
    elsewhere.fill("code", &codes[0]).await;
    elsewhere.press("Log in").await;
    elsewhere.wait_for_path("/accounts/").await;
    elsewhere.open("/accounts/second-factor/").await;
    assert_eq!(elsewhere.texts("#codes-left").await, ["9"]);
    elsewhere.click("#remove-factor").await;
    elsewhere.wait_for_text("is off").await;
    assert_eq!(elsewhere.complaints().await, [""; 0]);
}
