//! `stockade initial-token`: tokens that let applications register themselves (RFC 7591).

use clap::Subcommand;

use super::{Failure, table::Table};
use crate::{clock::datetime, ctx::Ctx, oauth::register::initial};

/// What to do with initial access tokens.
#[derive(Debug, Subcommand)]
pub(super) enum InitialToken {
    /// Make a token and print it. It is shown this once.
    #[command(after_help = "Example: stockade initial-token create ci --seconds 86400 --uses 5")]
    Create {
        /// What to call it.
        name: String,
        /// Seconds until it stops working.
        #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(i64).range(initial::SECONDS.0..=initial::SECONDS.1))]
        seconds: i64,
        /// For how many registrations it is good.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=i64::from(initial::MAX_USES)))]
        uses: i32,
    },
    /// List them.
    #[command(after_help = "Example: stockade initial-token list")]
    List,
    /// End one by its id. What was registered by it stays.
    #[command(after_help = "Example: stockade initial-token revoke 3")]
    Revoke {
        /// The id that `initial-token list` shows.
        id: i32,
    },
}

impl InitialToken {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        match self {
            Self::Create { name, seconds, uses } => {
                say!("{}", initial::create(ctx, None, &name, seconds, uses).await?.value);
                Ok(())
            }
            Self::List => {
                let mut table = Table::new(["id", "name", "uses left", "expires (UTC)"]);
                for token in initial::list(ctx).await? {
                    let expires = datetime(token.expires).format("%Y-%m-%d %H:%M").to_string();
                    table.row([token.id.to_string(), token.name, token.uses_left.to_string(), expires]);
                }
                table.print();
                Ok(())
            }
            Self::Revoke { id } if initial::revoke(ctx, id).await? => {
                say!("Token {id} is revoked.");
                Ok(())
            }
            Self::Revoke { id } => Err(Failure::new(format!("there is no initial access token {id}"))),
        }
    }
}
