//! `/o/logo/<pk>/`: logos come from here, or not at all.

use poem::http::StatusCode;
use sea_orm::ActiveValue::Set;

use crate::support::{
    App,
    actors::Actor,
    both,
    elsewhere::{Elsewhere, Page, may_ask_this_machine},
};

fn png() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &64_u32.to_be_bytes(), &64_u32.to_be_bytes(), &[8, 6, 0, 0, 0]]
        .concat()
}

async fn logo(app: &App, client_id: &str, uri: &str) -> String {
    let uri = uri.to_owned();
    let client = app.enrol(client_id, |row| row.logo_uri = Set(uri)).await;
    format!("/o/logo/{}/", client.row.id)
}

both! {
    async fn an_image_is_fetched_once_and_shown_as_what_it_is_and_as_nothing_else(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        // Called something else, it is still a picture.
        elsewhere.put("/logo", Page::of("text/html", png()));
        let path = logo(&app, "shop", &elsewhere.at("/logo")).await;
        for _ in 0..3 {
            let answer = Actor::anonymous().get(&app, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.header("content-type"), "image/png");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.header("content-security-policy").contains("sandbox"));
        }
        assert_eq!(elsewhere.asked("/logo").len(), 1);
    }

    async fn what_is_no_raster_image_is_not_shown_and_not_fetched_at_every_look(app: App) {
        let app = app.reconfigured(may_ask_this_machine).await;
        let elsewhere = Elsewhere::start().await;
        elsewhere.put("/svg", Page::of("image/png", "<svg xmlns='http://www.w3.org/2000/svg'/>"));
        elsewhere.put("/moved", Page::status(302).header("location", &elsewhere.at("/svg")));
        elsewhere.put("/large", Page::of("image/png", [png(), vec![0; 300_000]].concat()));
        for path in ["/svg", "/moved", "/large", "/missing"] {
            let shown = logo(&app, &path[1..], &elsewhere.at(path)).await;
            for _ in 0..2 {
                assert_eq!(Actor::anonymous().get(&app, &shown).await.status, StatusCode::NOT_FOUND, "{path}");
            }
            assert_eq!(elsewhere.asked(path).len(), 1, "{path}");
        }
        for path in ["/o/logo/999/", "/o/logo/x/"] {
            assert_eq!(Actor::anonymous().get(&app, path).await.status, StatusCode::NOT_FOUND);
        }
    }
}
