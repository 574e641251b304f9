//! ID tokens (`OpenID` Connect Core 2, 3.1.3.6, 12.2).

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::{accounts::user, oauth::grant};
use jsonwebtoken::Algorithm;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{acr::Acr, claims};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    oauth::{application::Application, subject},
    scope::Scopes,
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
    /// Binds the code that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// Who the person is beyond `sub`.
    #[serde(flatten)]
    pub person: Map<String, Value>,
}

/// What an ID token comes along with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The access token.
    pub access_token: Option<&'a str>,
    /// The code, in the front channel.
    pub code: Option<&'a str>,
}

/// Signs the ID token of a grant, beside what comes along with it.
pub async fn mint(
    ctx: &Ctx,
    application: &Application,
    grant: &grant::Model,
    user: &user::Model,
    beside: Beside<'_>,
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
        acr: Acr::of(&grant.amr).name().to_owned(),
        amr: grant.amr.split_whitespace().map(str::to_owned).collect(),
        sid: grant.sid.clone(),
        nonce: grant.nonce.clone(),
        at_hash: beside.access_token.map(|token| half_hash(algorithm, token)),
        c_hash: beside.code.map(|code| half_hash(algorithm, code)),
        person: person(ctx, application, grant, user, beside).await?,
    };
    ctx.signing.sign(algorithm, TYP, &claims).await
}

/// The claims of a person beyond `sub`: those that the request asked for here, and, where there is neither an access
/// token nor a code by which to ask userinfo, those of the scopes (`OpenID` Connect Core 5.4, 5.5).
async fn person(
    ctx: &Ctx,
    application: &Application,
    grant: &grant::Model,
    user: &user::Model,
    beside: Beside<'_>,
) -> Result<Map<String, Value>, DbErr> {
    let asked = claims::Request::of_row(&grant.claims);
    let scopes = if beside.access_token.is_none() && beside.code.is_none() {
        Scopes::parse_known(&grant.scope).map(|(scopes, _)| scopes).unwrap_or_default()
    } else {
        Scopes::default()
    };
    let mut claims = claims::of(ctx, application, user, &scopes, asked.of_id_token()).await?;
    claims.remove("sub");
    Ok(claims)
}

/// The claims of an ID token of ours, as `id_token_hint` brings it back: signed by us, issued by us; its age does not
/// matter (RP-Initiated Logout 1.0 section 2). None for anything else.
pub async fn read_hint(ctx: &Ctx, hint: &str) -> Result<Option<IdToken>, SigningError> {
    let claims: Option<IdToken> = ctx.signing.verify(TYP, hint).await?;
    Ok(claims.filter(|claims| claims.iss == ctx.config.issuer()))
}

/// The algorithm of an application's ID tokens.
pub(in crate::oauth) fn algorithm(application: &Application) -> Algorithm {
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
}
