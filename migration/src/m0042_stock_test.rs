//! What was found when stock was tested.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("stock_test_result");
        table
            .col(pk_auto("id"))
            .col(integer("stock_item"))
            .col(integer("template"))
            .col(boolean("result"))
            .col(text("value"))
            .col(text_null("attachment"))
            .col(text("notes"))
            .col(text("test_station"))
            .col(big_integer_null("started_datetime"))
            .col(big_integer_null("finished_datetime"))
            .col(integer_null("user"))
            .col(big_integer("date"))
            .foreign_key(&mut owned_by("stock_test_result", "stock_item", "stock_item"))
            .foreign_key(&mut owned_by("stock_test_result", "template", "part_test_template"))
            .foreign_key(&mut reference("stock_test_result", "user", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        for column in ["stock_item", "template", "user", "date", "value"] {
            manager.create_index(index("stock_test_result", &[column])).await?;
        }
        Ok(())
    }
}
