//! `private_key_jwt`: a client proves who it is by a JWT that it signs (RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3,
//! `OpenID` Connect Core section 9).

use jsonwebtoken::Algorithm;
use poem::Request;

use crate::{
    ctx::Ctx,
    oauth::{
        application::Application,
        client_keys,
        error::Error,
        jws::{self, JwsError, LEEWAY, Unverified},
        replay,
    },
    web::FullPath,
};

/// The `client_assertion_type` of RFC 7523 section 2.2.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an assertion may be signed with, for the metadata too.
pub const ALGORITHMS: [Algorithm; 9] = jws::ALGORITHMS;

/// How far ahead an assertion may expire: longer ones would have to be remembered longer.
const LIFETIME: i64 = 3600;

/// The same under FAPI 2.0.
const LIFETIME_STRICT: i64 = 600;

/// Who says that they sent it; nothing is proven yet.
pub(super) fn subject(assertion: &str) -> Option<String> {
    Unverified::parse(assertion).ok()?.peek().text("sub").map(str::to_owned)
}

/// Whether an assertion proves that the application sends this request. An error is the server's own; why an assertion is
/// not good is for the log only.
pub(super) async fn verify(
    ctx: &Ctx,
    request: &Request,
    application: &Application,
    assertion: &str,
) -> Result<bool, Error> {
    match check(ctx, request, application, assertion).await {
        Ok(Used { jti, until }) => {
            // Section 3, item 7: "The JWT MAY contain a jti claim ... The authorization server MAY ensure that JWTs are not
            // replayed"; OpenID Connect Core section 9: it MUST, and "can only be used once". Last, so that a stranger can
            // neither fill the store nor use up the ids of others.
            let key = format!("{}\n{jti}", application.client_id);
            let first = replay::first_use(ctx, "client_assertion", &key, until).await?;
            if !first {
                tracing::warn!(client_id = application.client_id, "a client assertion was replayed");
            }
            Ok(first)
        }
        Err(reason) => {
            tracing::info!(client_id = application.client_id, reason, "a client assertion was refused");
            Ok(false)
        }
    }
}

/// What remains to be remembered of a good assertion.
struct Used {
    jti: String,
    until: i64,
}

async fn check(ctx: &Ctx, request: &Request, application: &Application, assertion: &str) -> Result<Used, String> {
    let wrong = |error: JwsError| error.to_string();
    let metadata = &application.metadata.client;
    let strict = metadata.is_fapi2();
    let allowed: Vec<Algorithm> = if strict { jws::STRONG.to_vec() } else { ALGORITHMS.to_vec() };
    let registered = &metadata.token_endpoint_auth_signing_alg;
    let allowed: Vec<Algorithm> =
        allowed.into_iter().filter(|own| registered.is_empty() || format!("{own:?}") == *registered).collect();
    let jwt = Unverified::parse(assertion).map_err(wrong)?;
    // Item 9: "The JWT MUST be digitally signed".
    let types = ["", "JWT", "client-authentication+jwt"];
    let claims = client_keys::verify(ctx, application, jwt, &allowed, &types).await.map_err(|e| e.to_string())?;

    // Items 1 and 2.B: "The JWT MUST contain an iss (issuer) claim"; "For client authentication, the subject MUST be the
    // client_id of the OAuth client", and so is the issuer.
    for name in ["iss", "sub"] {
        if claims.required(name).map_err(wrong)? != application.client_id {
            return Err(format!("the claim {name} is not the client_id"));
        }
    }
    // Item 3: "The JWT MUST contain an aud (audience) claim containing a value that identifies the authorization server as
    // an intended audience." FAPI 2.0 section 5.3.2.1: "shall only accept its issuer identifier value ... as a string in
    // the aud claim", since an assertion for another server's token endpoint would be one for ours if that one could
    // choose what we are called.
    let issuer = ctx.config.issuer();
    let good = if strict {
        claims.text("aud") == Some(&issuer)
    } else {
        let here = format!("{}{}", ctx.config.origin(), FullPath::of(request));
        let ours = [issuer.clone(), format!("{issuer}/token/"), format!("{issuer}/token"), here];
        claims.audience().iter().any(|audience| ours.iter().any(|own| own == audience))
    };
    if !good {
        return Err("the claim aud does not name this server".to_owned());
    }
    // Item 4: "The JWT MUST contain an exp (expiration time) claim that limits the time window during which the JWT can be
    // used." Items 5 and 6: nbf and iat, if they are there.
    let lifetime = if strict { LIFETIME_STRICT } else { LIFETIME };
    let expires = claims.expiry(ctx.clock.now(), lifetime).map_err(wrong)?;
    let jti = claims.required("jti").map_err(wrong)?.to_owned();
    Ok(Used { jti, until: expires + LEEWAY })
}
