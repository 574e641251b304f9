//! What may be used once only: the `jti` of client assertions, DPoP proofs and the like.

use sea_orm_migration::{prelude::*, schema::*};

use crate::index;

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("oauth_replay");
        table.col(string("digest").primary_key()).col(big_integer("expires"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_replay", &["expires"])).await
    }
}
