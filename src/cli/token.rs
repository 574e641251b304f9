//! `stockade token`: API tokens, from the server's own console.

use std::collections::HashMap;

use clap::Subcommand;

use super::{Failure, table::Table, user};
use crate::{
    accounts::{api_token, person},
    ctx::Ctx,
};

/// What to do with API tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Print the live token of that name, made if there is none.
    #[command(after_help = "Example: stockade token create ann --name erp")]
    Create {
        /// Whose.
        username: String,
        /// What its owner calls it.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List tokens, of one person or of everybody.
    #[command(after_help = "Example: stockade token list ann")]
    List {
        /// Whose.
        username: Option<String>,
    },
    /// Revoke a token by its id.
    #[command(after_help = "Example: stockade token revoke 3")]
    Revoke {
        /// The id that `token list` shows.
        id: i32,
    },
}

impl Token {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        match self {
            Self::Create { username, name } => {
                let user = user::find(ctx, &username).await?;
                say!("{}", api_token::obtain(ctx, &user, &name).await?.value);
                Ok(())
            }
            Self::List { username } => list(ctx, username.as_deref()).await,
            Self::Revoke { id } if api_token::revoke(ctx, None, id).await? => {
                say!("Token {id} is revoked.");
                Ok(())
            }
            Self::Revoke { id } => Err(Failure::new(format!("there is no token {id} that could be revoked"))),
        }
    }
}

async fn list(ctx: &Ctx, username: Option<&str>) -> Result<(), Failure> {
    let owner = match username {
        Some(username) => Some(user::find(ctx, username).await?.id),
        None => None,
    };
    let names: HashMap<i32, String> =
        person::list(ctx.db.reader()).await?.into_iter().map(|user| (user.id, user.username)).collect();
    let mut table = Table::new(["id", "user", "name", "token", "expires", "state"]);
    for token in api_token::list(ctx.db.reader(), owner).await? {
        let state = match (token.revoked, api_token::is_active(&token, ctx.clock.now())) {
            (true, _) => "revoked",
            (false, true) => "live",
            (false, false) => "expired",
        };
        let expires = api_token::expiry(&token).to_string();
        let user = names.get(&token.user_id).cloned().unwrap_or_default();
        table.row([token.id.to_string(), user, token.name, token.hint, expires, state.to_owned()]);
    }
    table.print();
    Ok(())
}
