//! Part categories and parts.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::{index, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("part_category");
        table
            .col(pk_auto("id"))
            .col(text("name"))
            .col(text("description"))
            .col(integer_null("parent"))
            .col(integer_null("default_location"))
            .col(text_null("default_keywords"))
            .col(boolean("structural"))
            .col(text("icon"))
            .col(integer("siblings"))
            .col(integer("level"))
            .col(text("path"))
            .col(text("pathstring"))
            .col(text("sort_key"))
            .foreign_key(&mut reference("part_category", "parent", "part_category", ForeignKeyAction::Restrict));
        manager.create_table(table).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // A subtree is a range of paths, so they compare byte by byte whatever the database's language; as in SQLite.
            for column in ["path", "sort_key"] {
                let change = format!("ALTER TABLE part_category ALTER COLUMN {column} TYPE text COLLATE \"C\"");
                manager.get_connection().execute_unprepared(&change).await?;
            }
        }
        manager.create_index(unique("part_category", &["siblings", "name"])).await?;
        manager.create_index(index("part_category", &["parent"])).await?;
        manager.create_index(index("part_category", &["path"])).await?;
        manager.create_index(index("part_category", &["level"])).await?;

        let mut table = Table::create();
        table.table("part");
        table
            .col(pk_auto("id"))
            .col(text("name"))
            .col(text("ipn"))
            .col(text("description"))
            .col(text("revision"))
            .col(text_null("keywords"))
            .col(text_null("link"))
            .col(text_null("units"))
            .col(text_null("notes"))
            .col(integer_null("category"))
            .col(integer_null("variant_of"))
            .col(integer_null("revision_of"))
            .col(integer_null("default_location"))
            .col(integer_null("responsible"))
            .col(integer_null("creation_user"))
            .col(date_null("creation_date"))
            .col(integer("default_expiry"))
            .col(big_integer("minimum_stock"))
            .col(big_integer("maximum_stock"))
            .col(boolean("active"))
            .col(boolean("assembly"))
            .col(boolean("component"))
            .col(boolean("consumable"))
            .col(boolean("is_template"))
            .col(boolean("locked"))
            .col(boolean("purchaseable"))
            .col(boolean("salable"))
            .col(boolean("testable"))
            .col(boolean("trackable"))
            .col(boolean("virtual"))
            .foreign_key(&mut reference("part", "category", "part_category", ForeignKeyAction::Restrict))
            .foreign_key(&mut reference("part", "variant_of", "part", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("part", "revision_of", "part", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("part", "responsible", "owner", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("part", "creation_user", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        // This one serves the default order too.
        manager.create_index(unique("part", &["name", "ipn", "revision"])).await?;
        for column in [
            "ipn",
            "category",
            "variant_of",
            "revision_of",
            "default_location",
            "responsible",
            "creation_user",
            "creation_date",
        ] {
            manager.create_index(index("part", &[column])).await?;
        }
        Ok(())
    }
}
