//! The API in this process, and dice that fall the same way every time.

use std::collections::HashMap;

use entities::accounts::{api_token, user};
use poem::{
    Endpoint as _, IntoResponse as _, Request,
    endpoint::BoxEndpoint,
    http::{Method, StatusCode, header},
};
use sea_orm::prelude::*;
use serde_json::Value;

use crate::{accounts, cli::Failure, ctx::Ctx, server};

/// The server, and who asks it.
pub(super) struct Api {
    app: BoxEndpoint<'static>,
    tokens: HashMap<String, String>,
    caller: String,
}

/// What the tokens of the demo are called while it runs.
const TOKEN: &str = "demo";

impl Api {
    /// Of a server; nobody asks yet.
    pub(super) fn new(ctx: &Ctx) -> Self {
        Self { app: server::app(ctx.clone()), tokens: HashMap::new(), caller: String::new() }
    }

    /// Lets somebody ask.
    pub(super) async fn admit(&mut self, ctx: &Ctx, person: &user::Model) -> Result<(), Failure> {
        let issued = accounts::api_token::obtain(ctx, person, TOKEN).await?;
        self.tokens.insert(person.username.clone(), issued.value);
        Ok(())
    }

    /// From here on, somebody who was admitted asks.
    pub(super) fn by(&mut self, username: &str) {
        if let Some(token) = self.tokens.get(username) {
            self.caller = format!("Token {token}");
        }
    }

    /// Removes what was only needed to ask.
    pub(super) async fn leave(&self, ctx: &Ctx) -> Result<(), Failure> {
        let gone = ctx.db.write(|tx| async move {
            api_token::Entity::delete_many().filter(api_token::Column::Name.eq(TOKEN)).exec(&*tx).await
        });
        gone.await?;
        Ok(())
    }

    /// Sends an object, which must be accepted.
    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        let request = Request::builder()
            .method(method)
            .uri_str(format!("/api/{path}"))
            .header(header::AUTHORIZATION, &self.caller)
            .content_type("application/json")
            .body(body.to_string());
        let response = self.app.call(request).await.unwrap_or_else(poem::Error::into_response);
        let status = response.status();
        let text = response.into_response().into_body().into_string().await?;
        if !status.is_success() {
            return Err(Failure::new(format!("{path} answered {status}: {text} (to {body})")));
        }
        if status == StatusCode::NO_CONTENT { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }

    /// Posts an object.
    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, body).await
    }

    /// Makes an object; its key.
    pub(super) async fn make(&self, path: &str, body: Value) -> Result<i64, Failure> {
        let made = self.post(path, body).await?;
        // Stock answers with a list.
        let pk = made.get("pk").or_else(|| made.get(0)?.get("pk")).and_then(Value::as_i64);
        pk.ok_or_else(|| Failure::new(format!("{path} answered without a key")))
    }
}

/// A sequence of numbers that only its seed decides, on every machine and in every version (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    /// The sequence of a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below another.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from((z ^ (z >> 31)) % bound).unwrap_or(0)
    }

    /// A number from one to another.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = usize::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// Whether something happens that does so many times in a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some.
    pub(super) fn pick<T: Copy + Default>(&mut self, of: &[T]) -> T {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}
