//! `/o/device/` and `/o/ciba/`: what is asked elsewhere is decided here.

use serde_json::Value;

use super::{Browser, MEMBER_PASSWORD, log_in, member};
use crate::support::server::{Server, Store};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";

async fn post(server: &Server, path: &str, secret: Option<&str>, fields: &[(&str, &str)]) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", server.url)).form(fields);
    let client_id = fields.iter().find(|(name, _)| *name == "client_id").map_or("", |(_, value)| value);
    let request = match secret {
        Some(secret) => request.basic_auth(client_id, Some(secret)),
        None => request,
    };
    let answer = request.header("User-Agent", "LabelMaker/2.1 (Bench 4)").send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_device_is_connected_by_the_code_that_it_shows() {
    let server = Server::start(Store::Sqlite).await;
    member(&server, "ann");
    let scope = "openid profile g:read r:view:part r:change:stock offline_access";
    server.run(&[
        "application",
        "create",
        "Label printer",
        "--client-id",
        "printer",
        "--public",
        "--grant",
        DEVICE,
        "--scope",
        scope,
    ]);
    let fields = [("client_id", "printer"), ("scope", "openid profile g:read offline_access")];
    let (_, asked) = post(&server, "/o/device-authorization/", None, &fields).await;
    let code = asked["user_code"].as_str().unwrap();

    let browser = Browser::on(&server.url).await;
    log_in(&browser, ("ann", MEMBER_PASSWORD)).await;
    browser.open("/o/device/").await;
    browser.picture("device").await;
    browser.fill("user_code", "BCDF-GHJK").await;
    browser.click("#device-verify").await;
    browser.wait_for_element("#id_user_code-error-1").await;
    browser.picture("device-wrong").await;
    browser.fill("user_code", &code.to_lowercase().replace('-', " ")).await;
    browser.click("#device-verify").await;
    browser.wait_for_element("#device-allow").await;
    assert_eq!(browser.texts("#device-code").await, [code]);
    browser.picture("device-confirm").await;
    browser.click("#device-allow").await;
    browser.wait_for_text("Device Authorized").await;
    browser.picture("device-authorized").await;
    assert_eq!(browser.complaints().await, [""; 0]);

    let device_code = asked["device_code"].as_str().unwrap();
    let fields = [("client_id", "printer"), ("grant_type", DEVICE), ("device_code", device_code)];
    let (status, tokens) = post(&server, "/o/token/", None, &fields).await;
    assert_eq!(status, 200, "{tokens}");
    browser.open("/o/authorized_tokens/").await;
    browser.wait_for_text("Label printer").await;
}

#[tokio::test]
async fn a_request_of_an_application_is_seen_at_home_and_decided() {
    let server = Server::start(Store::Sqlite).await;
    member(&server, "ann");
    let scope = "openid profile g:read r:change:stock";
    server.run(&["application", "create", "Service desk", "--client-id", "desk", "--grant", CIBA, "--scope", scope]);
    let secret = server.run(&["application", "secret", "desk"]).trim().to_owned();
    let ask = async |message: &str| {
        let fields = [
            ("client_id", "desk"),
            ("scope", "openid profile r:change:stock"),
            ("login_hint", "ann"),
            ("binding_message", message),
        ];
        let (status, asked) = post(&server, "/o/bc-authorize/", Some(&secret), &fields).await;
        assert_eq!(status, 200, "{asked}");
        asked["auth_req_id"].as_str().unwrap().to_owned()
    };
    let first = ask("Ticket 4711").await;
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ("ann", MEMBER_PASSWORD)).await;
    browser.wait_for_element("#waiting").await;
    browser.picture("home-waiting").await;
    ask("Ticket 4712").await;
    browser.open("/o/ciba/").await;
    browser.wait_for_text("Ticket 4711").await;
    browser.picture("ciba").await;
    browser.click("button[value=accept]").await;
    browser.wait_for_text("Allowed.").await;
    browser.click("button[value=deny]").await;
    browser.wait_for_text("Nothing waits for you").await;
    browser.picture("ciba-none").await;
    assert_eq!(browser.complaints().await, [""; 0]);
    let fields = [("client_id", "desk"), ("grant_type", CIBA), ("auth_req_id", first.as_str())];
    let (status, tokens) = post(&server, "/o/token/", Some(&secret), &fields).await;
    assert_eq!(status, 200, "{tokens}");
}
