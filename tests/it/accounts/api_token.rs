//! API tokens.

use chrono::Days;
use entities::accounts::{api_token as row, user};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use stockade::accounts::{
    api_token,
    author::Author,
    person::{self, Change},
};

use crate::support::{
    App,
    actors::Actor,
    both,
    people::{PASSWORD, basic},
};

async fn message(app: &App, value: &str) -> String {
    api_token::live(&app.ctx, value).await.unwrap_err().to_string()
}

/// Waits for what is noted after the answer.
async fn last_seen(app: &App, id: i32) -> Option<i64> {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    row::Entity::find_by_id(id).one(app.ctx.db.reader()).await.unwrap().unwrap().last_seen
}

both! {
    async fn a_token_is_shown_again_under_its_name_and_the_database_does_not_hold_it(app: App) {
        let ann = app.person("ann").await;
        let first = api_token::obtain(&app.ctx, &ann, " my script\n").await.unwrap();
        assert!(api_token::recognises(&first.value), "{}", first.value);
        assert!(first.value.ends_with(&app.ctx.clock.today().format("-%Y%m%d").to_string()));
        let before = app.ctx.db.writes();
        let again = api_token::obtain(&app.ctx, &ann, "my script").await.unwrap();
        assert_eq!((again.token.id, &again.value), (first.token.id, &first.value));
        assert_eq!(app.ctx.db.writes(), before, "nothing is written for a token that is there");
        let other = api_token::obtain(&app.ctx, &ann, "").await.unwrap();
        assert_ne!(other.value, first.value);
        let stored = format!("{:?}", row::Entity::find().all(app.ctx.db.reader()).await.unwrap());
        let digits = &first.value[4..44];
        assert!(!stored.contains(digits), "the value, or most of it, is in the database");
        assert_eq!(api_token::expiry(&first.token), app.ctx.clock.today().checked_add_days(Days::new(365)).unwrap());
    }

    async fn many_who_ask_at_once_get_one_token(app: App) {
        let ann = app.person("ann").await;
        let asks = (0..12).map(|_| api_token::obtain(&app.ctx, &ann, "script"));
        let values: Vec<String> = futures_util::future::join_all(asks).await.into_iter().map(|issued| issued.unwrap().value).collect();
        assert!(values.iter().all(|value| *value == values[0]));
        assert_eq!(row::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 1);
    }

    async fn a_live_token_names_its_user_by_one_query(app: App) {
        let ann = app.person("ann").await;
        let issued = api_token::obtain(&app.ctx, &ann, "script").await.unwrap();
        api_token::live(&app.ctx, &issued.value).await.unwrap();
        assert!(last_seen(&app, issued.token.id).await.is_some());
        let before = app.ctx.db.statements();
        let (user, token) = api_token::live(&app.ctx, &issued.value).await.unwrap();
        assert_eq!((user.id, token.id), (ann.id, issued.token.id));
        assert_eq!(app.ctx.db.statements() - before, 1);
    }

    async fn each_reason_is_told_in_its_words(app: App) {
        let ann = app.person("ann").await;
        let issued = api_token::create(&app.ctx, &ann, "a", None).await.unwrap();
        assert_eq!(message(&app, "inv-nonsense").await, "Invalid token.");
        let before = app.ctx.db.statements();
        let typo = issued.value.replace("inv-", "inv-0").replacen('0', "", 1);
        assert_eq!(message(&app, &format!("{typo}0")).await, "Invalid token.");
        assert_eq!(app.ctx.db.statements(), before, "a typo is refused without asking the database");

        person::update(&app.ctx, &Author::operator(), ann.id, Change { is_active: Some(false), ..Change::default() }).await.unwrap();
        assert_eq!(message(&app, &issued.value).await, "User inactive or deleted.");
        person::update(&app.ctx, &Author::operator(), ann.id, Change { is_active: Some(true), ..Change::default() }).await.unwrap();
        api_token::live(&app.ctx, &issued.value).await.unwrap();

        assert!(!api_token::revoke(&app.ctx, Some(ann.id + 1), issued.token.id).await.unwrap(), "not somebody else's");
        api_token::live(&app.ctx, &issued.value).await.unwrap();
        assert!(api_token::revoke(&app.ctx, Some(ann.id), issued.token.id).await.unwrap());
        assert_eq!(message(&app, &issued.value).await, "Token has been revoked");
        let next = api_token::obtain(&app.ctx, &ann, "a").await.unwrap();
        assert_ne!(next.value, issued.value, "a revoked token is not handed out again");

        let short = api_token::create(&app.ctx, &ann, "short", Some(app.ctx.clock.today())).await.unwrap();
        api_token::live(&app.ctx, &short.value).await.unwrap();
        app.ctx.clock.advance(24 * 3600);
        assert_eq!(message(&app, &short.value).await, "Token has expired");
        app.ctx.db.write(|tx| async move { user::Entity::delete_by_id(ann.id).exec(&*tx).await }).await.unwrap();
        assert_eq!(message(&app, &next.value).await, "Invalid token.");
    }

    async fn use_is_noted_once_a_day(app: App) {
        let ann = app.person("ann").await;
        let issued = api_token::obtain(&app.ctx, &ann, "script").await.unwrap();
        let before = app.ctx.db.writes();
        for _ in 0..10 {
            api_token::live(&app.ctx, &issued.value).await.unwrap();
        }
        let first = last_seen(&app, issued.token.id).await.unwrap();
        for _ in 0..10 {
            api_token::live(&app.ctx, &issued.value).await.unwrap();
        }
        last_seen(&app, issued.token.id).await;
        let row = row::Entity::find_by_id(issued.token.id).one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert_eq!(row.last_seen, Some(first));
        // Those that ran before the first was noted may each have opened a transaction, none after.
        let opened = app.ctx.db.writes() - before;
        assert!((1..=10).contains(&opened), "{opened}");
        app.ctx.clock.advance(24 * 3600);
        api_token::live(&app.ctx, &issued.value).await.unwrap();
        assert!(last_seen(&app, issued.token.id).await.unwrap() > first);
        assert_eq!(app.ctx.db.writes() - before, opened + 1);
    }

    async fn any_number_of_bad_tokens_locks_no_good_one_out(app: App) {
        let ann = app.person("ann").await;
        let issued = api_token::obtain(&app.ctx, &ann, "script").await.unwrap();
        // Well formed, and of nobody: made by another server.
        let other = App::sqlite().await;
        let foreign = {
            let bob = other.person("bob").await;
            api_token::obtain(&other.ctx, &bob, "x").await.unwrap().value
        };
        let mut mistyped = issued.value.clone();
        mistyped.replace_range(4..5, if mistyped.contains("inv-0") { "1" } else { "0" });
        let (allowed, before) = (app.ctx.config.password.max_failures * 10, app.ctx.db.statements());
        for _ in 0..=allowed {
            let answer = Actor::sending(format!("Token {mistyped}")).get(&app, "/api/part/").await;
            assert_eq!(answer.status, 401);
        }
        assert_eq!(app.ctx.db.statements(), before, "the checksum refuses without a query");
        for _ in 0..=allowed {
            assert_eq!(Actor::sending(format!("Token {foreign}")).get(&app, "/api/part/").await.status, 401);
        }
        let good = Actor::sending(format!("Token {}", issued.value)).get(&app, "/api/user/me/").await;
        assert_eq!(good.status, 200);
        // Nor does it lock out those who log in from there.
        assert_eq!(basic("ann", PASSWORD).get(&app, "/api/user/me/").await.status, 200);
    }
}
