//! The keys that sign: `/api/oauth/key/`.

use poem::{http::StatusCode, web::Data};
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::moment;
use crate::{
    access::Auth,
    ctx::Ctx,
    rest::{ApiError, Body, Json, Lists, field::Given, json::Created, list::Table},
    scope::Need,
    signing::SigningError,
};

/// A published key.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthKey")]
struct Key {
    /// Its id: the RFC 7638 thumbprint.
    kid: String,
    /// What it signs with.
    algorithm: String,
    /// When it was made.
    created: String,
    /// When it starts to sign.
    active_from: String,
    /// When it stops.
    retired: Option<String>,
    /// Until when it is published.
    expires: Option<String>,
    /// Whether it signs now.
    signs: bool,
}

/// A rotation.
#[derive(Debug, Clone, Object)]
#[oai(rename = "OAuthKeyRotate")]
struct Rotate {
    /// Sign with the new keys at once, for a key that somebody else may know; else in an hour.
    now: Given<bool>,
}

/// What was made.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthKeyRotated")]
struct Rotated {
    /// The new keys.
    kids: Vec<String>,
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: SigningError) -> ApiError {
    tracing::error!(%error, "the signing keys cannot be used");
    ApiError::Other(StatusCode::INTERNAL_SERVER_ERROR, "A server error occurred.".to_owned())
}

/// The operations.
pub(super) struct Keys;

impl Lists for Keys {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        Vec::new()
    }
}

#[OpenApi(prefix_path = "/oauth/key")]
impl Keys {
    /// The published keys, the newest first
    #[oai(path = "/", method = "get", operation_id = "oauth_key_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
    ) -> Result<Json<Vec<Key>>, ApiError> {
        let now = ctx.clock.now();
        let keys = ctx.signing.published().await.map_err(failed)?;
        let shown = keys.iter().map(|key| Key {
            kid: key.row.kid.clone(),
            algorithm: key.row.algorithm.clone(),
            created: moment(key.row.created),
            active_from: moment(key.row.active_from),
            retired: key.row.retired.map(moment),
            expires: key.row.expires.map(moment),
            signs: key.signs(now),
        });
        Ok(Json(shown.collect()))
    }

    /// Make a new key for every algorithm
    #[oai(path = "/rotate", method = "post", operation_id = "oauth_key_rotate")]
    async fn rotate(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Rotate>,
    ) -> Result<Created<Rotated>, ApiError> {
        let kids = ctx.signing.rotate(body.0.now.0.unwrap_or(false)).await.map_err(failed)?;
        Ok(Created(Rotated { kids }))
    }
}
