//! Stock: where it lies, what there is, and what happened to it.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("stock_location_type");
        table.col(pk_auto("id")).col(text("name")).col(text("description")).col(text("icon"));
        manager.create_table(table).await?;

        let mut table = Table::create();
        table.table("stock_location");
        table
            .col(pk_auto("id"))
            .col(text("name"))
            .col(text("description"))
            .col(integer_null("parent"))
            .col(integer_null("owner"))
            .col(text_null("custom_icon"))
            .col(boolean("structural"))
            .col(boolean("external"))
            .col(integer_null("location_type"))
            .col(integer("siblings"))
            .col(integer("level"))
            .col(text("path"))
            .col(text("pathstring"))
            .col(text("sort_key"))
            .foreign_key(&mut reference("stock_location", "parent", "stock_location", ForeignKeyAction::Restrict))
            .foreign_key(&mut reference("stock_location", "owner", "owner", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference(
                "stock_location",
                "location_type",
                "stock_location_type",
                ForeignKeyAction::SetNull,
            ));
        manager.create_table(table).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // As for categories: paths compare byte by byte.
            for column in ["path", "sort_key"] {
                let change = format!("ALTER TABLE stock_location ALTER COLUMN {column} TYPE text COLLATE \"C\"");
                manager.get_connection().execute_unprepared(&change).await?;
            }
        }
        manager.create_index(unique("stock_location", &["siblings", "name"])).await?;
        for column in ["parent", "path", "level", "location_type", "owner"] {
            manager.create_index(index("stock_location", &[column])).await?;
        }

        let mut table = Table::create();
        table.table("stock_item");
        table
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(big_integer("quantity"))
            .col(text_null("serial"))
            .col(big_integer("serial_int"))
            .col(text_null("batch"))
            .col(integer_null("location"))
            .col(integer_null("parent"))
            .col(integer_null("belongs_to"))
            .col(integer_null("build"))
            .col(integer_null("consumed_by"))
            .col(integer_null("customer"))
            .col(integer_null("purchase_order"))
            .col(integer_null("sales_order"))
            .col(integer_null("supplier_part"))
            .col(integer_null("owner"))
            .col(boolean("delete_on_deplete"))
            .col(date_null("expiry_date"))
            .col(boolean("is_building"))
            .col(text("link"))
            .col(text_null("notes"))
            .col(text_null("packaging"))
            .col(integer("status"))
            .col(integer_null("status_custom_key"))
            .col(big_integer_null("creation_date"))
            .col(big_integer_null("updated"))
            .col(date_null("stocktake_date"))
            .col(integer_null("stocktake_user"))
            .col(big_integer_null("purchase_price"))
            .col(text("purchase_price_currency"))
            .foreign_key(&mut owned_by("stock_item", "part", "part"))
            .foreign_key(&mut reference("stock_item", "location", "stock_location", ForeignKeyAction::Restrict))
            .foreign_key(&mut reference("stock_item", "parent", "stock_item", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("stock_item", "belongs_to", "stock_item", ForeignKeyAction::Restrict))
            .foreign_key(&mut reference("stock_item", "customer", "company", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("stock_item", "supplier_part", "supplier_part", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("stock_item", "owner", "owner", ForeignKeyAction::SetNull))
            .foreign_key(&mut reference("stock_item", "stocktake_user", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        manager.create_index(unique("stock_item", &["part", "serial"])).await?;
        for column in [
            "location",
            "parent",
            "belongs_to",
            "build",
            "consumed_by",
            "customer",
            "purchase_order",
            "sales_order",
            "supplier_part",
            "owner",
            "serial",
            "serial_int",
            "batch",
            "status",
            "expiry_date",
            "updated",
            "creation_date",
            "stocktake_date",
            "stocktake_user",
            "quantity",
        ] {
            manager.create_index(index("stock_item", &[column])).await?;
        }

        let mut table = Table::create();
        table.table("stock_tracking");
        table
            .col(pk_auto("id"))
            .col(integer_null("item"))
            .col(integer_null("part"))
            .col(big_integer("date"))
            .col(integer("tracking_type"))
            .col(text_null("notes"))
            .col(integer_null("user"))
            .col(text("deltas"))
            .foreign_key(&mut reference("stock_tracking", "item", "stock_item", ForeignKeyAction::SetNull))
            .foreign_key(&mut owned_by("stock_tracking", "part", "part"))
            .foreign_key(&mut reference("stock_tracking", "user", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        for column in ["item", "part", "date", "user"] {
            manager.create_index(index("stock_tracking", &[column])).await?;
        }
        Ok(())
    }
}
