//! The one function that writes, with many who write at once.

use std::{sync::Arc, time::Duration};

use entities::accounts::group;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DbErr, EntityTrait as _, PaginatorTrait as _};
use stockade::db::Tx;

use crate::support::{App, both};

async fn insert(tx: &Tx, name: &str) -> Result<i32, DbErr> {
    let row = group::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    row.insert(&**tx).await.map(|row| row.id)
}

async fn count(app: &App) -> u64 {
    group::Entity::find().count(app.ctx.db.reader()).await.unwrap()
}

both! {
    async fn of_many_writes_at_once_each_succeeds_or_fails_by_itself(app: App) {
        let app = Arc::new(app);
        let before = count(&app).await;
        let tasks: Vec<_> = (0..120)
            .map(|n| {
                let app = app.clone();
                tokio::spawn(async move {
                    app.ctx
                        .db
                        .write(|tx| async move {
                            insert(&tx, &format!("group {n}")).await?;
                            match n % 4 {
                                // Of its own will.
                                0 => Err(DbErr::Custom("no".to_owned())),
                                // By a constraint: the name is there.
                                1 => insert(&tx, &format!("group {n}")).await,
                                _ => insert(&tx, &format!("other {n}")).await,
                            }
                        })
                        .await
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            let written = task.await.unwrap();
            assert_eq!(written.is_ok(), n % 4 >= 2, "{n}: {written:?}");
            if let Ok(pk) = written {
                let found = group::Entity::find_by_id(pk).one(app.ctx.db.reader()).await.unwrap();
                assert_eq!(found.unwrap().name, format!("other {n}"), "who is answered finds it");
            }
        }
        assert_eq!(count(&app).await, before + 120);
    }

    async fn a_write_that_is_given_up_midway_leaves_nothing_and_the_others_go_on(app: App) {
        let app = Arc::new(app);
        let before = count(&app).await;
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let app = app.clone();
                tokio::spawn(async move {
                    let write = app.ctx.db.write(|tx| async move {
                        let id = insert(&tx, &format!("group {n}")).await?;
                        if n % 3 == 0 {
                            // Longer than its caller waits.
                            tokio::time::sleep(Duration::from_mins(10)).await;
                        }
                        Ok::<_, DbErr>(id)
                    });
                    let patience = Duration::from_millis(if n % 3 == 0 { 50 } else { 60_000 });
                    tokio::time::timeout(patience, write).await
                })
            })
            .collect();
        let mut stand = 0;
        for task in tasks {
            stand += u64::from(matches!(task.await.unwrap(), Ok(Ok(_))));
        }
        assert_eq!(stand, 26);
        assert_eq!(count(&app).await, before + stand);
    }

    async fn what_is_kept_in_memory_is_stale_after_a_write_and_not_after_a_note(app: App) {
        let writes = || app.ctx.db.writes();
        let before = writes();
        app.ctx.db.note(|tx| async move { insert(&tx, "noted").await }).await.unwrap();
        assert_eq!(writes(), before);
        let failed = app.ctx.db.write(|tx| async move { insert(&tx, "noted").await }).await;
        assert!(failed.is_err());
        assert_eq!(writes(), before);
        app.ctx.db.write(|tx| async move { insert(&tx, "written").await }).await.unwrap();
        assert_eq!(writes(), before + 1);
    }
}
