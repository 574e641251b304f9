//! Registration by applications themselves, their logos, and the logouts that they have to be told.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter.table("oauth_application").add_column(text("origin").default("administrator"));
        manager.alter_table(alter).await?;

        let mut table = Table::create();
        table.table("oauth_initial_access_token");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(text("name"))
            .col(integer_null("created_by"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(integer("uses_left"))
            .foreign_key(&mut reference("oauth_initial_access_token", "created_by", "user", ForeignKeyAction::Cascade));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_initial_access_token", &["digest"])).await?;
        manager.create_index(index("oauth_initial_access_token", &["expires"])).await?;

        let mut table = Table::create();
        table.table("oauth_registration");
        table
            .col(integer("application_id").primary_key())
            .col(text_null("digest"))
            .col(text("address"))
            .col(text("initial_access_token"))
            .col(text_null("software_statement"))
            .col(big_integer("created"))
            .foreign_key(&mut owned_by("oauth_registration", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_registration", &["address", "created"])).await?;

        let mut table = Table::create();
        table.table("oauth_client_document");
        table
            .col(integer("application_id").primary_key())
            .col(big_integer("fetched"))
            .col(big_integer("fresh_until"))
            .foreign_key(&mut owned_by("oauth_client_document", "application_id", "oauth_application"));
        manager.create_table(table).await?;

        let mut table = Table::create();
        table.table("oauth_logo");
        table
            .col(integer("application_id").primary_key())
            .col(text("uri"))
            .col(text("content_type"))
            .col(blob("image"))
            .col(big_integer("fresh_until"))
            .foreign_key(&mut owned_by("oauth_logo", "application_id", "oauth_application"));
        manager.create_table(table).await?;

        let mut table = Table::create();
        table.table("oauth_logout_notice");
        table
            .col(pk_auto("id"))
            .col(integer("application_id"))
            .col(integer("user_id"))
            .col(text("sid"))
            .col(big_integer("created"))
            .col(integer("attempts"))
            .col(big_integer("due"))
            .foreign_key(&mut owned_by("oauth_logout_notice", "application_id", "oauth_application"))
            .foreign_key(&mut owned_by("oauth_logout_notice", "user_id", "user"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_logout_notice", &["due"])).await
    }
}
