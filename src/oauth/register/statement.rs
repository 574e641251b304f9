//! Software statements (RFC 7591 section 2.3): what a registered issuer says of a piece of software counts before what the
//! software says of itself.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::{
    config::StatementIssuer,
    ctx::Ctx,
    oauth::{
        error::Code,
        jws::{self, Claims, JwsError, Unverified},
    },
};

/// A request with what was stated put into it.
pub(super) struct Stated {
    pub(super) members: Map<String, Value>,
    /// Who vouches for it.
    pub(super) issuer: Option<String>,
}

/// The member of a request that holds one.
const MEMBER: &str = "software_statement";

/// Verifies the statement of a request, if there is one. "If the server ... trusts the software statement, ... client
/// metadata values conveyed in the software statement MUST take precedence over those conveyed using plain JSON elements."
pub(super) async fn apply(ctx: &Ctx, mut members: Map<String, Value>) -> Result<Stated, Refusal> {
    let config = &ctx.config.oauth.registration;
    let Some(statement) = members.remove(MEMBER).filter(|statement| !statement.is_null()) else {
        return if config.require_software_statement {
            let text = "A software statement of an issuer that this server knows is needed.";
            Err(Refusal::new(Code::InvalidSoftwareStatement, text))
        } else {
            Ok(Stated { members, issuer: None })
        };
    };
    let invalid = || Refusal::new(Code::InvalidSoftwareStatement, "The software statement is not valid.");
    let text = statement.as_str().ok_or_else(invalid)?;
    let unverified = Unverified::parse(text).map_err(|_| invalid())?;
    let issuer = unverified.peek().get("iss").and_then(Value::as_str).map(str::to_owned);
    let known = config.software_statement_issuers.iter().find(|known| Some(&known.issuer) == issuer.as_ref());
    let known = known.ok_or_else(|| {
        let text = "The issuer of the software statement is not known to this server.";
        Refusal::new(Code::UnapprovedSoftwareStatement, text)
    })?;
    let claims = verified(ctx, text, known).await.map_err(|error| {
        tracing::info!(%error, "a software statement is not valid");
        invalid()
    })?;
    claims.is_current(ctx.clock.now()).map_err(|_| invalid())?;
    for (name, value) in claims.into_map() {
        if !["iss", "sub", "aud", "exp", "nbf", "iat", "jti"].contains(&name.as_str()) {
            members.insert(name, value);
        }
    }
    Ok(Stated { members, issuer })
}

/// The claims, if a key of the issuer signed them; its keys are fetched anew once if none fits.
async fn verified(ctx: &Ctx, text: &str, issuer: &StatementIssuer) -> Result<Claims, JwsError> {
    let types = ["", "JWT", "software-statement+jwt"];
    let mut last = JwsError::NoKey;
    for again in [false, true] {
        let uri = &issuer.jwks_uri;
        let document = if again { ctx.documents.get_again(uri).await } else { ctx.documents.get(uri).await };
        let Ok(keys) = document.map_err(drop).and_then(|bytes| jws::key_set(&bytes).map_err(drop)) else { continue };
        match Unverified::parse(text)?.verify(&keys, &jws::ALGORITHMS, &types) {
            Err(JwsError::NoKey) => last = JwsError::NoKey,
            other => return other,
        }
    }
    Err(last)
}
