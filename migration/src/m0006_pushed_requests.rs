//! Authorization requests that are kept on the server (RFC 9126).

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("oauth_pushed_request");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(integer("application_id"))
            .col(text("parameters"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(big_integer_null("opened"))
            .col(big_integer_null("consumed"))
            .foreign_key(&mut owned_by("oauth_pushed_request", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_pushed_request", &["digest"])).await?;
        manager.create_index(index("oauth_pushed_request", &["application_id"])).await?;
        manager.create_index(index("oauth_pushed_request", &["expires"])).await
    }
}
