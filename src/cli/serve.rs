//! `stockade serve`: listen, tell how to begin, drain on SIGTERM.

use std::time::Duration;

use poem::{
    Server,
    listener::{Listener as _, TcpListener},
};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, open_prepared};
use crate::{accounts::setup, config::Config, server};

/// How long requests in flight may take after SIGTERM.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let listen = config.listen;
    let ctx = open_prepared(config).await?;
    let acceptor = TcpListener::bind(listen)
        .into_acceptor()
        .await
        .map_err(|e| Failure::new(format!("cannot listen on {listen}: {e}")))?;
    say!("Stockade answers on {}", ctx.config.url("/"));
    if let Some(link) = setup::link(&ctx).await? {
        say!("There is no administrator yet. Make one here (the link works once):\n  {link}");
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no new requests, finishing those in flight");
    };
    let background = server::spawn_background(&ctx);
    Server::new_with_acceptor(acceptor)
        .idle_timeout(IDLE)
        .run_with_graceful_shutdown(server::app(ctx), stop, Some(DRAIN))
        .await?;
    background.abort();
    Ok(())
}
