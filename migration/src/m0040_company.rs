//! Companies, and the parts that they supply and make.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("company");
        table
            .col(pk_auto("id"))
            .col(text("name"))
            .col(text("description"))
            .col(text("website"))
            .col(text("phone"))
            .col(text_null("email"))
            .col(text("currency"))
            .col(text("contact"))
            .col(text("link"))
            .col(text("tax_id"))
            .col(text_null("image"))
            .col(text_null("notes"))
            .col(boolean("active"))
            .col(boolean("is_customer"))
            .col(boolean("is_manufacturer"))
            .col(boolean("is_supplier"));
        manager.create_table(table).await?;
        manager.create_index(unique("company", &["name", "email"])).await?;

        let mut table = Table::create();
        table.table("contact");
        table
            .col(pk_auto("id"))
            .col(integer("company"))
            .col(text("name"))
            .col(text("phone"))
            .col(text("email"))
            .col(text("role"))
            .foreign_key(&mut owned_by("contact", "company", "company"));
        manager.create_table(table).await?;
        manager.create_index(index("contact", &["company"])).await?;
        manager.create_index(index("contact", &["name"])).await?;

        let mut table = Table::create();
        table.table("address");
        table
            .col(pk_auto("id"))
            .col(integer("company"))
            .col(text("title"))
            .col(boolean("primary"))
            .col(text("line1"))
            .col(text("line2"))
            .col(text("postal_code"))
            .col(text("postal_city"))
            .col(text("province"))
            .col(text("country"))
            .col(text("shipping_notes"))
            .col(text("internal_shipping_notes"))
            .col(text("link"))
            .foreign_key(&mut owned_by("address", "company", "company"));
        manager.create_table(table).await?;
        manager.create_index(index("address", &["company"])).await?;
        manager.create_index(index("address", &["title"])).await?;

        let mut table = Table::create();
        table.table("manufacturer_part");
        table
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(integer("manufacturer"))
            .col(text_null("mpn"))
            .col(text_null("description"))
            .col(text_null("link"))
            .col(text_null("notes"))
            .foreign_key(&mut owned_by("manufacturer_part", "part", "part"))
            .foreign_key(&mut owned_by("manufacturer_part", "manufacturer", "company"));
        manager.create_table(table).await?;
        manager.create_index(unique("manufacturer_part", &["part", "manufacturer", "mpn"])).await?;
        manager.create_index(index("manufacturer_part", &["manufacturer"])).await?;
        manager.create_index(index("manufacturer_part", &["mpn"])).await?;

        let mut table = Table::create();
        table.table("supplier_part");
        table
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(integer("supplier"))
            .col(text("sku"))
            .col(integer_null("manufacturer_part"))
            .col(boolean("active"))
            .col(boolean("primary"))
            .col(text_null("description"))
            .col(text_null("link"))
            .col(text_null("note"))
            .col(text_null("notes"))
            .col(text_null("packaging"))
            .col(text("pack_quantity"))
            .col(big_integer("pack_quantity_native"))
            .col(big_integer("available"))
            .col(big_integer_null("availability_updated"))
            .col(big_integer_null("updated"))
            .foreign_key(&mut owned_by("supplier_part", "part", "part"))
            .foreign_key(&mut owned_by("supplier_part", "supplier", "company"))
            .foreign_key(&mut reference(
                "supplier_part",
                "manufacturer_part",
                "manufacturer_part",
                ForeignKeyAction::SetNull,
            ));
        manager.create_table(table).await?;
        manager.create_index(unique("supplier_part", &["part", "supplier", "sku"])).await?;
        for column in ["supplier", "sku", "manufacturer_part"] {
            manager.create_index(index("supplier_part", &[column])).await?;
        }

        let mut table = Table::create();
        table.table("supplier_price_break");
        table
            .col(pk_auto("id"))
            .col(integer("part"))
            .col(big_integer("quantity"))
            .col(big_integer_null("price"))
            .col(text("price_currency"))
            .col(big_integer_null("updated"))
            .foreign_key(&mut owned_by("supplier_price_break", "part", "supplier_part"));
        manager.create_table(table).await?;
        manager.create_index(unique("supplier_price_break", &["part", "quantity"])).await?;
        manager.create_index(index("supplier_price_break", &["quantity"])).await?;
        Ok(())
    }
}
