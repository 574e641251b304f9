//! DPoP: a request shows that its sender holds the key that a token is bound to (RFC 9449).
//!
//! Proofs are checked here and nowhere else: at the token endpoint and at pushed requests (`at_endpoint`), and wherever
//! an access token is used ([`super::holder`]).

use jsonwebtoken::Algorithm;
use poem::{
    Request,
    http::{HeaderName, HeaderValue},
};
use sea_orm::DbErr;
use url::Url;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    error::{Code, Error},
    jws::{self, LEEWAY, Unverified},
    replay,
};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    secret::{self, Purpose},
    web::FullPath,
};

/// The header of a proof (section 4.1).
pub const HEADER: HeaderName = HeaderName::from_static("dpop");

/// The header of a nonce (section 8).
pub const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// What a proof may be signed with, for the metadata too (section 5.1).
pub const ALGORITHMS: [Algorithm; 9] = jws::ALGORITHMS;

/// How old a proof may be, in seconds. Its nonce is what makes it young; this bounds what has to be remembered.
const MAX_AGE: i64 = 300;

/// How long one nonce is given out, in seconds. It is good for that long again.
const NONCE_WINDOW: i64 = 120;

/// Why a proof is not good.
#[derive(Debug, thiserror::Error)]
pub enum BadProof {
    /// It breaks a rule of section 4.3. The text is for the client.
    #[error("{0}")]
    Invalid(&'static str),
    /// Its nonce is missing or too old (section 8).
    #[error("The proof needs a fresh nonce of this server.")]
    Nonce,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl BadProof {
    /// The registered error code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::InvalidDpopProof,
            Self::Nonce => Code::UseDpopNonce,
            Self::Db(_) => Code::ServerError,
        }
    }
}

/// The thumbprint of the key that a request proves to hold; none where it brings no proof. At the token endpoint and at
/// pushed requests.
pub(super) async fn at_endpoint(ctx: &Ctx, request: &Request) -> Result<Option<String>, Error> {
    proof(ctx, request, None).await.map_err(|bad| match bad {
        BadProof::Invalid(told) => Error::new(Code::InvalidDpopProof, told),
        // Section 8: "the authorization server ... responds with an HTTP 400 (Bad Request) error response ... using
        // use_dpop_nonce as the error code value" and a DPoP-Nonce header.
        BadProof::Nonce => Error::new(Code::UseDpopNonce, "The proof needs a fresh nonce of this server."),
        BadProof::Db(error) => error.into(),
    })
}

/// The refusal of a request without a proof where there has to be one.
pub(super) fn missing(ctx: &Ctx) -> Error {
    Error::new(Code::InvalidDpopProof, "The tokens of this client are bound to a key: a DPoP proof is needed.")
        .header(NONCE, &nonce(ctx, ctx.clock.now()))
}

/// A nonce for the answer to a request that knows DPoP (section 8.2: "the authorization server MAY supply the new nonce in
/// the same way that the initial one was supplied"), so that the next proof is good at once.
pub fn supply(request: &Request) -> Option<HeaderValue> {
    let ctx = request.data::<Ctx>().filter(|_| request.headers().contains_key(HEADER))?;
    HeaderValue::try_from(nonce(ctx, ctx.clock.now())).ok()
}

/// The nonce of a time: every node with the server key knows it, and nobody else does before it is given out.
fn nonce(ctx: &Ctx, at: Timestamp) -> String {
    ctx.key.mac_text(Purpose::DpopNonce, &[&at.div_euclid(NONCE_WINDOW).to_string()])
}

fn is_fresh(ctx: &Ctx, given: &str) -> bool {
    let now = ctx.clock.now();
    // The next one too: another node's clock may be ahead.
    [0, -NONCE_WINDOW, NONCE_WINDOW].iter().any(|offset| secret::same(&nonce(ctx, now + offset), given))
}

/// Section 4.3, "To validate a DPoP proof, the receiving server MUST ensure the following", by its numbers. `token` is the
/// access token that the request uses, if it uses one.
pub(super) async fn proof(ctx: &Ctx, request: &Request, token: Option<&str>) -> Result<Option<String>, BadProof> {
    let mut headers = request.headers().get_all(HEADER).iter();
    let Some(header) = headers.next() else { return Ok(None) };
    // 1. "There is not more than one DPoP HTTP request header field."
    if headers.next().is_some() {
        return Err(BadProof::Invalid("There is more than one DPoP header."));
    }
    // 2. "The DPoP HTTP request header field value is a single and well-formed JWT."
    let malformed = BadProof::Invalid("The proof is no JWT that this server can read.");
    let text = header.to_str().map_err(|_| BadProof::Invalid("The proof is no JWT that this server can read."))?;
    let jwt = Unverified::parse(text).map_err(|_| malformed)?;
    // 4. typ is dpop+jwt. 5. An asymmetric algorithm of ours. 6. "The JWT signature verifies with the public key contained
    // in the jwk JOSE Header Parameter." 7. "The jwk JOSE Header Parameter does not contain a private key."
    let (claims, key) = jwt
        .verify_embedded(&ALGORITHMS, &["dpop+jwt"])
        .map_err(|_| BadProof::Invalid("The proof has the wrong type, key, algorithm or signature."))?;
    // 3. "All required claims per Section 4.2 are contained in the JWT."
    let required = |name| claims.required(name).map_err(|_| BadProof::Invalid("The proof lacks a claim."));
    let (jti, htm, htu) = (required("jti")?, required("htm")?, required("htu")?);
    // 8. "The htm claim matches the HTTP method of the current request."
    if htm != request.method().as_str() {
        return Err(BadProof::Invalid("The proof is for another method."));
    }
    // 9. "The htu claim matches the HTTP URI value for the HTTP request in which the JWT was received, ignoring any query
    // and fragment parts." What we are called is configured, and never the Host header's choice.
    let here = format!("{}{}", ctx.config.origin(), FullPath::of(request));
    if plain(htu).is_none_or(|htu| plain(&here) != Some(htu)) {
        return Err(BadProof::Invalid("The proof is for another address."));
    }
    // 10. "If the server provided a nonce value to the client, the nonce claim matches the server-provided nonce value."
    let stale = match claims.get("nonce") {
        None => ctx.config.oauth.require_dpop_nonce,
        Some(given) => !given.as_str().is_some_and(|given| is_fresh(ctx, given)),
    };
    if stale {
        return Err(BadProof::Nonce);
    }
    // 11. "The creation time of the JWT, as determined by either the iat claim or a server managed timestamp via the nonce
    // claim, is within an acceptable window."
    let now = ctx.clock.now();
    let issued = claims.time("iat").ok().flatten().ok_or(BadProof::Invalid("The proof lacks a claim."))?;
    if claims.is_current(now).is_err() || issued + MAX_AGE + LEEWAY <= now {
        return Err(BadProof::Invalid("The proof is too old, or from the future."));
    }
    // 12. "If presented to a protected resource in conjunction with an access token: ensure that the value of the ath claim
    // equals the hash of that access token". (That it is bound to this key is the caller's to compare.)
    if let Some(token) = token
        && required("ath")? != URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
    {
        return Err(BadProof::Invalid("The proof is for another token."));
    }
    let jkt =
        jws::thumbprint(&key).ok_or(BadProof::Invalid("The proof has the wrong type, key, algorithm or signature."))?;
    // Section 11.1: "servers can store, in the context of the target URI, the jti value of each DPoP proof for the time
    // window in which the respective DPoP proof JWT would be accepted". Last, so that only good proofs are remembered.
    if !replay::first_use(ctx, "dpop", &format!("{jkt}\n{jti}"), issued + MAX_AGE + LEEWAY).await? {
        return Err(BadProof::Invalid("The proof was used before."));
    }
    Ok(Some(jkt))
}

/// An address without query and fragment, as it is compared after the normalisation of RFC 3986 section 6.2.
fn plain(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// The algorithms as a challenge tells them (section 7.1).
pub(super) fn algorithms() -> String {
    ALGORITHMS.map(|algorithm| format!("{algorithm:?}")).join(" ")
}
