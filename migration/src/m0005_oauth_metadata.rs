//! Room for the whole authorization server: registration metadata, and what grants and tokens carry beyond scopes.

use sea_orm_migration::{prelude::*, schema::*};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let empty = |name: &'static str| text(name).default("").to_owned();
        let columns = [
            ("oauth_application", text("metadata").default("{}").to_owned()),
            ("oauth_grant", empty("resources")),
            ("oauth_grant", empty("authorization_details")),
            ("oauth_grant", empty("claims")),
            ("oauth_grant", empty("acr")),
            ("oauth_authorization_code", text_null("dpop_jkt")),
            ("oauth_access_token", empty("audience")),
            ("oauth_access_token", empty("authorization_details")),
            ("oauth_access_token", text_null("cnf")),
            ("oauth_access_token", text_null("act")),
            ("oauth_refresh_token", text_null("cnf")),
        ];
        // SQLite adds one column a statement.
        for (table, mut column) in columns {
            let mut change = Table::alter();
            change.table(Alias::new(table)).add_column(&mut column);
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}
