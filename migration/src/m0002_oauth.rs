//! The authorization server: applications, grants, tokens and keys.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("oauth_application");
        table
            .col(pk_auto("id"))
            .col(text("client_id"))
            .col(text("name"))
            .col(text("client_type"))
            .col(text("grant_types"))
            .col(text("redirect_uris"))
            .col(text("post_logout_redirect_uris"))
            .col(text("allowed_origins"))
            .col(text("algorithm"))
            .col(text("scope"))
            .col(text("default_scope"))
            .col(boolean("require_pkce"))
            .col(text("consent"))
            .col(integer("access_token_lifetime"))
            .col(integer("id_token_lifetime"))
            .col(integer("refresh_token_lifetime"))
            .col(integer("refresh_token_idle_lifetime"))
            .col(text("client_uri"))
            .col(text("logo_uri"))
            .col(text("policy_uri"))
            .col(text("tos_uri"))
            .col(boolean("is_active"))
            .col(boolean("is_default"))
            .col(integer_null("created_by"))
            .col(big_integer("created"))
            .col(big_integer("updated"))
            .foreign_key(&mut reference("oauth_application", "created_by", "user", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_application", &["client_id"])).await?;

        let mut table = Table::create();
        table.table("oauth_application_secret");
        table
            .col(pk_auto("id"))
            .col(integer("application_id"))
            .col(text("digest"))
            .col(big_integer("created"))
            .col(big_integer_null("expires"))
            .foreign_key(&mut owned_by("oauth_application_secret", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_application_secret", &["application_id"])).await?;

        let mut table = Table::create();
        table.table("oauth_redirect_mismatch");
        table
            .col(pk_auto("id"))
            .col(integer("application_id"))
            .col(text("redirect_uri"))
            .col(big_integer("seen"))
            .foreign_key(&mut owned_by("oauth_redirect_mismatch", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_redirect_mismatch", &["application_id", "redirect_uri"])).await?;

        let mut table = Table::create();
        table.table("oauth_consent");
        table
            .col(integer("user_id"))
            .col(integer("application_id"))
            .col(text("scope"))
            .col(big_integer("updated"))
            .primary_key(Index::create().col("user_id").col("application_id"))
            .foreign_key(&mut owned_by("oauth_consent", "user_id", "user"))
            .foreign_key(&mut owned_by("oauth_consent", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_consent", &["application_id"])).await?;

        let mut table = Table::create();
        table.table("oauth_grant");
        table
            .col(pk_auto("id"))
            .col(integer("application_id"))
            .col(integer("user_id"))
            .col(text("sid"))
            .col(text("scope"))
            .col(big_integer("auth_time"))
            .col(text("amr"))
            .col(text_null("nonce"))
            .col(big_integer("created"))
            .col(big_integer("last_used"))
            .col(big_integer_null("revoked"))
            .foreign_key(&mut owned_by("oauth_grant", "user_id", "user"))
            .foreign_key(&mut owned_by("oauth_grant", "application_id", "oauth_application"));
        manager.create_table(table).await?;
        manager.create_index(index("oauth_grant", &["user_id", "application_id"])).await?;
        manager.create_index(index("oauth_grant", &["application_id"])).await?;
        manager.create_index(index("oauth_grant", &["sid"])).await?;

        let mut table = Table::create();
        table.table("oauth_authorization_code");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(integer("grant_id"))
            .col(text("redirect_uri"))
            .col(text_null("code_challenge"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(big_integer_null("consumed"))
            .foreign_key(&mut owned_by("oauth_authorization_code", "grant_id", "oauth_grant"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_authorization_code", &["digest"])).await?;
        manager.create_index(index("oauth_authorization_code", &["grant_id"])).await?;
        manager.create_index(index("oauth_authorization_code", &["expires"])).await?;

        let mut table = Table::create();
        table.table("oauth_access_token");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(integer("application_id"))
            .col(integer_null("grant_id"))
            .col(integer_null("user_id"))
            .col(text("scope"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .foreign_key(&mut owned_by("oauth_access_token", "application_id", "oauth_application"))
            .foreign_key(&mut owned_by("oauth_access_token", "grant_id", "oauth_grant"))
            .foreign_key(&mut owned_by("oauth_access_token", "user_id", "user"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_access_token", &["digest"])).await?;
        manager.create_index(index("oauth_access_token", &["grant_id"])).await?;
        manager.create_index(index("oauth_access_token", &["application_id"])).await?;
        manager.create_index(index("oauth_access_token", &["user_id"])).await?;
        manager.create_index(index("oauth_access_token", &["expires"])).await?;

        let mut table = Table::create();
        table.table("oauth_refresh_token");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(integer("grant_id"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(big_integer_null("consumed"))
            .col(integer_null("successor"))
            .foreign_key(&mut owned_by("oauth_refresh_token", "grant_id", "oauth_grant"));
        manager.create_table(table).await?;
        manager.create_index(unique("oauth_refresh_token", &["digest"])).await?;
        manager.create_index(index("oauth_refresh_token", &["grant_id"])).await?;
        manager.create_index(index("oauth_refresh_token", &["expires"])).await?;

        let mut table = Table::create();
        table.table("oauth_signing_key");
        table
            .col(text("kid").primary_key())
            .col(text("algorithm"))
            .col(blob("private_key"))
            .col(text("public_jwk"))
            .col(big_integer("created"))
            .col(big_integer("active_from"))
            .col(big_integer_null("retired"))
            .col(big_integer_null("expires"));
        manager.create_table(table).await?;
        Ok(())
    }
}
