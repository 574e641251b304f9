//! `/accounts/sessions/`: the browsers of a person, and the applications in them.

use poem::http::StatusCode;

use crate::support::{both, browser::Browser, people::PASSWORD};

both! {
    async fn each_session_tells_its_applications_and_can_be_ended(app: App) {
        app.person("ann").await;
        let shop = app.confidential("shop").await;
        let (here, there) = (Browser::logged_in(&app, "ann", PASSWORD).await, Browser::logged_in(&app, "ann", PASSWORD).await);
        shop.tokens_in(&app, &there, "openid").await;
        let page = here.get("/accounts/sessions/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.body.matches("The shop").count(), 1, "{}", page.body);
        assert_eq!(page.body.matches("No applications used").count(), 1);
        let ended = here.post("/accounts/sessions/", &[("end", "others"), ("from", "sessions")]).await;
        assert_eq!(ended.location(), "/accounts/sessions/?done=ended");
        assert_eq!(there.get("/accounts/").await.status, StatusCode::SEE_OTHER);
        let page = here.get(ended.location()).await;
        assert!(page.body.contains("Done: logged out there") && page.body.contains("This browser"));
    }

    async fn strangers_see_nobodys_sessions(app: App) {
        let page = Browser::new(&app).await.get("/accounts/sessions/").await;
        assert!(page.location().starts_with("/accounts/login/"));
    }
}
