//! The whole server as one endpoint, for `serve` and for tests alike, and what must be there before it answers.

use migration::{Migrator, MigratorTrait as _};
use poem::{EndpointExt as _, Route, endpoint::BoxEndpoint};
use sea_orm::DbErr;

use crate::{accounts, ctx::Ctx, oauth};

/// Brings the database up to date and makes what every installation has.
pub async fn prepare(ctx: &Ctx) -> Result<(), DbErr> {
    Migrator::up(ctx.db.migrator(), None).await
}

/// The server.
pub fn app(ctx: Ctx) -> BoxEndpoint<'static> {
    Route::new().nest("/accounts", accounts::routes()).nest("/o", oauth::routes()).data(ctx).map_to_response().boxed()
}
