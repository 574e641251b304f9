//! What becomes of a request that is pushed: it passes the very checks that it would pass at the authorization endpoint
//! (RFC 9126 section 2.1), and is kept.

use super::{Parameters, checks, kept, target};
use crate::{
    ctx::Ctx,
    oauth::{
        application::Application,
        error::{Code, Error},
        protocol::Form,
    },
    web::form,
};

/// A request that was pushed.
pub(in crate::oauth) struct Pushed {
    pub(in crate::oauth) request_uri: String,
    pub(in crate::oauth) expires_in: i64,
}

/// What proves the client, and is no part of the authorization request.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Checks and keeps a request of an application that proved itself, and perhaps to hold a key.
pub(in crate::oauth) async fn push(
    ctx: &Ctx,
    application: Application,
    form: &Form,
    proven: Option<&str>,
) -> Result<Pushed, Error> {
    no_request_uri_is_pushed(form)?;
    let asked = form.once("dpop_jkt")?;
    the_key_is_the_one_that_is_proven(asked, proven)?;
    let bound = proven.filter(|_| asked.is_none()).map(|jkt| ("dpop_jkt", jkt));
    let client_id = application.client_id.clone();
    // The header may have named the client alone.
    let named =
        std::iter::once(("client_id", client_id.as_str())).filter(|_| matches!(form.once("client_id"), Ok(None)));
    let sent = named.chain(form.pairs().filter(|(name, _)| !CREDENTIALS.contains(name))).chain(bound);
    let parameters = Parameters::new(form::Form::of_pairs(sent));
    let target = target::of(ctx, application, &parameters).await?;
    checks::of(ctx, &target.application, &target.redirect_uri, &parameters).await?;
    let request_uri = kept::keep(ctx, &target.application, parameters.counted()).await?;
    Ok(Pushed { request_uri, expires_in: kept::SECONDS })
}

/// RFC 9449 section 10.1: "If a `dpop_jkt` parameter is also included ... the authorization server MUST check that the two
/// thumbprints match". A proof alone binds the code as the parameter would.
fn the_key_is_the_one_that_is_proven(asked: Option<&str>, proven: Option<&str>) -> Result<(), Error> {
    match (asked, proven) {
        (Some(asked), Some(proven)) if asked != proven => {
            Err(Error::new(Code::InvalidDpopProof, "The proof is of another key than dpop_jkt names."))
        }
        _ => Ok(()),
    }
}

/// RFC 9126 section 2.1: "The client MUST NOT provide the request_uri authorization request parameter in this case" and
/// "the authorization server MUST ... reject the request if the request_uri authorization request parameter is provided".
fn no_request_uri_is_pushed(form: &Form) -> Result<(), Error> {
    match form.once("request_uri")? {
        Some(_) => Err(Error::invalid_request("The parameter request_uri cannot be pushed.")),
        None => Ok(()),
    }
}
