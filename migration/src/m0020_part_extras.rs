//! What people put on parts: pictures, stars, tags.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter.table("part").add_column(text_null("image"));
        manager.alter_table(alter).await?;
        manager.create_index(index("part", &["image"])).await?;

        for (table, thing) in [("part_star", "part"), ("part_category_star", "part_category")] {
            let mut create = Table::create();
            create
                .table(table)
                .col(integer(thing))
                .col(integer("user_id"))
                .primary_key(Index::create().col(thing).col("user_id"))
                .foreign_key(&mut owned_by(table, thing, thing))
                .foreign_key(&mut owned_by(table, "user_id", "user"));
            manager.create_table(create).await?;
            manager.create_index(index(table, &["user_id"])).await?;
        }

        let mut table = Table::create();
        table.table("tag").col(pk_auto("id")).col(text("name")).col(text("folded")).col(text("slug"));
        manager.create_table(table).await?;
        manager.create_index(unique("tag", &["folded"])).await?;

        let mut table = Table::create();
        table
            .table("part_tag")
            .col(integer("part"))
            .col(integer("tag"))
            .primary_key(Index::create().col("part").col("tag"))
            .foreign_key(&mut owned_by("part_tag", "part", "part"))
            .foreign_key(&mut owned_by("part_tag", "tag", "tag"));
        manager.create_table(table).await?;
        manager.create_index(index("part_tag", &["tag"])).await
    }
}
