//! `stockade migrate`.

use super::{Failure, open_prepared};
use crate::config::Config;

/// Brings the database up to date.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    open_prepared(config).await?;
    say!("The database is up to date.");
    Ok(())
}
