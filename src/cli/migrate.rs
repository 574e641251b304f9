//! `stockade migrate`.

use super::{Failure, open};
use crate::{config::Config, server};

/// Brings the database up to date.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let ctx = open(config).await?;
    server::prepare(&ctx).await?;
    say!("The database is up to date.");
    Ok(())
}
