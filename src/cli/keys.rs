//! `stockade keys`: the keys that sign ID tokens.

use clap::Subcommand;

use super::{Failure, table::Table};
use crate::{clock::datetime, ctx::Ctx};

/// What to do with signing keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a new key for every algorithm. It is published now and signs in an hour, so that no client meets a key that
    /// it does not know yet; running servers pick it up within seconds.
    #[command(after_help = "Example: stockade keys rotate")]
    Rotate {
        /// Sign with the new keys at once: for a key that somebody else may know. Clients that keep the key set refuse
        /// logins until they fetch it anew.
        #[arg(long)]
        now: bool,
    },
    /// List the published keys.
    #[command(after_help = "Example: stockade keys list")]
    List,
}

impl Keys {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        match self {
            Self::Rotate { now } => {
                for kid in ctx.signing.rotate(now).await? {
                    say!("{kid}");
                }
                Ok(())
            }
            Self::List => list(ctx).await,
        }
    }
}

async fn list(ctx: &Ctx) -> Result<(), Failure> {
    let now = ctx.clock.now();
    let day = |at: i64| datetime(at).format("%Y-%m-%d %H:%M").to_string();
    let mut table = Table::new(["kid", "algorithm", "created (UTC)", "state"]);
    for key in ctx.signing.published().await?.iter() {
        let row = &key.row;
        let state = match (key.signs(now), row.active_from > now) {
            (true, _) => "signs".to_owned(),
            (false, true) => format!("signs from {}", day(row.active_from)),
            (false, false) => format!("retired, published until {}", row.expires.map(day).unwrap_or_default()),
        };
        table.row([row.kid.clone(), row.algorithm.clone(), day(row.created), state]);
    }
    table.print();
    Ok(())
}
