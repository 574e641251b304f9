//! The command line. Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 wrong usage (clap's).

/// `println!` that does not panic when its reader has seen enough (`stockade schema | head`).
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::say(format_args!("{}\n", format_args!($($text)*)))
    };
}

mod application;
mod check;
mod demo;
mod failure;
mod initial_token;
mod keys;
mod migrate;
mod progress;
mod schema;
mod serve;
mod table;
mod token;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

pub use failure::Failure;

use crate::{
    clock::{Clock, Rng},
    config::{Config, LogFormat},
    ctx::Ctx,
    db::Db,
    secret::ServerKey,
};

/// OAuth 2 / OpenID Connect identity provider with the inventory API that its scopes guard.
///
/// Configuration: defaults, then the file given by --config, then STOCKADE_* variables.
/// Without a command, `stockade` serves.
#[derive(Debug, Parser)]
#[command(name = "stockade", version, after_help = "Example: STOCKADE_LISTEN=127.0.0.1:9000 stockade serve")]
struct Cli {
    /// A TOML file with settings.
    #[arg(long, global = true, value_name = "FILE", env = "STOCKADE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default).
    #[command(after_help = "Example: STOCKADE_SITE_URL=https://inventory.example stockade serve")]
    Serve,
    /// Bring the database up to date and leave.
    #[command(after_help = "Example: STOCKADE_DATABASE_URL=postgres://stockade@db/stockade stockade migrate")]
    Migrate,
    /// Make and list people, set passwords.
    #[command(subcommand)]
    User(user::User),
    /// Write the `OpenAPI` document of the API; needs no database.
    #[command(after_help = "Example: stockade schema --format yaml --output openapi.yaml")]
    Schema(schema::Schema),
    /// Register and list OAuth applications, make new secrets.
    #[command(subcommand)]
    Application(application::Application),
    /// Make, list and revoke API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Make, list and revoke tokens that let applications register themselves.
    #[command(subcommand)]
    InitialToken(initial_token::InitialToken),
    /// Rotate and list the keys that sign ID tokens.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Fill an empty database with an electronics company to try things on.
    #[command(after_help = "Example: stockade demo --seed 7")]
    Demo(demo::Demo),
    /// Validate the configuration and list what is unsafe for production; exit code 1 if anything is.
    #[command(after_help = "Example: stockade --config /etc/stockade.toml check")]
    Check,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Config::load(cli.config.as_deref(), std::env::vars()).map_err(Failure::from).and_then(|config| {
        start_logging(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(run(cli.command.unwrap_or(Command::Serve), config))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("stockade: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, config: Config) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => migrate::run(config).await,
        Command::User(user) => user.run(&open_prepared(config).await?).await,
        Command::Schema(schema) => schema.run(),
        Command::Application(application) => application.run(&open_prepared(config).await?).await,
        Command::Token(token) => token.run(&open_prepared(config).await?).await,
        Command::InitialToken(token) => token.run(&open_prepared(config).await?).await,
        Command::Keys(keys) => keys.run(&open_prepared(config).await?).await,
        Command::Demo(demo) => demo.run(&open_empty(config).await?).await,
        Command::Check => check::run(&config),
    }
}

/// Opens the data folder and the database.
async fn open(config: Config) -> Result<Ctx, Failure> {
    let dir = &config.data_dir;
    std::fs::create_dir_all(dir)
        .map_err(|e| Failure::new(format!("cannot make the data folder {}: {e}", dir.display())))?;
    let key_file = config.key_file();
    let key = ServerKey::load_or_create(&key_file, Rng)
        .map_err(|e| Failure::new(format!("cannot use the key file {}: {e}", key_file.display())))?;
    // The address may hold a password, so it is not shown; the error of the driver says where it failed.
    let db = Db::connect(&config.database_url())
        .await
        .map_err(|e| Failure::new(format!("cannot open the database: {e}")))?;
    Ok(Ctx::new(config, db, key, Clock::default(), Rng)?)
}

/// Opens and migrates: a command on a fresh machine works as the server would.
async fn open_prepared(config: Config) -> Result<Ctx, Failure> {
    let ctx = open(config).await?;
    // Of two processes that start together in one folder, one prepares and the other finds it done.
    let turn = std::fs::File::open(ctx.config.key_file())?;
    turn.lock()?;
    crate::server::prepare(&ctx).await?;
    Ok(ctx)
}

/// As [`open_prepared`], for a command that brings the people with it: the configured administrator is not made first.
async fn open_empty(mut config: Config) -> Result<Ctx, Failure> {
    config.admin_username = None;
    open_prepared(config).await
}

/// Writes to standard output. A reader that went away is no failure: there is nobody left to tell.
fn say(text: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    _ = std::io::stdout().write_fmt(text);
}

fn start_logging(config: &Config) -> Result<(), Failure> {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| Failure::new(format!("the setting log is no filter such as \"info\": {e}")))?;
    let subscriber = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}
