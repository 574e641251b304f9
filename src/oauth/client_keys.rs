//! The public keys of an application (RFC 7591 section 2, `jwks` and `jwks_uri`), and the JWTs that they sign.

use jsonwebtoken::{Algorithm, jwk::JwkSet};

use super::{
    application::Application,
    jws::{self, BadKeys, Claims, JwsError, Unverified},
};
use crate::{ctx::Ctx, egress::EgressError};

/// Why there are no keys, or none that fits. For the log.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It registered none.
    #[error("the application registered no keys")]
    None,
    /// They cannot be fetched.
    #[error("the keys at jwks_uri: {}", .0.log())]
    Fetch(#[from] EgressError),
    /// They are no keys.
    #[error(transparent)]
    Bad(#[from] BadKeys),
    /// They did not sign this.
    #[error(transparent)]
    Jws(#[from] JwsError),
}

/// The keys of an application: those in its registration, or those at its address, which are kept for some minutes.
pub async fn of(ctx: &Ctx, application: &Application) -> Result<JwkSet, KeysError> {
    find(ctx, application, false).await
}

/// The keys of an application, as new as [`crate::egress::documents::AGAIN`] allows: those of a moment ago did not fit.
pub async fn of_now(ctx: &Ctx, application: &Application) -> Result<JwkSet, KeysError> {
    find(ctx, application, true).await
}

async fn find(ctx: &Ctx, application: &Application, again: bool) -> Result<JwkSet, KeysError> {
    let metadata = &application.metadata.client;
    if metadata.jwks.is_some() {
        return Ok(metadata.inline_keys()?);
    }
    let address = metadata.jwks_uri.as_str();
    if address.is_empty() {
        return Err(KeysError::None);
    }
    let text = if again { ctx.documents.get_again(address).await? } else { ctx.documents.get(address).await? };
    Ok(jws::key_set(&text)?)
}

/// The claims of a JWT that the application signed. Where none of its keys did, they may have been rotated: they are looked
/// at again, as often as [`crate::egress::documents::AGAIN`] allows.
pub async fn verify(
    ctx: &Ctx,
    application: &Application,
    jwt: Unverified<'_>,
    algorithms: &[Algorithm],
    types: &[&str],
) -> Result<Claims, KeysError> {
    let keys = of(ctx, application).await?;
    match jwt.clone().verify(&keys, algorithms, types) {
        Err(JwsError::NoKey | JwsError::Signature) if !application.metadata.client.jwks_uri.is_empty() => {
            let keys = of_now(ctx, application).await?;
            Ok(jwt.verify(&keys, algorithms, types)?)
        }
        verified => Ok(verified?),
    }
}
