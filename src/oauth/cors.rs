//! Which browsers' scripts may read an endpoint's answers (the Fetch standard, section 3.2).
//!
//! A preflight does not say which application asks, so it is answered for the origins of every active one. The answer
//! itself is readable only at an origin of the application that the request names: what was issued to one application is
//! not for the pages of another, whatever these managed to send. An application that names itself by an assertion alone
//! gets no such permission; those run on servers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entities::oauth::application::{Column, Entity};
use poem::{
    Request,
    http::{HeaderValue, header},
};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::client;
use crate::{
    ctx::{Ctx, Stamp},
    web::form::Form,
};

/// Which browsers' scripts may read an endpoint's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cors {
    /// Those of every site: what is told is public, or needs a bearer token.
    Everybody,
    /// Those of the origins that an application registered.
    Registered,
}

/// The origins of the active applications, by `client_id`.
type Origins = Arc<HashMap<String, Vec<String>>>;

/// What was read of them a moment ago, so that a request costs no statement.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<(Stamp, Origins)>>);

impl Known {
    async fn origins(&self, ctx: &Ctx) -> Result<Origins, DbErr> {
        let stamp = ctx.stamp();
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, origins)) = last.filter(|(read, _)| *read == stamp) {
            return Ok(origins);
        }
        let rows: Vec<(String, String)> = Entity::find()
            .select_only()
            .columns([Column::ClientId, Column::AllowedOrigins])
            .filter(Column::IsActive.eq(true))
            .filter(Column::AllowedOrigins.ne(""))
            .into_tuple()
            .all(ctx.db.reader())
            .await?;
        let lines = |text: String| text.lines().map(str::to_owned).collect();
        let origins: Origins = Arc::new(rows.into_iter().map(|(id, text)| (id, lines(text))).collect());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, origins.clone()));
        Ok(origins)
    }

    /// What a request's `Origin` is allowed, before its answer is known: a preflight's answer.
    pub(super) async fn preflight(&self, request: &Request, cors: Cors) -> Result<Option<HeaderValue>, DbErr> {
        self.allowed(request, cors, |origins, origin| origins.values().flatten().any(|known| known == origin)).await
    }

    /// What it is allowed of the answer to a request with this body.
    pub(super) async fn answer(
        &self,
        request: &Request,
        cors: Cors,
        body: &[u8],
    ) -> Result<Option<HeaderValue>, DbErr> {
        let header = request.headers().get(header::AUTHORIZATION);
        let named = || match header {
            Some(header) => client::basic(header.as_bytes()).map(|(id, _)| id),
            None => Form::parse(body).ok()?.get("client_id").map(str::to_owned),
        };
        let own = |origins: &Origins, origin: &str| {
            named().and_then(|id| origins.get(&id)).is_some_and(|own| own.iter().any(|known| known == origin))
        };
        self.allowed(request, cors, own).await
    }

    async fn allowed(
        &self,
        request: &Request,
        cors: Cors,
        admits: impl FnOnce(&Origins, &str) -> bool,
    ) -> Result<Option<HeaderValue>, DbErr> {
        let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(None) };
        if cors == Cors::Everybody {
            return Ok(Some(HeaderValue::from_static("*")));
        }
        let (Ok(text), Some(ctx)) = (origin.to_str(), request.data::<Ctx>()) else { return Ok(None) };
        let origins = self.origins(ctx).await?;
        Ok(admits(&origins, text).then(|| origin.clone()))
    }
}
