//! `stockade serve`: listen, tell how to begin, drain on SIGTERM.

use std::time::Duration;

use poem::{
    Server,
    listener::{AcceptorExt as _, Listener as _, TcpListener},
};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, open_prepared};
use crate::{accounts::setup, config::Config, server, tls};

/// How long requests in flight may take after SIGTERM.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let listen = config.listen;
    let ctx = open_prepared(config).await?;
    let cannot = |e: std::io::Error| Failure::new(format!("cannot listen on {listen}: {e}"));
    let acceptor = if ctx.config.tls.certificate.is_some() || ctx.config.tls.key.is_some() {
        let socket = tokio::net::TcpListener::bind(listen).await.map_err(cannot)?;
        tls::Listener::new(socket, &ctx.config.tls, ctx.tls.clone())?.boxed()
    } else {
        TcpListener::bind(listen).into_acceptor().await.map_err(cannot)?.boxed()
    };
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
