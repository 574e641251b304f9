//! What becomes of a request that is pushed: it passes the very checks that it would pass at the authorization endpoint
//! (RFC 9126 section 2.1), and is kept.

use super::{Asked, Parameters, checks, kept, request_object, target};
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

/// Checks and keeps a request of an application that proved itself.
/// `key` is the thumbprint of the `DPoP` key that it proved to hold, if it did.
pub(in crate::oauth) async fn push(
    ctx: &Ctx,
    application: Application,
    form: &Form,
    key: Option<String>,
) -> Result<Pushed, Error> {
    no_request_uri_is_pushed(form)?;
    let client_id = application.client_id.clone();
    // The header may have named the client alone.
    let named =
        std::iter::once(("client_id", client_id.as_str())).filter(|_| matches!(form.once("client_id"), Ok(None)));
    let sent = named.chain(form.pairs().filter(|(name, _)| !CREDENTIALS.contains(name)));
    let request = form.once("request")?;
    checks::the_request_is_signed_if_it_must_be(&application, request.is_some())?;
    let parameters = Parameters::new(match request {
        // RFC 9126 section 3: "the rules for processing, signing, and encryption of the Request Object as defined in
        // [RFC9101] apply"; nothing beside it is read.
        Some(text) => request_object::read(ctx, &application, text).await?,
        None => form::Form::of_pairs(sent),
    });
    let target = target::of(ctx, application, &parameters).await?;
    let asked = checks::of(ctx, &target.application, &target.redirect_uri, &parameters).await?;
    the_proof_is_of_the_key_that_is_named(&asked, key.as_deref())?;
    // RFC 9449 section 10.1: "the authorization server can check the proof ... and bind the code to it" as if the request
    // had named it.
    let named = key.as_deref().filter(|_| asked.dpop_jkt.is_none()).map(|key| ("dpop_jkt", key));
    let request_uri = kept::keep(ctx, &target.application, parameters.counted().chain(named)).await?;
    Ok(Pushed { request_uri, expires_in: kept::SECONDS })
}

/// RFC 9126 section 2.1: "The client MUST NOT provide the `request_uri` authorization request parameter in this case" and
/// "the authorization server MUST ... reject the request if the `request_uri` authorization request parameter is provided".
fn no_request_uri_is_pushed(form: &Form) -> Result<(), Error> {
    match form.once("request_uri")? {
        Some(_) => Err(Error::invalid_request("The parameter request_uri cannot be pushed.")),
        None => Ok(()),
    }
}

/// RFC 9449 section 10.1: "If both mechanisms are used at the same time, the authorization server MUST reject the request if
/// the JWK Thumbprint in `dpop_jkt` does not match the public key in the `DPoP` header."
fn the_proof_is_of_the_key_that_is_named(asked: &Asked, key: Option<&str>) -> Result<(), Error> {
    match (&asked.dpop_jkt, key) {
        (Some(named), Some(key)) if named != key => {
            Err(Error::new(Code::InvalidDpopProof, "The dpop_jkt is not the key of the proof."))
        }
        _ => Ok(()),
    }
}
