//! Access tokens that are JWTs (RFC 9068). Each is a row all the same, so that revoking it works at once here; a resource
//! server that does not ask believes it until `exp`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::{accounts::user, oauth::grant};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{application::Application, oidc::acr::Acr, resource, subject};
use crate::{clock::Timestamp, ctx::Ctx, secret, signing::SigningError};

/// Section 2.1: "This specification registers the "application/at+jwt" media type, which can be used to indicate that the
/// content is a JWT access token." An ID token has another type, so neither is taken for the other.
const TYP: &str = "at+jwt";

/// The longest that is looked at.
const MAX_BYTES: usize = 8 * 1024;

/// Section 2.2.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Claims {
    iss: String,
    exp: Timestamp,
    aud: Value,
    sub: String,
    client_id: String,
    iat: Timestamp,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Value>,
}

/// What a token says beyond whom it is for.
pub(super) struct Content<'a> {
    pub(super) jti: String,
    pub(super) audience: &'a str,
    pub(super) scope: &'a str,
    pub(super) created: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) authorization_details: &'a str,
    pub(super) cnf: Option<&'a str>,
    pub(super) act: Option<&'a str>,
}

/// Puts the claims together.
pub(super) fn claims(
    ctx: &Ctx,
    application: &Application,
    person: Option<(&user::Model, &grant::Model)>,
    content: Content<'_>,
) -> Claims {
    let Content { jti, audience, scope, created, expires, authorization_details, cnf, act } = content;
    let grant = person.map(|(_, grant)| grant).filter(|grant| !grant.amr.is_empty());
    Claims {
        iss: ctx.config.issuer(),
        exp: expires,
        aud: one_or_many(resource::audience(ctx, audience)),
        sub: person.map_or_else(|| subject::of_client(application), |(user, _)| subject::of(ctx, application, user)),
        client_id: application.client_id.clone(),
        iat: created,
        jti,
        scope: Some(scope.to_owned()).filter(|scope| !scope.is_empty()),
        // Of a login; another issuer's word for somebody (RFC 7523) is none.
        auth_time: grant.map(|grant| grant.auth_time),
        acr: grant.map(acr_of),
        amr: grant.map(|grant| grant.amr.split_whitespace().map(str::to_owned).collect()).unwrap_or_default(),
        authorization_details: json(authorization_details),
        cnf: cnf.and_then(json),
        act: act.and_then(json),
    }
}

/// What `acr` says of a grant.
pub(super) fn acr_of(grant: &grant::Model) -> String {
    if grant.acr.is_empty() { Acr::of(&grant.amr).name().to_owned() } else { grant.acr.clone() }
}

/// "aud": one identifier is text, several are a list (RFC 7519 section 4.1.3).
pub(super) fn one_or_many(mut identifiers: Vec<String>) -> Value {
    match (identifiers.pop(), identifiers.is_empty()) {
        (Some(one), true) => one.into(),
        (Some(last), false) => identifiers.into_iter().chain([last]).collect(),
        (None, _) => Value::Null,
    }
}

/// The JSON in a column that may be empty.
pub(super) fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Signs it. Never `none`: the server has no such key.
pub(super) async fn sign(ctx: &Ctx, algorithm: Algorithm, claims: &Claims) -> Result<String, SigningError> {
    ctx.signing.sign(algorithm, TYP, claims).await
}

/// By what the row of a JWT is found. Not the `jti` itself: that is no secret, and no token.
pub(super) fn digest(jti: &str) -> String {
    secret::digest(&format!("{TYP} {jti}"))
}

/// By what the row is found of a token that this server signed as an access token. Whether it is alive that row knows.
pub(super) async fn read(ctx: &Ctx, value: &str) -> Result<Option<String>, SigningError> {
    #[derive(Deserialize)]
    struct Own {
        iss: String,
        jti: String,
    }
    if value.len() > MAX_BYTES || value.bytes().filter(|b| *b == b'.').count() != 2 {
        return Ok(None);
    }
    let own: Option<Own> = ctx.signing.verify(TYP, value).await?;
    Ok(own.filter(|own| own.iss == ctx.config.issuer()).map(|own| digest(&own.jti)))
}

/// The `jti` of a JWT that was verified already.
pub(super) fn jti(value: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(value.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("jti").and_then(Value::as_str).map(str::to_owned)
}
