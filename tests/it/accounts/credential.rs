//! Passwords, as the login form and Basic authentication check them.

use std::{net::IpAddr, sync::Arc};

use entities::accounts::user;
use sea_orm::{EntityTrait as _, prelude::*, sea_query::Expr};
use stockade::accounts::{
    author::Author,
    credential::{self, Refused},
    person::{self, Change},
};

use crate::support::{App, both, people::PASSWORD};

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

async fn stored(app: &App, id: i32) -> String {
    user::Entity::find_by_id(id).one(app.ctx.db.reader()).await.unwrap().unwrap().password
}

/// Gives a person the hash that Django would have stored for `inventree`.
async fn from_django(app: &App, id: i32) {
    // PBKDF2-SHA256 of "inventree" with the salt "seasalt" at 1,000 rounds.
    let hash = "pbkdf2_sha256$1000$seasalt$DJANGO".replace("DJANGO", &django("inventree", "seasalt", 1000));
    app.ctx
        .db
        .write(|tx| async move {
            user::Entity::update_many()
                .col_expr(user::Column::Password, Expr::value(hash))
                .filter(user::Column::Id.eq(id))
                .exec(&*tx)
                .await
        })
        .await
        .unwrap();
}

fn django(password: &str, salt: &str, rounds: u32) -> String {
    use base64::Engine as _;
    let mut out = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password.as_bytes(), salt.as_bytes(), rounds, &mut out);
    base64::engine::general_purpose::STANDARD.encode(out)
}

both! {
    async fn a_hash_of_django_is_upgraded_at_login_and_the_password_stays(app: App) {
        let ann = app.person("ann").await;
        from_django(&app, ann.id).await;
        assert!(matches!(credential::password(&app.ctx, "ann", "Inventree", address(1)).await, Err(Refused::Wrong)));
        assert!(stored(&app, ann.id).await.starts_with("pbkdf2_sha256$"));
        let user = credential::password(&app.ctx, "ann", "inventree", address(1)).await.unwrap();
        assert!(stored(&app, ann.id).await.starts_with("$argon2id$"));
        assert_eq!(stored(&app, ann.id).await, user.password);
        assert_eq!(user.credentials_changed_at, ann.credentials_changed_at, "nothing that was alive ends");
        credential::password(&app.ctx, "ann", "inventree", address(1)).await.unwrap();
    }

    async fn names_are_told_apart_exactly(app: App) {
        app.person("Ann").await;
        for name in ["ann", "ANN", "Ann ", " Ann", "Ann\0", "An", "%", "A_n"] {
            assert!(matches!(credential::password(&app.ctx, name, PASSWORD, address(1)).await, Err(Refused::Wrong)), "{name:?}");
        }
        credential::password(&app.ctx, "Ann", PASSWORD, address(2)).await.unwrap();
    }

    async fn an_address_that_guesses_at_many_accounts_is_locked_and_others_are_not(app: App) {
        app.person("ann").await;
        let allowed = app.ctx.config.password.max_failures * 10;
        for n in 0..allowed {
            let _ = credential::password(&app.ctx, &format!("nobody{n}"), "guess guess", address(1)).await;
        }
        assert!(matches!(credential::password(&app.ctx, "ann", PASSWORD, address(1)).await, Err(Refused::Wrong)));
        credential::password(&app.ctx, "ann", PASSWORD, address(2)).await.unwrap();
    }

    async fn basic_hashes_once_and_remembers_for_some_minutes(app: App) {
        let ann = app.person("ann").await;
        credential::basic(&app.ctx, "ann", PASSWORD, address(1)).await.unwrap();
        let before = app.ctx.db.statements();
        for _ in 0..3 {
            assert_eq!(credential::basic(&app.ctx, "ann", PASSWORD, address(1)).await.unwrap().id, ann.id);
        }
        assert_eq!(app.ctx.db.statements() - before, 3, "one query a request");
        // What is remembered is this pair, not this person.
        assert!(matches!(credential::basic(&app.ctx, "ann", "another phrase", address(1)).await, Err(Refused::Wrong)));
    }

    async fn basic_forgets_with_a_new_password_or_a_lost_account(app: App) {
        let ann = app.person("ann").await;
        credential::basic(&app.ctx, "ann", PASSWORD, address(1)).await.unwrap();
        person::set_password(&app.ctx, &Author::operator(), ann.id, "a quite different phrase", false).await.unwrap();
        assert!(matches!(credential::basic(&app.ctx, "ann", PASSWORD, address(1)).await, Err(Refused::Wrong)));
        credential::basic(&app.ctx, "ann", "a quite different phrase", address(1)).await.unwrap();
        person::update(&app.ctx, &Author::operator(), ann.id, Change { is_active: Some(false), ..Change::default() }).await.unwrap();
        assert!(matches!(credential::basic(&app.ctx, "ann", "a quite different phrase", address(1)).await, Err(Refused::Wrong)));
    }

    async fn basic_is_limited_as_the_login_is_even_for_a_remembered_pair(app: App) {
        app.person("ann").await;
        credential::basic(&app.ctx, "ann", PASSWORD, address(1)).await.unwrap();
        for _ in 0..app.ctx.config.password.max_failures {
            let _ = credential::basic(&app.ctx, "ann", "another phrase", address(2)).await;
        }
        for last in [1, 2, 3] {
            assert!(matches!(credential::basic(&app.ctx, "ann", PASSWORD, address(last)).await, Err(Refused::Wrong)));
            assert!(matches!(credential::password(&app.ctx, "ann", PASSWORD, address(last)).await, Err(Refused::Wrong)));
        }
    }

    async fn a_flood_is_shed_and_everybody_else_is_served_afterwards(app: App) {
        app.person("ann").await;
        let app = Arc::new(app);
        let flood: Vec<_> = (0..300)
            .map(|n| {
                let app = app.clone();
                tokio::spawn(async move {
                    credential::password(&app.ctx, &format!("nobody{n}"), "guess guess", address(9)).await.map(drop)
                })
            })
            .collect();
        for attempt in flood {
            assert!(matches!(attempt.await.unwrap(), Err(Refused::Wrong | Refused::Busy(_))));
        }
        credential::password(&app.ctx, "ann", PASSWORD, address(1)).await.unwrap();
    }
}
