//! What waits for a person's decision. Accounts know no applications, so whoever does counts, by a function that the server
//! puts in place; the home page shows the number with the way there.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use poem::Request;
use sea_orm::DbErr;

use crate::ctx::Ctx;

type Counter = dyn Fn(Ctx, i32) -> BoxFuture<'static, Result<u64, DbErr>> + Send + Sync;

/// Counts what waits for a person, by the id of their row.
#[derive(Clone)]
pub struct Waiting(Arc<Counter>);

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(..)")
    }
}

impl Waiting {
    /// Counts by this function.
    pub fn new<F, Fut>(count: F) -> Self
    where
        F: Fn(Ctx, i32) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<u64, DbErr>> + Send + 'static,
    {
        Self(Arc::new(move |ctx, user_id| Box::pin(count(ctx, user_id))))
    }
}

/// How many things wait for a person.
pub(super) async fn count(ctx: &Ctx, request: &Request, user_id: i32) -> Result<u64, DbErr> {
    match request.data::<Waiting>() {
        Some(waiting) => (waiting.0)(ctx.clone(), user_id).await,
        None => Ok(0),
    }
}
