//! Grants without a browser in between (device authorization, CIBA), exchanged tokens, and resource servers.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("oauth_decoupled_request");
        table
            .col(pk_auto("id"))
            .col(text("kind"))
            .col(text("digest"))
            .col(text_null("user_code"))
            .col(integer("application_id"))
            .col(integer_null("user_id"))
            .col(text("scope"))
            .col(text("resources"))
            .col(text_null("binding_message"))
            .col(text("address"))
            .col(text("user_agent"))
            .col(integer("interval"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(big_integer_null("polled"))
            .col(big_integer_null("decided"))
            .col(integer_null("grant_id"))
            .col(big_integer_null("consumed"))
            .col(blob_null("notification"))
            .col(big_integer_null("notify_at"))
            .col(integer("notify_tries"))
            .foreign_key(&mut owned_by("oauth_decoupled_request", "application_id", "oauth_application"))
            .foreign_key(&mut owned_by("oauth_decoupled_request", "user_id", "user"))
            .foreign_key(&mut owned_by("oauth_decoupled_request", "grant_id", "oauth_grant"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_decoupled_request", &["digest"])).await?;
        manager.create_index(unique("oauth_decoupled_request", &["user_code"])).await?;
        manager.create_index(index("oauth_decoupled_request", &["application_id", "address"])).await?;
        manager.create_index(index("oauth_decoupled_request", &["user_id"])).await?;
        manager.create_index(index("oauth_decoupled_request", &["grant_id"])).await?;
        manager.create_index(index("oauth_decoupled_request", &["expires"])).await?;
        manager.create_index(index("oauth_decoupled_request", &["notify_at"])).await?;

        // By hand: the query builder adds no reference to a table that SQLite already has.
        let db = manager.get_connection();
        db.execute_unprepared(
            "ALTER TABLE oauth_access_token ADD COLUMN subject_id integer NULL \
             REFERENCES oauth_access_token (id) ON DELETE CASCADE",
        )
        .await?;
        manager.create_index(index("oauth_access_token", &["subject_id"])).await?;

        let mut table = Table::alter();
        table.table("oauth_application").add_column(text_null("resource_identifier"));
        manager.alter_table(table).await?;
        manager.create_index(unique("oauth_application", &["resource_identifier"])).await
    }
}
