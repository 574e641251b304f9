//! Session management: what a frame of this server may tell an application.

use poem::http::StatusCode;
use sha2::{Digest as _, Sha256};
use stockade::secret::hex;

use crate::support::{
    actors::Actor,
    both,
    browser::Browser,
    oauth::{CALLBACK, parameter},
    people::PASSWORD,
};

/// What the script of the frame says.
fn answer(session_state: &str, client_id: &str, origin: &str, cookie: &str) -> bool {
    let (hash, salt) = session_state.split_once('.').unwrap();
    hex(&Sha256::digest(format!("{client_id} {origin} {cookie} {salt}").as_bytes())) == hash
}

both! {
    async fn the_state_holds_while_the_session_does_for_this_application_and_origin_only(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let location = browser.allow(&shop.url("openid")).await;
        assert!(location.starts_with(CALLBACK));
        let state = parameter(&location, "session_state").unwrap();
        let cookie = browser.cookie("opbs").unwrap();
        assert!(answer(&state, "shop", "https://app.example", &cookie));
        assert!(!answer(&state, "other", "https://app.example", &cookie));
        assert!(!answer(&state, "shop", "https://evil.example", &cookie));
        // Salted: two answers cannot be compared.
        let again = parameter(&browser.allow(&shop.url("openid")).await, "session_state").unwrap();
        assert_ne!(again, state);
        browser.post("/accounts/logout/", &[]).await;
        assert_eq!(browser.cookie("opbs"), None);
        browser.log_in("ann", PASSWORD).await;
        assert!(!answer(&state, "shop", "https://app.example", &browser.cookie("opbs").unwrap()));
    }

    async fn only_openid_requests_get_a_state(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let location = browser.allow(&shop.url("g:read")).await;
        assert_eq!(parameter(&location, "session_state"), None);
    }

    async fn the_frame_alone_may_stand_on_other_sites_and_can_do_nothing(app: App) {
        let frame = Actor::anonymous().get(&app, "/o/session/").await;
        assert_eq!(frame.status, StatusCode::OK);
        assert_eq!(frame.header("x-frame-options"), "");
        let policy = frame.header("content-security-policy");
        assert!(!policy.contains("frame-ancestors") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!frame.text.contains("<form") && !frame.text.contains("onclick"));
        let document = Actor::anonymous().get(&app, "/o/.well-known/openid-configuration").await.json();
        assert!(document["check_session_iframe"].as_str().unwrap().ends_with("/o/session/"));
        for page in ["/accounts/login/", "/o/logout/", "/o/consent/"] {
            let page = Actor::anonymous().get(&app, page).await;
            if page.status == StatusCode::OK {
                assert_eq!(page.header("x-frame-options"), "DENY");
                assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
            }
        }
    }
}
