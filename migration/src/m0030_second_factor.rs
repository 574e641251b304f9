//! The second factor of people: a shared secret for codes, and recovery codes.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement, as SQLite has it.
        for column in [text_null("totp"), big_integer("totp_step").default(0).to_owned()] {
            let mut table = Table::alter();
            manager.alter_table(table.table("user").add_column(column).to_owned()).await?;
        }
        let mut table = Table::create();
        table.table("recovery_code");
        table.col(pk_auto("id")).col(integer("user_id")).col(text("digest")).foreign_key(&mut owned_by(
            "recovery_code",
            "user_id",
            "user",
        ));
        manager.create_table(table).await?;
        manager.create_index(index("recovery_code", &["user_id"])).await
    }
}
