//! States that people add to those that there are.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("custom_state");
        table
            .col(pk_auto("id"))
            .col(text("reference_status"))
            .col(integer("key"))
            .col(integer("logical_key"))
            .col(text("name"))
            .col(text("label"))
            .col(text("color"))
            .col(text("model"));
        manager.create_table(table).await?;
        manager.create_index(unique("custom_state", &["reference_status", "key"])).await?;
        manager.create_index(unique("custom_state", &["reference_status", "name"])).await?;
        manager.create_index(index("custom_state", &["key"])).await?;
        manager.create_index(index("stock_item", &["status_custom_key"])).await
    }
}
