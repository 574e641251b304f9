//! Settings, and usernames that differ only in case.

use sea_orm_migration::{prelude::*, schema::*};

use crate::owned_by;

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An expression, which the builder of indexes does not know; both databases read the same text.
        let lower = r#"CREATE UNIQUE INDEX "user-username-lower" ON "user" (lower("username"))"#;
        manager.get_connection().execute_unprepared(lower).await?;

        let mut table = Table::create();
        table.table("setting");
        table.col(text("key").primary_key()).col(text("value")).col(big_integer("updated"));
        manager.create_table(table).await?;

        let mut table = Table::create();
        table.table("user_setting");
        table
            .col(integer("user_id"))
            .col(text("key"))
            .col(text("value"))
            .col(big_integer("updated"))
            .primary_key(Index::create().col("user_id").col("key"))
            .foreign_key(&mut owned_by("user_setting", "user_id", "user"));
        manager.create_table(table).await
    }
}
