//! The migrations and the entities describe the same tables.

use entities::{accounts, common, inventory, oauth};
use sea_orm::EntityTrait;

use crate::support::{App, both};

/// A select names every column, and fails where the database lacks one or keeps another type in it.
async fn reads<E: EntityTrait>(app: &App, _: E) {
    E::find().all(app.ctx.db.reader()).await.unwrap();
}

both! {
    async fn every_entity_reads_its_migrated_table(app: App) {
        reads(&app, accounts::user::Entity).await;
        reads(&app, accounts::user_profile::Entity).await;
        reads(&app, accounts::group::Entity).await;
        reads(&app, accounts::membership::Entity).await;
        reads(&app, accounts::rule_set::Entity).await;
        reads(&app, accounts::owner::Entity).await;
        reads(&app, accounts::api_token::Entity).await;
        reads(&app, accounts::session::Entity).await;
        reads(&app, common::setting::Entity).await;
        reads(&app, common::user_setting::Entity).await;
        reads(&app, oauth::application::Entity).await;
        reads(&app, oauth::application_secret::Entity).await;
        reads(&app, oauth::redirect_mismatch::Entity).await;
        reads(&app, oauth::consent::Entity).await;
        reads(&app, oauth::grant::Entity).await;
        reads(&app, oauth::authorization_code::Entity).await;
        reads(&app, oauth::access_token::Entity).await;
        reads(&app, oauth::refresh_token::Entity).await;
        reads(&app, oauth::signing_key::Entity).await;
        reads(&app, oauth::decoupled_request::Entity).await;
        reads(&app, inventory::part_category::Entity).await;
        reads(&app, inventory::part::Entity).await;
        reads(&app, inventory::company::Entity).await;
        reads(&app, inventory::contact::Entity).await;
        reads(&app, inventory::address::Entity).await;
        reads(&app, inventory::manufacturer_part::Entity).await;
        reads(&app, inventory::supplier_part::Entity).await;
        reads(&app, inventory::supplier_price_break::Entity).await;
        reads(&app, inventory::stock_location_type::Entity).await;
        reads(&app, inventory::stock_location::Entity).await;
        reads(&app, inventory::stock_item::Entity).await;
        reads(&app, inventory::stock_tracking::Entity).await;
        reads(&app, common::attachment::Entity).await;
        reads(&app, common::custom_unit::Entity).await;
        reads(&app, common::notes_image::Entity).await;
        reads(&app, common::object_metadata::Entity).await;
        reads(&app, common::orphan_file::Entity).await;
        reads(&app, common::parameter::Entity).await;
        reads(&app, common::parameter_template::Entity).await;
        reads(&app, common::project_code::Entity).await;
        reads(&app, common::selection_entry::Entity).await;
        reads(&app, common::selection_list::Entity).await;
        reads(&app, common::tagged_item::Entity).await;
        reads(&app, inventory::category_parameter::Entity).await;
        reads(&app, inventory::tag::Entity).await;
    }
}
