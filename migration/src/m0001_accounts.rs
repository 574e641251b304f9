//! People, groups, rights and the credentials of people.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("user");
        table
            .col(pk_auto("id"))
            .col(text("sub"))
            .col(text("username"))
            .col(text("password"))
            .col(text("first_name"))
            .col(text("last_name"))
            .col(text("email"))
            .col(boolean("email_verified"))
            .col(boolean("is_active"))
            .col(boolean("is_staff"))
            .col(boolean("is_superuser"))
            .col(big_integer("date_joined"))
            .col(big_integer_null("last_login"))
            .col(big_integer("credentials_changed_at"));
        manager.create_table(table).await?;
        manager.create_index(unique("user", &["sub"])).await?;
        manager.create_index(unique("user", &["username"])).await?;

        let mut table = Table::create();
        table.table("group");
        table.col(pk_auto("id")).col(text("name"));
        manager.create_table(table).await?;
        manager.create_index(unique("group", &["name"])).await?;

        let mut table = Table::create();
        table.table("user_profile");
        table
            .col(integer("user_id").primary_key())
            .col(big_integer("updated_at"))
            .col(text_null("middle_name"))
            .col(text_null("nickname"))
            .col(text_null("profile"))
            .col(text_null("picture"))
            .col(text_null("website"))
            .col(text_null("gender"))
            .col(text_null("birthdate"))
            .col(text_null("zoneinfo"))
            .col(text_null("language"))
            .col(text_null("phone_number"))
            .col(boolean("phone_number_verified"))
            .col(text_null("street_address"))
            .col(text_null("locality"))
            .col(text_null("region"))
            .col(text_null("postal_code"))
            .col(text_null("country"))
            .col(text_null("theme"))
            .col(text_null("widgets"))
            .col(text_null("displayname"))
            .col(text_null("position"))
            .col(text_null("status"))
            .col(text_null("location"))
            .col(boolean("active"))
            .col(text_null("contact"))
            .col(text("kind"))
            .col(text_null("organisation"))
            .col(integer_null("primary_group"))
            .foreign_key(&mut owned_by("user_profile", "user_id", "user"))
            .foreign_key(&mut reference("user_profile", "primary_group", "group", ForeignKeyAction::SetNull));
        manager.create_table(table).await?;

        let mut table = Table::create();
        table.table("membership");
        table
            .col(integer("user_id"))
            .col(integer("group_id"))
            .primary_key(Index::create().col("user_id").col("group_id"))
            .foreign_key(&mut owned_by("membership", "user_id", "user"))
            .foreign_key(&mut owned_by("membership", "group_id", "group"));
        manager.create_table(table).await?;
        manager.create_index(index("membership", &["group_id"])).await?;

        let mut table = Table::create();
        table.table("rule_set");
        table
            .col(pk_auto("id"))
            .col(integer("group_id"))
            .col(text("name"))
            .col(boolean("can_view"))
            .col(boolean("can_add"))
            .col(boolean("can_change"))
            .col(boolean("can_delete"))
            .foreign_key(&mut owned_by("rule_set", "group_id", "group"));
        manager.create_table(table).await?;
        manager.create_index(unique("rule_set", &["group_id", "name"])).await?;

        let mut table = Table::create();
        table.table("owner");
        table
            .col(pk_auto("id"))
            .col(integer_null("user_id"))
            .col(integer_null("group_id"))
            .foreign_key(&mut owned_by("owner", "user_id", "user"))
            .foreign_key(&mut owned_by("owner", "group_id", "group"));
        manager.create_table(table).await?;
        manager.create_index(unique("owner", &["user_id"])).await?;
        manager.create_index(unique("owner", &["group_id"])).await?;

        let mut table = Table::create();
        table.table("api_token");
        table
            .col(pk_auto("id"))
            .col(integer("user_id"))
            .col(text("name"))
            .col(text("seed"))
            .col(text("digest"))
            .col(text("hint"))
            .col(big_integer("created"))
            .col(big_integer("expires"))
            .col(big_integer_null("last_seen"))
            .col(boolean("revoked"))
            .foreign_key(&mut owned_by("api_token", "user_id", "user"));
        manager.create_table(table).await?;
        manager.create_index(unique("api_token", &["digest"])).await?;
        manager.create_index(index("api_token", &["user_id", "name"])).await?;

        let mut table = Table::create();
        table.table("session");
        table
            .col(pk_auto("id"))
            .col(text("digest"))
            .col(text("sid"))
            .col(integer("user_id"))
            .col(big_integer("created"))
            .col(big_integer("auth_time"))
            .col(text("amr"))
            .col(big_integer("last_seen"))
            .col(big_integer("expires"))
            .col(text("user_agent"))
            .col(text("address"))
            .foreign_key(&mut owned_by("session", "user_id", "user"));
        manager.create_table(table).await?;
        manager.create_index(unique("session", &["digest"])).await?;
        manager.create_index(unique("session", &["sid"])).await?;
        manager.create_index(index("session", &["user_id"])).await?;
        manager.create_index(index("session", &["expires"])).await?;
        Ok(())
    }
}
