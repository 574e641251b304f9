//! Client authentication (RFC 6749 sections 2.3 and 3.2.1; RFC 7521 section 4.2; RFC 8705 section 2; RFC 9700 section 2.5).
//!
//! An application authenticates by the method that it registered, and by no other: whoever chose keys does not want a
//! secret, once leaked, to be good for anything.

pub mod assertion;
pub mod certificate;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::{Request, http::header};

use super::{
    application::{self, Application, Method},
    confirmation::Confirmation,
    dpop,
    error::Error,
    protocol::Form,
    register,
};
use crate::{ctx::Ctx, limiter::Guess, tls, web::client_address, web::form};

/// The authentication methods that the endpoints take (RFC 7591 section 2), for the metadata too. Those by certificate
/// only where certificates arrive.
pub fn methods(ctx: &Ctx) -> Vec<Method> {
    let available = |method: &Method| match method {
        Method::Tls => tls::verifies_clients(&ctx.config.tls),
        Method::SelfSignedTls => tls::sees_clients(&ctx.config.tls),
        _ => true,
    };
    Method::ALL.into_iter().filter(available).collect()
}

/// How a request proves who sends it.
#[derive(Debug, PartialEq, Eq)]
enum Proof {
    /// Not at all, or by the certificate of its connection.
    Nothing,
    /// By a secret.
    Secret(String),
    /// By a JWT.
    Assertion(String),
}

/// What a request says of who sends it.
struct Presented {
    client_id: String,
    proof: Proof,
    /// By the Authorization header.
    by_header: bool,
}

/// The application that sends a request, as far as it can prove it: a public one only names itself.
pub(super) async fn authenticate(ctx: &Ctx, request: &Request, form: &Form) -> Result<Application, Error> {
    let presented = presented(request, form)?;
    let refuse = |error: Error| {
        if presented.by_header {
            // "The authorization server MUST respond with an HTTP 401 status code and include the WWW-Authenticate
            // response header field matching the authentication scheme used by the client."
            error.header(header::WWW_AUTHENTICATE, "Basic realm=\"oauth\", charset=\"UTF-8\"")
        } else {
            error
        }
    };
    // Per client and address together: guesses of a stranger must not lock the application itself out.
    let address = client_address(request, &ctx.config.trusted_proxies);
    let guess = [Guess::Client(format!("{}@{address}", presented.client_id)), Guess::address(address)];
    let mut attempt = None;
    if presented.proof != Proof::Nothing {
        let taken = ctx.limiter.attempt(&guess).await;
        attempt = Some(taken.map_err(|_| refuse(Error::invalid_client("too many failures")))?);
    }
    let found = register::find_or_fetch(ctx, &presented.client_id).await?.filter(|found| found.is_active);
    let proven = match (&found, &presented.proof) {
        (Some(found), _) => proves(ctx, request, found, &presented).await?,
        // An unknown client costs the same statements and digests as a known one.
        (None, Proof::Secret(_)) => {
            application::secrets::live(ctx, 0).await?;
            false
        }
        (None, _) => false,
    };
    if let Some(found) = found.filter(|_| proven) {
        if let Some(attempt) = attempt {
            attempt.right();
        }
        return Ok(found);
    }
    if let Some(attempt) = attempt {
        attempt.wrong();
    }
    Err(refuse(Error::invalid_client("unknown client, wrong or missing proof, or not the method that it registered")))
}

/// Whether what was presented proves that it is this application, by the method that it registered.
async fn proves(ctx: &Ctx, request: &Request, found: &Application, presented: &Presented) -> Result<bool, Error> {
    let method = match (found.is_public(), found.metadata.client.method()) {
        (true, _) => Method::None,
        // The default of RFC 7591 is the header; a form that says nothing means either.
        (false, None) if presented.by_header => Method::SecretBasic,
        (false, None) => Method::SecretPost,
        (false, Some(method)) => method,
    };
    Ok(match (method, &presented.proof) {
        (Method::None, Proof::Nothing) => found.is_public(),
        (Method::SecretBasic, Proof::Secret(secret)) if presented.by_header => {
            application::verify_secret(ctx, found, secret).await?
        }
        (Method::SecretPost, Proof::Secret(secret)) if !presented.by_header => {
            application::verify_secret(ctx, found, secret).await?
        }
        (Method::PrivateKeyJwt, Proof::Assertion(jwt)) => assertion::verify(ctx, request, found, jwt).await?,
        (Method::Tls | Method::SelfSignedTls, Proof::Nothing) => certificate::verify(ctx, request, found, method).await,
        _ => false,
    })
}

/// "The client MUST NOT use more than one authentication method in each request."
fn presented(request: &Request, form: &Form) -> Result<Presented, Error> {
    let (id, secret) = (form.once("client_id")?, form.once("client_secret")?);
    let (kind, assertion) = (form.once("client_assertion_type")?, form.once("client_assertion")?);
    let mut headers = request.headers().get_all(header::AUTHORIZATION).into_iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Error::invalid_request("There is more than one Authorization header."));
    }
    if usize::from(header.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(Error::invalid_request("The client authenticates by more than one method."));
    }
    if let Some(assertion) = assertion {
        if kind != Some(assertion::TYPE) {
            return Err(Error::invalid_client("the client_assertion_type is missing or unknown"));
        }
        // RFC 7521 section 4.2: "The client_id parameter is unnecessary for client assertion authentication because the
        // client is identified by the subject of the assertion. If present, the value of the client_id parameter MUST
        // identify the same client as is identified by the client assertion."
        let subject =
            assertion::subject(assertion).ok_or_else(|| Error::invalid_client("malformed client_assertion"))?;
        if id.is_some_and(|id| id != subject) {
            return Err(Error::invalid_client("the client_id differs from the subject of the assertion"));
        }
        let proof = Proof::Assertion(assertion.to_owned());
        return Ok(Presented { client_id: subject, proof, by_header: false });
    }
    if kind.is_some() {
        return Err(Error::invalid_request("There is a client_assertion_type without a client_assertion."));
    }
    let Some(header) = header else {
        let client_id = id.ok_or_else(|| Error::invalid_client("no client_id"))?.to_owned();
        let proof = secret.map_or(Proof::Nothing, |secret| Proof::Secret(secret.to_owned()));
        return Ok(Presented { client_id, proof, by_header: false });
    };
    let wrong = || {
        Error::invalid_client("malformed Authorization header")
            .header(header::WWW_AUTHENTICATE, "Basic realm=\"oauth\", charset=\"UTF-8\"")
    };
    let (client_id, password) = basic(header.as_bytes()).ok_or_else(wrong)?;
    if id.is_some_and(|id| id != client_id) {
        return Err(Error::invalid_request("The client_id differs from the one in the Authorization header."));
    }
    // Some public clients name themselves by Basic with an empty password: no secret is no secret.
    let proof = if password.is_empty() { Proof::Nothing } else { Proof::Secret(password) };
    Ok(Presented { client_id, proof, by_header: true })
}

/// The key that the tokens of this request are bound to: of its DPoP proof, or of its client certificate where the
/// application registered that.
pub(super) async fn confirmation(
    ctx: &Ctx,
    request: &Request,
    application: &Application,
) -> Result<Option<Confirmation>, Error> {
    let metadata = &application.metadata.client;
    let proof = dpop::at_endpoint(ctx, request).await?;
    if metadata.tls_client_certificate_bound_access_tokens {
        if proof.is_some() {
            return Err(Error::invalid_request("This client binds its tokens to its certificate, not to a DPoP key."));
        }
        // RFC 8705 section 3.4: "Indicates the client's intention to use mutual-TLS client certificate-bound access tokens."
        let certificate = ctx.tls.certificate(&ctx.config, request);
        let thumbprint = certificate.map(|certificate| Confirmation::X5t(certificate.thumbprint()));
        return thumbprint
            .map(Some)
            .ok_or_else(|| Error::invalid_request("The tokens of this client are bound to its certificate: send it."));
    }
    // RFC 9449 section 5.2: "If true, the authorization server MUST reject token requests from the client that do not
    // contain the DPoP header."
    if proof.is_none() && metadata.dpop_bound_access_tokens {
        return Err(dpop::missing(ctx));
    }
    Ok(proof.map(Confirmation::Jkt))
}

/// `Basic base64(id:secret)`, both form-encoded first: "The client identifier is encoded using the
/// application/x-www-form-urlencoded encoding algorithm, and the encoded value is used as the username; the client
/// password is encoded using the same algorithm and used as the password."
pub(super) fn basic(header: &[u8]) -> Option<(String, String)> {
    let (scheme, value) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || value.len() > 4096 {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form::decode(id.as_bytes()).ok()?, form::decode(secret.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(id: &str, secret: &str) -> Vec<u8> {
        let form = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", form(id), form(secret)))).into_bytes()
    }

    #[test]
    fn what_is_no_basic_header_is_refused() {
        for bad in ["", "Basic", "Basic ", "Bearer YTpi", "Basic !!!", "Basic YQ==", "Basic /w==", "Basic YTolZmY="] {
            assert_eq!(basic(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(basic(b"\xff"), None);
        assert_eq!(basic(b"bAsIc YTpi"), Some(("a".into(), "b".into())));
    }

    proptest! {
        #[test]
        fn id_and_secret_are_form_encoded_and_come_back(id in "[^\0]{0,40}", secret in "[^\0]{0,40}") {
            prop_assert_eq!(basic(&encoded(&id, &secret)), Some((id, secret)));
        }

        #[test]
        fn no_header_makes_the_parser_fail_otherwise_than_by_refusing(header: Vec<u8>) {
            let _ = basic(&header);
        }
    }
}
