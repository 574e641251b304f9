//! The store of what may be used once only.

use entities::oauth::replay::Entity;
use futures_util::future::join_all;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::oauth::{replay::first_use, sweep};

use crate::support::both;

both! {
    async fn of_many_that_use_one_thing_at_once_one_is_the_first(app: App) {
        let until = app.ctx.clock.now() + 60;
        let asked = (0..64).map(|_| {
            let ctx = app.ctx.clone();
            tokio::spawn(async move { first_use(&ctx, "test", "jti", until).await.unwrap() })
        });
        let first = join_all(asked).await.into_iter().filter(|answer| *answer.as_ref().unwrap()).count();
        assert_eq!(first, 1);
    }

    async fn kinds_and_keys_do_not_get_in_each_others_way(app: App) {
        let until = app.ctx.clock.now() + 60;
        for (kind, key) in [("a", "x"), ("b", "x"), ("a", "y"), ("a", &"z".repeat(100_000))] {
            assert!(first_use(&app.ctx, kind, key, until).await.unwrap(), "{kind}");
            assert!(!first_use(&app.ctx, kind, key, until).await.unwrap(), "{kind}");
        }
    }

    async fn a_use_makes_nothing_stale_that_is_kept_in_memory(app: App) {
        let before = app.ctx.db.writes();
        first_use(&app.ctx, "test", "jti", app.ctx.clock.now() + 60).await.unwrap();
        assert_eq!(app.ctx.db.writes(), before);
    }

    async fn what_is_too_old_anyway_is_swept_and_the_rest_is_kept(app: App) {
        let now = app.ctx.clock.now();
        for (key, until) in [("old", now + 10), ("new", now + 100)] {
            first_use(&app.ctx, "test", key, until).await.unwrap();
        }
        app.ctx.clock.advance(50);
        assert_eq!(sweep(&app.ctx).await.unwrap(), 1);
        assert_eq!(Entity::find().count(app.ctx.db.reader()).await.unwrap(), 1);
        assert!(!first_use(&app.ctx, "test", "new", now + 100).await.unwrap());
    }
}
