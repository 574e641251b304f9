//! `response_mode=form_post` in a real browser: the page posts itself, also where somebody hostile chose the parameters,
//! and a person can post it where no script does.

use super::{HOSTILE, applications::register, as_administrator, driver::Browser, log_in};
use crate::support::{
    flow::{DEFAULT_APPLICATION, Flow},
    listener::Listener,
    server::{ADMIN, Server, Store},
};

#[tokio::test]
async fn the_answer_posts_itself_and_brings_a_code() {
    let (server, browser) = as_administrator(Store::Sqlite).await;
    let listener = Listener::open().await;
    let flow = Flow::new(DEFAULT_APPLICATION, &listener, "openid", &[("response_mode", "form_post")]);
    browser.open(&flow.path).await;
    browser.press("Allow").await;
    let answer = listener.parameters().await;
    assert_eq!(answer["state"], flow.state);
    assert_eq!(answer["iss"], format!("{}/o", server.url));
    flow.redeem(&server, None, &answer["code"]).await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn an_error_with_hostile_parameters_is_posted_byte_for_byte_and_runs_nothing() {
    let (_server, browser) = as_administrator(Store::Sqlite).await;
    for value in HOSTILE {
        let listener = Listener::open().await;
        let mut flow = Flow::new(DEFAULT_APPLICATION, &listener, "openid", &[("response_mode", "form_post")]);
        let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        flow.path = flow.path.replace(&format!("state={}", flow.state), &format!("state={encoded}"));
        browser.open(&format!("{}&scope={encoded}", flow.path)).await;
        let answer = listener.parameters().await;
        assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("invalid_request", value));
        assert_eq!(browser.dialog().await, None, "{value} ran a script");
        assert_eq!(browser.complaints().await, [""; 0], "{value}");
    }
}

#[tokio::test]
async fn without_the_script_there_is_a_button() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ADMIN).await;
    let (client_id, _) = register(&browser, "Bench Viewer", "public", &["openid"]).await;
    // Whoever cancels the login of an application that cannot prove itself leaves by a click.
    let stranger = Browser::on(&server.url).await;
    let listener = Listener::open().await;
    let flow = Flow::new(&client_id, &listener, "openid", &[("response_mode", "form_post")]);
    stranger.open(&flow.path).await;
    stranger.press("Cancel").await;
    stranger.wait_for_text("You did not log in").await;
    stranger.picture("form-post-cancelled").await;
    assert_eq!(stranger.count("script:not([src])").await, 0);
    stranger.press("Return to the application").await;
    let answer = listener.parameters().await;
    assert_eq!((answer["error"].as_str(), &answer["state"]), ("access_denied", &flow.state));
    assert_eq!(stranger.complaints().await, [""; 0]);
}
