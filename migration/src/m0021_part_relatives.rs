//! What belongs to parts: relations, prices, tests, counts.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table("part_related")
            .col(pk_auto("id"))
            .col(integer("part_1"))
            .col(integer("part_2"))
            .col(text("note"))
            .foreign_key(&mut owned_by("part_related", "part_1", "part"))
            .foreign_key(&mut owned_by("part_related", "part_2", "part"));
        manager.create_table(table).await?;
        manager.create_index(unique("part_related", &["part_1", "part_2"])).await?;
        manager.create_index(index("part_related", &["part_2"])).await?;

        for name in ["part_sale_price", "part_internal_price"] {
            let mut table = Table::create();
            table
                .table(name)
                .col(pk_auto("id"))
                .col(integer("part"))
                .col(big_integer("quantity"))
                .col(big_integer("price"))
                .col(text("price_currency"))
                .foreign_key(&mut owned_by(name, "part", "part"));
            manager.create_table(table).await?;
            manager.create_index(unique(name, &["part", "quantity"])).await?;
        }

        let mut table = Table::create();
        table
            .table("part_test_template")
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(text("test_name"))
            .col(text("key"))
            .col(text_null("description"))
            .col(boolean("enabled"))
            .col(boolean("required"))
            .col(boolean("requires_value"))
            .col(boolean("requires_attachment"))
            .col(text("choices"))
            .foreign_key(&mut owned_by("part_test_template", "part", "part"));
        manager.create_table(table).await?;
        manager.create_index(unique("part_test_template", &["part", "key"])).await?;
        manager.create_index(index("part_test_template", &["key"])).await?;

        let mut table = Table::create();
        table
            .table("part_stocktake")
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(date("date"))
            .col(integer("item_count"))
            .col(big_integer("quantity"))
            .col(big_integer_null("cost_min"))
            .col(text("cost_min_currency"))
            .col(big_integer_null("cost_max"))
            .col(text("cost_max_currency"))
            .foreign_key(&mut owned_by("part_stocktake", "part", "part"));
        manager.create_table(table).await?;
        manager.create_index(index("part_stocktake", &["part", "date"])).await
    }
}
