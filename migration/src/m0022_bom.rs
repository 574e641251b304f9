//! Bills of material, and what a part's bill was when somebody checked it.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table("bom_item")
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(integer("sub_part"))
            .col(big_integer("quantity"))
            .col(text("raw_amount"))
            .col(integer("piece_count"))
            .col(text("reference"))
            .col(text("note"))
            .col(boolean("allow_variants"))
            .col(boolean("inherited"))
            .col(boolean("optional"))
            .col(boolean("consumable"))
            .col(big_integer("setup_quantity"))
            .col(big_integer("attrition"))
            .col(big_integer_null("rounding_multiple"))
            .col(text("checksum"))
            .col(boolean("validated"))
            .foreign_key(&mut owned_by("bom_item", "part", "part"))
            .foreign_key(&mut owned_by("bom_item", "sub_part", "part"));
        manager.create_table(table).await?;
        manager.create_index(index("bom_item", &["part"])).await?;
        manager.create_index(index("bom_item", &["sub_part"])).await?;

        let mut table = Table::create();
        table
            .table("bom_substitute")
            .col(pk_auto("id"))
            .col(integer("bom_item"))
            .col(integer("part"))
            .foreign_key(&mut owned_by("bom_substitute", "bom_item", "bom_item"))
            .foreign_key(&mut owned_by("bom_substitute", "part", "part"));
        manager.create_table(table).await?;
        manager.create_index(unique("bom_substitute", &["bom_item", "part"])).await?;
        manager.create_index(index("bom_substitute", &["part"])).await?;

        // A part without a row was never checked.
        let mut table = Table::create();
        table
            .table("part_bom_check")
            .col(integer("part").primary_key())
            .col(text("checksum"))
            .col(boolean("valid"))
            .col(integer_null("checked_by"))
            .col(date("checked"))
            .foreign_key(&mut owned_by("part_bom_check", "part", "part"))
            .foreign_key(&mut reference("part_bom_check", "checked_by", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        manager.create_index(index("part_bom_check", &["checked_by"])).await
    }
}
