//! The whole server as one endpoint, for `serve` and for tests alike, and what must be there before it answers.

use std::time::Instant;

use migration::{Migrator, MigratorTrait as _};
use poem::{
    Endpoint, EndpointExt as _, Request, Response, Route,
    endpoint::BoxEndpoint,
    http::{HeaderValue, header},
    middleware::{CatchPanic, RequestId},
};
use poem_openapi::OpenApi;
use sea_orm::DbErr;
use tracing::Instrument as _;

use crate::{
    access,
    accounts::{self, author::Refusal},
    administration,
    ctx::Ctx,
    directory, instance, inventory, oauth, rest,
    signing::SigningError,
    web,
};

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error("the database cannot be prepared: {0}")]
    Db(#[from] DbErr),
    /// The signing keys cannot be used.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The configured administrator cannot be made.
    #[error("the administrator of STOCKADE_ADMIN_USERNAME cannot be made: {0}")]
    Administrator(#[from] Refusal),
}

/// Brings the database up to date and makes what every installation has.
pub async fn prepare(ctx: &Ctx) -> Result<(), StartError> {
    let _turn = ctx.db.turn().await?;
    Migrator::up(ctx.db.migrator(), None).await?;
    ctx.signing.ensure().await?;
    oauth::application::ensure_default(ctx).await?;
    oauth::register::ensure(ctx).await?;
    if let (Some(username), Some(password)) = (&ctx.config.admin_username, &ctx.config.admin_password)
        && let Some(user) = accounts::setup::create_administrator(ctx, username, password.reveal()).await?
    {
        tracing::info!(username = user.username, "the configured administrator was made");
    }
    Ok(())
}

/// Everything under `/api`.
fn api() -> impl OpenApi {
    (inventory::api(), directory::api(), administration::api(), instance::api())
}

/// The API's document, as JSON and as YAML.
pub fn document() -> (String, String) {
    let service = rest::service(api());
    (service.spec(), service.spec_yaml())
}

/// The server.
pub fn app(ctx: Ctx) -> BoxEndpoint<'static> {
    let https = ctx.config.is_https();
    let csrf = web::csrf::Csrf::new(ctx.config.is_https(), ctx.rng);
    let routes = Route::new()
        .at("/", accounts::start())
        .nest("/accounts", accounts::routes())
        .nest("/o", oauth::routes())
        .nest("/.well-known", access::add_to(oauth::well_known()))
        .nest("/api-doc", rest::explorer())
        .nest("/static", web::assets::routes());
    let api = rest::routes(&ctx, api());
    // What no audience's layer shaped before becomes a page.
    Route::new()
        .nest("/api", api)
        .nest("/media", inventory::media(&ctx))
        .nest("/", accounts::pages(routes))
        .with(csrf)
        .data(accounts::Asks::new(oauth::asking::find))
        .data(accounts::Waiting::new(oauth::ciba::waiting))
        .data(ctx)
        .with(CatchPanic::new())
        .around(move |next, request| answered(next, request, https))
        .with(RequestId::default())
        .boxed()
}

/// One log line an answer: method, path (never the query, which may carry codes), status and time. The request id is in
/// the span around it.
async fn answered<E: Endpoint>(next: std::sync::Arc<E>, mut request: Request, https: bool) -> poem::Result<Response> {
    let started = Instant::now();
    let span = tracing::info_span!("request", method = %request.method(), path = %request.uri().path());
    let path = request.uri().path().to_owned();
    request.set_data(web::FullPath(path));
    let response = next.call(request).instrument(span.clone()).await;
    let mut response = response.map_or_else(poem::Error::into_response, poem::IntoResponse::into_response);
    if https {
        // RFC 6797: browsers that were here by TLS once come by TLS only.
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    let micros = started.elapsed().as_micros();
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), micros, "answered"));
    Ok(response)
}

/// Starts what a server does besides answering, until the returned task is aborted.
pub fn spawn_background(ctx: &Ctx) -> tokio::task::JoinHandle<()> {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        tokio::join!(every_hour(&ctx), every_minute(&ctx), every_few_seconds(&ctx), every_second(&ctx));
    })
}

/// Tells applications of logouts. One look at an index a second, so that whatever instance ended the session, and
/// whichever is left of those that did, somebody delivers.
async fn every_second(ctx: &Ctx) {
    let mut second = tokio::time::interval(std::time::Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        second.tick().await;
        if let Err(error) = oauth::deliver_logouts(ctx).await {
            tracing::error!(%error, "logouts could not be delivered");
        }
    }
}

async fn every_hour(ctx: &Ctx) {
    let mut hour = tokio::time::interval(std::time::Duration::from_hours(1));
    loop {
        hour.tick().await;
        if let Err(error) = ctx.db.tend().await {
            tracing::error!(%error, "the database could not look at its tables");
        }
    }
}

async fn every_minute(ctx: &Ctx) {
    let mut minute = tokio::time::interval(std::time::Duration::from_mins(1));
    loop {
        minute.tick().await;
        match oauth::sweep(ctx).await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "expired rows were removed"),
            Err(error) => tracing::error!(%error, "expired rows could not be removed"),
        }
        match ctx.signing.rotate_by_age(ctx.config.oauth.key_rotation_days).await {
            Ok(made) if made.is_empty() => {}
            Ok(made) => tracing::info!(kids = made.join(" "), "new signing keys are published"),
            Err(error) => tracing::error!(%error, "the signing keys could not be rotated"),
        }
    }
}

/// What applications are to be told, and were not when it happened.
async fn every_few_seconds(ctx: &Ctx) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(5));
    loop {
        tick.tick().await;
        if let Err(error) = oauth::ciba::deliver(ctx).await {
            tracing::error!(%error, "applications could not be told of decisions");
        }
    }
}
