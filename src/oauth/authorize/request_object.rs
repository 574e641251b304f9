//! Signed authorization requests (RFC 9101; `OpenID` Connect Core 6): by value in `request`, or fetched from a registered
//! `request_uri`.
//!
//! RFC 9101 section 5: "The authorization server MUST only use the parameters in the Request Object, even if the same
//! parameter is provided in the query parameter."

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::Parameters;
use crate::{
    ctx::Ctx,
    egress::Limits,
    oauth::{
        application::Application,
        client_keys::{self, KeysError},
        error::{Code, Error},
        jws::{self, Claims, JwsError, Unverified},
    },
    web::form::Form,
};

/// What a request may be signed with, for the metadata too. `none` is not among them.
pub const ALGORITHMS: [Algorithm; 9] = jws::ALGORITHMS;

/// RFC 9101 section 10.8: explicit typing; section 4 and `OpenID` Connect know objects without it.
const TYPES: [&str; 3] = ["oauth-authz-req+jwt", "JWT", ""];

/// How long a signed request may be good, in seconds: whoever finds one can send it until then.
const AT_MOST: i64 = 3600;

/// The claims of the JWT itself, which are no parameters.
const OF_THE_JWT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// The signed request that the browser brings or refers to; none where it does neither.
pub(super) async fn of_front(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<Option<Form>, Error> {
    let sent =
        |name| parameters.sent(name).map_err(|_| Error::invalid_request("A parameter is included more than once."));
    match (sent("request")?, sent("request_uri")?) {
        // RFC 9101 section 5: "the request and request_uri parameters MUST NOT be used together".
        (Some(_), Some(_)) => Err(Error::invalid_request("The parameters request and request_uri exclude each other.")),
        (Some(text), None) => read(ctx, application, text).await.map(Some),
        (None, Some(uri)) => {
            let text = fetch(ctx, application, uri).await?;
            read(ctx, application, &text).await.map(Some)
        }
        (None, None) => Ok(None),
    }
}

fn invalid(log: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidRequestObject, "The request object is not valid.").log(log.to_string())
}

/// RFC 9101 section 5.2: a `request_uri` must be registered, or anybody could make this server fetch anything (section
/// 10.4.1).
async fn fetch(ctx: &Ctx, application: &Application, uri: &str) -> Result<String, Error> {
    let refused = |told| Error::new(Code::InvalidRequestUri, told);
    if !application.metadata.authorization.request_uris.iter().any(|registered| registered == uri) {
        return Err(refused("The request_uri is not registered for the application."));
    }
    let fetched = ctx.egress.get(uri, &Limits::DOCUMENT).await.and_then(crate::egress::Fetched::ok);
    let body = fetched.map_err(|error| refused("The request_uri cannot be fetched.").log(error.log().to_owned()))?;
    String::from_utf8(body).map(|text| text.trim().to_owned()).map_err(|_| invalid("what was fetched is no text"))
}

/// Verifies a request object; what it asks for.
pub(super) async fn read(ctx: &Ctx, application: &Application, text: &str) -> Result<Form, Error> {
    let algorithms = match &application.metadata.authorization.request_object_signing_alg {
        Some(name) => ALGORITHMS.into_iter().filter(|known| format!("{known:?}") == *name).collect(),
        None => ALGORITHMS.to_vec(),
    };
    let jwt = Unverified::parse(text).map_err(invalid)?;
    let claims = match client_keys::verify(ctx, application, jwt, &algorithms, &TYPES).await {
        Err(error @ KeysError::Fetch(_)) => return Err(invalid(error)),
        verified => verified.map_err(invalid)?,
    };
    it_is_from_the_application(application, &claims).map_err(invalid)?;
    it_is_for_this_server(ctx, &claims).map_err(invalid)?;
    it_is_no_other_kind_of_jwt(application, &claims).map_err(invalid)?;
    claims.expiry(ctx.clock.now(), AT_MOST).map_err(invalid)?;
    it_refers_to_no_other(&claims).map_err(invalid)?;
    parameters(claims.into_map()).map_err(invalid)
}

/// RFC 9101 section 4: `iss` is the client; section 5: "the client identifier ... MUST match" inside and outside.
fn it_is_from_the_application(application: &Application, claims: &Claims) -> Result<(), JwsError> {
    for name in ["iss", "client_id"] {
        if claims.required(name)? != application.client_id {
            return Err(JwsError::Claim(name));
        }
    }
    Ok(())
}

/// RFC 9101 section 4: "The value of aud should be the value of the authorization server's issuer".
fn it_is_for_this_server(ctx: &Ctx, claims: &Claims) -> Result<(), JwsError> {
    if claims.audience().contains(&ctx.config.issuer().as_str()) { Ok(()) } else { Err(JwsError::Claim("aud")) }
}

/// RFC 9101 section 10.8: a client assertion says `sub`, and it is the client; "clients MUST NOT" do so in a request
/// object, so that neither is taken for the other.
fn it_is_no_other_kind_of_jwt(application: &Application, claims: &Claims) -> Result<(), JwsError> {
    if claims.text("sub") == Some(application.client_id.as_str()) { Err(JwsError::Claim("sub")) } else { Ok(()) }
}

/// RFC 9101 section 4: "request and `request_uri` parameters MUST NOT be included in Request Objects."
fn it_refers_to_no_other(claims: &Claims) -> Result<(), JwsError> {
    ["request", "request_uri"].into_iter().try_for_each(|name| match claims.get(name) {
        Some(_) => Err(JwsError::Claim(name)),
        None => Ok(()),
    })
}

/// The claims as the parameters that they stand for. RFC 9101 section 4: "Parameter names and string values MUST be
/// included as JSON strings ... numerical values as JSON numbers"; what is JSON as a parameter too (`claims`,
/// `authorization_details`) is an object or an array, and `resource` may be a list.
fn parameters(claims: Map<String, Value>) -> Result<Form, JwsError> {
    let mut pairs = Vec::new();
    for (name, value) in claims.into_iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str())) {
        match value {
            Value::Null => {}
            Value::String(text) => pairs.push((name, text)),
            Value::Array(several) if name == "resource" => {
                for one in several {
                    let text = one.as_str().ok_or(JwsError::Claim("resource"))?;
                    pairs.push((name.clone(), text.to_owned()));
                }
            }
            other => pairs.push((name, other.to_string())),
        }
    }
    if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(JwsError::Malformed("it contains a NUL character"));
    }
    Ok(Form::of_pairs(pairs))
}
