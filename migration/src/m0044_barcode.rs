//! Barcodes that stand on things, and what was scanned.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, reference};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["part", "stock_item", "stock_location", "supplier_part", "manufacturer_part"] {
            for column in ["barcode_data", "barcode_hash"] {
                // SQLite adds one column a statement.
                let mut alter = Table::alter();
                alter.table(Alias::new(table)).add_column(text(column).default("").to_owned());
                manager.alter_table(alter).await?;
            }
            // Most things have none; the builder knows no index of a part of a table.
            let index = format!(
                "CREATE UNIQUE INDEX \"{table}-barcode_hash\" ON {table} (barcode_hash) WHERE barcode_hash <> ''"
            );
            manager.get_connection().execute_unprepared(&index).await?;
        }

        let mut table = Table::create();
        table.table("barcode_scan");
        table
            .col(pk_auto("id"))
            .col(text("data"))
            .col(big_integer("timestamp"))
            .col(text_null("endpoint"))
            .col(text_null("context"))
            .col(text_null("response"))
            .col(boolean("result"))
            .col(integer_null("user"))
            .foreign_key(&mut reference("barcode_scan", "user", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        for column in ["timestamp", "user", "result"] {
            manager.create_index(index("barcode_scan", &[column])).await?;
        }
        Ok(())
    }
}
