//! Client authentication (RFC 6749 sections 2.3 and 3.2.1; RFC 9700 section 2.5).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::{Request, http::header};

use super::{
    application::{self, Application},
    error::Error,
    protocol::Form,
};
use crate::{ctx::Ctx, limiter::Guess, web::client_address, web::form};

/// The authentication methods that the endpoints take (RFC 7591 section 2), for the metadata too.
pub const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// What a request says of who sends it.
struct Presented {
    client_id: String,
    secret: Option<String>,
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
    if presented.secret.is_some() {
        let taken = ctx.limiter.attempt(&guess).await;
        attempt = Some(taken.map_err(|_| refuse(Error::invalid_client("too many failures")))?);
    }
    let found = application::find(ctx.db.reader(), &presented.client_id).await?.filter(|found| found.is_active);
    let proven = match (&found, presented.secret.as_deref()) {
        (Some(found), None) => found.is_public(),
        (Some(found), Some(secret)) => application::verify_secret(ctx, found, secret).await?,
        // An unknown client costs the same statements and digests as a known one.
        (None, Some(_)) => {
            application::secrets::live(ctx, 0).await?;
            false
        }
        (None, None) => false,
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
    Err(refuse(Error::invalid_client("unknown client, missing or wrong secret")))
}

/// "The client MUST NOT use more than one authentication method in each request."
fn presented(request: &Request, form: &Form) -> Result<Presented, Error> {
    let (id, secret) = (form.once("client_id")?, form.once("client_secret")?);
    let mut headers = request.headers().get_all(header::AUTHORIZATION).into_iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Error::invalid_request("There is more than one Authorization header."));
    }
    let Some(header) = header else {
        let client_id = id.ok_or_else(|| Error::invalid_client("no client_id"))?.to_owned();
        return Ok(Presented { client_id, secret: secret.map(str::to_owned), by_header: false });
    };
    if secret.is_some() {
        return Err(Error::invalid_request("The client authenticates by more than one method."));
    }
    let wrong = || {
        Error::invalid_client("malformed Authorization header")
            .header(header::WWW_AUTHENTICATE, "Basic realm=\"oauth\", charset=\"UTF-8\"")
    };
    let (client_id, password) = basic(header.as_bytes()).ok_or_else(wrong)?;
    if id.is_some_and(|id| id != client_id) {
        return Err(Error::invalid_request("The client_id differs from the one in the Authorization header."));
    }
    // Some public clients name themselves by Basic with an empty password: no secret is no secret.
    Ok(Presented { client_id, secret: Some(password).filter(|p| !p.is_empty()), by_header: true })
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
