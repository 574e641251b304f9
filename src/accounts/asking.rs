//! On whose behalf a person is sent to the login: what the page may tell of the application that waits for them. Accounts
//! know no applications, so whoever does tells, by a function that the server puts in place.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use poem::Request;
use sea_orm::DbErr;

use crate::ctx::Ctx;

/// The application that waits for a login.
#[derive(Debug, Clone)]
pub struct Asking {
    /// What it calls itself.
    pub application: String,
    /// Where it will be called back, which the page's `form-action` must allow: browsers apply it to redirects as well.
    pub redirect_uri: String,
    /// Where its logo is on this server, if it has one.
    pub logo: Option<String>,
    /// What it is about: what each link is called, and where it leads.
    pub links: Vec<(&'static str, String)>,
}

type Finder = dyn Fn(Ctx, String) -> BoxFuture<'static, Result<Option<Asking>, DbErr>> + Send + Sync;

/// Finds the application behind a `next`.
#[derive(Clone)]
pub struct Asks(Arc<Finder>);

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asks(..)")
    }
}

impl Asks {
    /// Asks this function.
    pub fn new<F, Fut>(find: F) -> Self
    where
        F: Fn(Ctx, String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Asking>, DbErr>> + Send + 'static,
    {
        Self(Arc::new(move |ctx, next| Box::pin(find(ctx, next))))
    }
}

/// The application behind the `next` of a request, if there is one.
pub(super) async fn find(ctx: &Ctx, request: &Request, next: &str) -> Result<Option<Asking>, DbErr> {
    match request.data::<Asks>() {
        Some(asks) => (asks.0)(ctx.clone(), next.to_owned()).await,
        None => Ok(None),
    }
}
