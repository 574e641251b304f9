//! What has expired is removed, and nothing else.

use entities::oauth::{access_token, authorization_code, decoupled_request, grant, refresh_token};
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use stockade::oauth::sweep;

use crate::support::{both, browser::Browser, oauth::Tokens, people::PASSWORD};

both! {
    async fn expired_codes_and_tokens_go_and_live_ones_stay(app: App) {
        app.superuser("ann").await;
        let shop = app.confidential("shop").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        browser.code(&shop.url("openid")).await;
        shop.tokens_in(&app, &browser, "openid").await;
        assert_eq!(sweep(&app.ctx).await.unwrap(), 0, "nothing has expired yet");
        app.ctx.clock.advance(2 * 3600 + 60);
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let live = shop.tokens_in(&app, &browser, "openid").await;
        assert!(sweep(&app.ctx).await.unwrap() >= 4);
        let db = app.ctx.db.reader();
        let counts = (
            authorization_code::Entity::find().count(db).await.unwrap(),
            access_token::Entity::find().count(db).await.unwrap(),
            refresh_token::Entity::find().count(db).await.unwrap(),
            grant::Entity::find().count(db).await.unwrap(),
        );
        assert_eq!(counts, (1, 1, 1, 2), "those of the live grant, and the last grant of the session before");
        assert_eq!(sweep(&app.ctx).await.unwrap(), 0);
        assert_eq!(shop.introspect(&app, &live.access).await["active"], true);
        Tokens::of(&shop.refresh(&app, live.refresh()).await);
    }

    async fn what_was_asked_elsewhere_and_what_was_given_in_exchange_goes_too(app: App) {
        app.superuser("ann").await;
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let kiosk = app.enrol("kiosk", |row| row.grant_types = Set(format!("{device} refresh_token"))).await;
        crate::oauth::device::tokens(&app, &kiosk, "ann", &[("scope", "openid g:read")]).await;
        kiosk.post(&app, "/o/device-authorization/", &[("scope", "g:read")]).await;
        let db = app.ctx.db.reader();
        assert_eq!(decoupled_request::Entity::find().count(db).await.unwrap(), 2);
        assert_eq!(sweep(&app.ctx).await.unwrap(), 0);
        app.ctx.clock.advance(3600 + 3600 + 60);
        sweep(&app.ctx).await.unwrap();
        assert_eq!(decoupled_request::Entity::find().count(db).await.unwrap(), 0);
        assert_eq!(grant::Entity::find().count(db).await.unwrap(), 1, "the session goes on, and its end will be told");
    }
}
