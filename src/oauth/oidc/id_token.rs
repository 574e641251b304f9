//! ID tokens (`OpenID` Connect Core 2, 3.1.3.6, 12.2).

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::{accounts::user, oauth::grant};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    oauth::{application::Application, subject},
    signing::SigningError,
};

/// The JWT type of an ID token; an access token that is a JWT has another (RFC 9068), so neither is taken for the other.
const TYP: &str = "JWT";

/// The claims of an ID token. Who the person is beyond `sub` belongs to userinfo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken {
    /// The issuer.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// The `client_id` of the application.
    pub aud: String,
    /// When it expires.
    pub exp: Timestamp,
    /// When it was issued.
    pub iat: Timestamp,
    /// When the person logged in.
    pub auth_time: Timestamp,
    /// How strong the login was.
    pub acr: String,
    /// How it was done (RFC 8176).
    pub amr: Vec<String>,
    /// The session.
    pub sid: String,
    /// The `nonce` of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds the access token that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
}

/// What `acr` says, for `acr_values_supported`.
pub const ACR_VALUES: [&str; 2] = ["password", "multi-factor"];

/// The `acr` of the methods in an `amr`: two factors, or one.
pub fn acr(amr: &str) -> &'static str {
    let [password, multi_factor] = ACR_VALUES;
    if amr.split(' ').any(|method| method == "mfa") { multi_factor } else { password }
}

/// Signs the ID token of a grant, beside an access token.
pub async fn mint(
    ctx: &Ctx,
    application: &Application,
    grant: &grant::Model,
    user: &user::Model,
    access_token: &str,
) -> Result<String, SigningError> {
    let algorithm = algorithm(application);
    let now = ctx.clock.now();
    let claims = IdToken {
        iss: ctx.config.issuer(),
        sub: subject::of(ctx, application, user),
        aud: application.client_id.clone(),
        exp: now + i64::from(application.id_token_lifetime),
        iat: now,
        auth_time: grant.auth_time,
        acr: acr(&grant.amr).to_owned(),
        amr: grant.amr.split_whitespace().map(str::to_owned).collect(),
        sid: grant.sid.clone(),
        nonce: grant.nonce.clone(),
        at_hash: Some(half_hash(algorithm, access_token)),
    };
    ctx.signing.sign(algorithm, TYP, &claims).await
}

/// The claims of an ID token of ours, as `id_token_hint` brings it back: signed by us, issued by us; its age does not
/// matter (RP-Initiated Logout 1.0 section 2). None for anything else.
pub async fn read_hint(ctx: &Ctx, hint: &str) -> Result<Option<IdToken>, SigningError> {
    let claims: Option<IdToken> = ctx.signing.verify(TYP, hint).await?;
    Ok(claims.filter(|claims| claims.iss == ctx.config.issuer()))
}

/// The algorithm of an application's ID tokens.
fn algorithm(application: &Application) -> Algorithm {
    application.algorithm().name().parse().unwrap_or(Algorithm::RS256)
}

/// `at_hash`: the left half of the hash that the signature uses; for Ed25519 that is SHA-512.
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    let hash = digest(if algorithm == Algorithm::EdDSA { &SHA512 } else { &SHA256 }, token.as_bytes());
    let half = hash.as_ref().len() / 2;
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..half).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_hash_of_the_signature() {
        // The example of OpenID Connect Core A.3.
        assert_eq!(
            half_hash(Algorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(half_hash(Algorithm::EdDSA, "x").len(), 43);
    }

    #[test]
    fn two_factors_are_stronger_than_a_password() {
        assert_eq!(acr("pwd"), "password");
        assert_eq!(acr("pwd otp mfa"), "multi-factor");
        assert_eq!(acr(""), "password");
    }
}
