//! `stockade user`: people, from the server's own console.

use std::io::{BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};

use super::{Failure, table::Table};
use crate::{
    accounts::{author::Author, group, person, second_factor},
    clock::datetime,
    ctx::Ctx,
};

/// What to do with people.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account. The password is asked for, or read from standard input where that is no terminal.
    #[command(after_help = "Example: echo 'a long sentence' | stockade user create ann --superuser --staff")]
    Create(Create),
    /// Set somebody's password, asked for or read from standard input. Their sessions and grants end.
    #[command(after_help = "Example: stockade user passwd ann")]
    Passwd {
        /// Whose.
        username: String,
    },
    /// Remove the second factor of somebody who lost it. Their sessions end; the password alone logs them in then.
    #[command(after_help = "Example: stockade user remove-second-factor ann")]
    RemoveSecondFactor {
        /// Whose.
        username: String,
    },
    /// List everybody.
    #[command(after_help = "Example: stockade user list")]
    List,
}

/// An account to make.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Login name.
    username: String,
    /// Email address.
    #[arg(long, default_value = "")]
    email: String,
    /// May use staff operations.
    #[arg(long)]
    staff: bool,
    /// May do everything.
    #[arg(long)]
    superuser: bool,
    /// A group to be in; may be given several times.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
}

impl User {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(ctx).await,
            Self::Passwd { username } => {
                let user = find(ctx, &username).await?;
                person::set_password(ctx, &Author::operator(), user.id, &read_password()?, false).await?;
                say!("The password of {username} is set.");
                Ok(())
            }
            Self::RemoveSecondFactor { username } => {
                let user = find(ctx, &username).await?;
                if second_factor::remove(ctx, &Author::operator(), user.id).await? {
                    say!("The second factor of {username} is off.");
                } else {
                    say!("{username} has no second factor.");
                }
                Ok(())
            }
            Self::List => list(ctx).await,
        }
    }
}

impl Create {
    async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        let mut groups = std::collections::BTreeSet::new();
        for name in &self.groups {
            let group = group::by_name(ctx.db.reader(), name).await?;
            groups.insert(group.ok_or_else(|| Failure::new(format!("there is no group {name:?}")))?.id);
        }
        let new = person::New {
            username: self.username,
            email: self.email,
            is_staff: self.staff,
            is_superuser: self.superuser,
            groups,
            ..person::New::default()
        };
        let user = person::create(ctx, &Author::operator(), new, Some(&read_password()?)).await?;
        say!("{} can log in.", user.username);
        Ok(())
    }
}

/// The person of that name.
pub(super) async fn find(ctx: &Ctx, username: &str) -> Result<entities::accounts::user::Model, Failure> {
    let found = person::by_username(ctx.db.reader(), username).await?;
    found.ok_or_else(|| Failure::new(format!("there is no user {username:?}")))
}

async fn list(ctx: &Ctx) -> Result<(), Failure> {
    let mut table = Table::new(["username", "email", "flags", "last login"]);
    for user in person::list(ctx.db.reader()).await? {
        let flags = [(user.is_superuser, "superuser"), (user.is_staff, "staff"), (!user.is_active, "inactive")];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let seen = user.last_login.map_or_else(|| "never".to_owned(), |at| datetime(at).date_naive().to_string());
        table.row([user.username, user.email, flags.join(","), seen]);
    }
    table.print();
    Ok(())
}

/// Asked for without echo at a terminal, else the first line of standard input. Never an argument: those are public.
fn read_password() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        return if password == rpassword::prompt_password("Again: ")? {
            Ok(password)
        } else {
            Err(Failure::new("the two passwords differ"))
        };
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
