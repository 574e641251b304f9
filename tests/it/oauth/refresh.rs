//! `grant_type=refresh_token`: rotation with one successor, and the end of a family that was copied.

use poem::{http::StatusCode, test::TestClient};
use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use stockade::{ctx::Ctx, secret::ServerKey, server};

use crate::support::{
    App,
    actors::Answer,
    both,
    browser::Browser,
    oauth::{Client, Tokens, jwt},
    people::PASSWORD,
};

fn refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    assert_eq!(answer.json()["error"], "invalid_grant");
}

async fn phone(app: &App) -> (Client, Tokens) {
    app.superuser("ann").await;
    let phone = app.public("phone").await;
    let tokens = phone.tokens(app, "ann", "openid g:read r:view:part").await;
    (phone, tokens)
}

/// The same server on the same database, started anew.
fn restart(app: &mut App) {
    let (config, db, clock) = (app.ctx.config.clone(), app.ctx.db.clone(), app.ctx.clock.clone());
    app.ctx = Ctx::new(config, db, ServerKey::new(&[7; 32]), clock, app.ctx.rng).unwrap();
    app.client = TestClient::new(server::app(app.ctx.clone()));
}

async fn is_alive(app: &App, access: &str) -> bool {
    app.userinfo(access).await.status == StatusCode::OK
}

both! {
    async fn a_public_applications_refresh_token_is_replaced_at_every_use(app: App) {
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        let third = Tokens::of(&phone.refresh(&app, second.refresh()).await);
        assert!(first.refresh != second.refresh && second.refresh != third.refresh);
        for tokens in [first, second, third] {
            assert!(is_alive(&app, &tokens.access).await);
        }
    }

    async fn a_lost_answer_may_be_asked_for_again_and_gives_the_same_successor(app: App) {
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        app.ctx.clock.advance(20);
        let again = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        assert_eq!(again.refresh, second.refresh);
        assert_ne!(again.access, second.access);
        Tokens::of(&phone.refresh(&app, second.refresh()).await);
    }

    async fn a_replay_after_the_successor_was_used_kills_the_family_for_good(app: App) {
        let mut app = app;
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        let third = Tokens::of(&phone.refresh(&app, second.refresh()).await);
        refused(&phone.refresh(&app, first.refresh()).await);
        restart(&mut app);
        for tokens in [&first, &second, &third] {
            assert!(!is_alive(&app, &tokens.access).await, "committed although the answer was an error");
            refused(&phone.refresh(&app, tokens.refresh()).await);
        }
    }

    async fn a_replay_that_comes_too_late_kills_the_family(app: App) {
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        app.ctx.clock.advance(31);
        refused(&phone.refresh(&app, first.refresh()).await);
        refused(&phone.refresh(&app, second.refresh()).await);
        assert!(!is_alive(&app, &second.access).await);
    }

    async fn a_restart_between_use_and_replay_forgets_nothing(app: App) {
        let mut app = app;
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        restart(&mut app);
        let again = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        assert_eq!(again.refresh, second.refresh, "the successor is the same on every instance");
        Tokens::of(&phone.refresh(&app, second.refresh()).await);
        restart(&mut app);
        refused(&phone.refresh(&app, first.refresh()).await);
        refused(&phone.refresh(&app, second.refresh()).await);
    }

    async fn sixty_four_at_once_make_one_family(app: App) {
        let (phone, first) = phone(&app).await;
        let answers = futures_util::future::join_all((0..64).map(|_| phone.refresh(&app, first.refresh()))).await;
        let tokens: Vec<Tokens> = answers.iter().map(Tokens::of).collect();
        assert!(tokens.iter().all(|t| t.refresh == tokens[0].refresh), "one successor");
        let count = entities::oauth::refresh_token::Entity::find().count(app.ctx.db.reader()).await.unwrap();
        assert_eq!(count, 2, "the first and its one successor");
        Tokens::of(&phone.refresh(&app, tokens[0].refresh()).await);
    }

    async fn a_race_of_two_generations_ends_in_one_family_or_none(app: App) {
        let (phone, first) = phone(&app).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        let both = (0..32).map(|n| phone.refresh(&app, if n % 2 == 0 { first.refresh() } else { second.refresh() }));
        let answers = futures_util::future::join_all(both).await;
        assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
        // The successor was used, so each use of the first is a replay by then.
        refused(&phone.refresh(&app, first.refresh()).await);
        for answer in answers.iter().filter(|answer| answer.status == StatusCode::OK) {
            assert!(!is_alive(&app, &Tokens::of(answer).access).await);
        }
    }

    async fn a_confidential_applications_refresh_token_stays_and_is_its_own(app: App) {
        app.superuser("ann").await;
        let (shop, other) = (app.confidential("shop").await, app.confidential("other").await);
        let phone = app.public("phone").await;
        let tokens = shop.tokens(&app, "ann", "openid g:read").await;
        refused(&other.refresh(&app, tokens.refresh()).await);
        refused(&phone.refresh(&app, tokens.refresh()).await);
        for _ in 0..3 {
            let again = Tokens::of(&shop.refresh(&app, tokens.refresh()).await);
            assert!(again.refresh.is_none_or(|refresh| refresh == tokens.refresh()));
            app.ctx.clock.advance(1800);
        }
        let answers = futures_util::future::join_all((0..64).map(|_| shop.refresh(&app, tokens.refresh()))).await;
        for answer in &answers {
            Tokens::of(answer);
        }
    }

    async fn a_token_of_another_application_is_not_hurt_by_whoever_tries_it(app: App) {
        let (phone, first) = phone(&app).await;
        let other = app.public("other").await;
        refused(&other.refresh(&app, first.refresh()).await);
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        app.ctx.clock.advance(100);
        refused(&other.refresh(&app, first.refresh()).await);
        Tokens::of(&phone.refresh(&app, second.refresh()).await);
    }

    async fn scope_may_narrow_for_one_access_token_and_never_widens(app: App) {
        let (phone, first) = phone(&app).await;
        let ask = async |token: &str, scope: &str| {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
            phone.post(&app, "/o/token/", &fields).await
        };
        for wider in ["openid g:read r:view:part r:view:stock", "a:superuser", "bogus"] {
            let answer = ask(first.refresh(), wider).await;
            assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (StatusCode::BAD_REQUEST, "invalid_scope"));
        }
        let narrow = Tokens::of(&ask(first.refresh(), "g:read").await);
        assert_eq!(narrow.scope, "g:read");
        assert!(narrow.id.is_none(), "no openid, no ID token");
        let full = Tokens::of(&phone.refresh(&app, narrow.refresh()).await);
        assert_eq!(full.scope, "openid g:read r:view:part", "the refresh token keeps its own scope");
    }

    async fn idle_and_absolute_lifetimes_end_it(app: App) {
        let (phone, first) = phone(&app).await;
        app.ctx.clock.advance(3500);
        let mut tokens = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        app.ctx.clock.advance(3600);
        refused(&phone.refresh(&app, tokens.refresh()).await);

        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        tokens = phone.tokens_in(&app, &browser, "openid").await;
        for _ in 0..23 {
            app.ctx.clock.advance(3590);
            tokens = Tokens::of(&phone.refresh(&app, tokens.refresh()).await);
        }
        app.ctx.clock.advance(3590);
        app.ctx.clock.advance(300);
        refused(&phone.refresh(&app, tokens.refresh()).await);
    }

    async fn the_refreshed_id_token_tells_of_the_same_login(app: App) {
        let (phone, first) = phone(&app).await;
        app.ctx.clock.advance(500);
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        let (a, b) = (jwt(first.id.as_ref().unwrap()).1, jwt(second.id.as_ref().unwrap()).1);
        for claim in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
            assert_eq!(a[claim], b[claim], "{claim}");
        }
        // The clock goes on by itself, too.
        assert!((500..510).contains(&(b["iat"].as_i64().unwrap() - a["iat"].as_i64().unwrap())));
        assert_ne!(a["at_hash"], b["at_hash"]);
    }

    async fn an_application_that_lost_the_grant_refreshes_no_more(app: App) {
        let (phone, first) = phone(&app).await;
        let off = app.change(&phone, |row| row.grant_types = Set("authorization_code".into())).await;
        let answer = off.refresh(&app, first.refresh()).await;
        assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (StatusCode::BAD_REQUEST, "unauthorized_client"));
        app.change(&off, |row| row.grant_types = Set("authorization_code refresh_token".into())).await;
        Tokens::of(&phone.refresh(&app, first.refresh()).await);
    }

    async fn rights_and_allowed_scopes_are_looked_at_again(app: App) {
        let (phone, first) = phone(&app).await;
        let phone = app.change(&phone, |row| row.scope = Set("openid g:read".into())).await;
        let second = Tokens::of(&phone.refresh(&app, first.refresh()).await);
        assert_eq!(second.scope, "openid g:read");
        let phone = app.change(&phone, |row| row.scope = Set("openid g:read r:view:part".into())).await;
        let ann = person_named(&app, "ann").await;
        let change = stockade::accounts::person::Change { is_superuser: Some(false), ..Default::default() };
        app.superuser("root").await;
        let operator = stockade::accounts::author::Author::operator();
        stockade::accounts::person::update(&app.ctx, &operator, ann.id, change).await.unwrap();
        let third = phone.refresh(&app, second.refresh()).await;
        if third.status == StatusCode::OK {
            assert_eq!(Tokens::of(&third).scope, "openid g:read", "the role is gone");
        } else {
            refused(&third);
        }
    }

    async fn any_sequence_of_uses_retries_and_waits_keeps_one_lineage(app: App) {
        use proptest::{strategy::{Strategy as _, ValueTree as _}, test_runner::TestRunner};
        app.superuser("ann").await;
        let phone = app.public("phone").await;
        let browser = Browser::logged_in(&app, "ann", PASSWORD).await;
        let mut runner = TestRunner::deterministic();
        let steps = proptest::collection::vec((0usize..6, 0usize..4), 1..9);
        for _ in 0..8 {
            let mut lineage = vec![phone.tokens_in(&app, &browser, "openid g:read").await];
            let (mut dead, mut spent_at) = (false, app.ctx.clock.now());
            for (which, wait) in steps.new_tree(&mut runner).unwrap().current() {
                app.ctx.clock.advance([0, 5, 20, 40][wait]);
                if (28..=33).contains(&(app.ctx.clock.now() - spent_at)) {
                    // Time goes on while the test runs: keep away from the border.
                    app.ctx.clock.advance(10);
                }
                let which = lineage.len().saturating_sub(1 + which.saturating_sub(2));
                let answer = phone.refresh(&app, lineage[which].refresh()).await;
                let last = which + 1 == lineage.len();
                let retry = which + 2 == lineage.len() && app.ctx.clock.now() - spent_at <= 30;
                if dead || !(last || retry) {
                    refused(&answer);
                    dead = true;
                } else {
                    let tokens = Tokens::of(&answer);
                    assert!(tokens.scope == "openid g:read");
                    if last {
                        spent_at = app.ctx.clock.now();
                        lineage.push(tokens);
                    } else {
                        assert_eq!(tokens.refresh, lineage[which + 1].refresh);
                    }
                }
            }
            if dead {
                for tokens in &lineage {
                    assert!(!is_alive(&app, &tokens.access).await);
                    refused(&phone.refresh(&app, tokens.refresh()).await);
                }
            }
        }
    }
}

async fn person_named(app: &App, username: &str) -> entities::accounts::user::Model {
    use sea_orm::{ColumnTrait as _, QueryFilter as _};
    let found = entities::accounts::user::Entity::find()
        .filter(entities::accounts::user::Column::Username.eq(username))
        .one(app.ctx.db.reader())
        .await
        .unwrap();
    found.unwrap()
}
