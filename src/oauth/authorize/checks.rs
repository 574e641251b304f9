//! What a request alone tells, in order: the same for a request that was sent by the browser and one that was pushed.

use sea_orm::DbErr;

use super::{
    Parameters,
    parameters::CANCEL,
    person::{PROMPTS, Prompt},
    response_mode::{Channel, Impossible},
    response_type::ResponseType,
};
use crate::{
    accounts::{rights, session::Login},
    ctx::Ctx,
    oauth::{
        application::{Application, GrantType},
        authorization_details::Details,
        error::{Code, Error},
        oidc::{acr::Wish, claims::Request as ClaimsRequest, id_token},
        resource::{self, Resource},
    },
    scope::{Scope, Scopes},
};

/// What an application asks for.
pub(in crate::oauth) struct Asked {
    pub(super) response_type: ResponseType,
    /// Asked, or the default, and allowed to the application.
    pub(super) scopes: Scopes,
    pub(super) code_challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// The DPoP key by which alone the code may be redeemed.
    pub(super) dpop_jkt: Option<String>,
    pub(super) prompts: Vec<Prompt>,
    /// Seconds since the login, at most.
    pub(super) max_age: Option<i64>,
    /// The `sub` of the person whom the application expects.
    pub(super) expected: Option<String>,
    pub(super) claims: ClaimsRequest,
    /// Where its tokens may be used.
    pub(super) resources: Vec<Resource>,
    /// Allowed to the application.
    pub(super) details: Details,
    /// How strong the login has to be, or should.
    pub(super) acr: Wish,
}

impl Asked {
    /// `prompt=none`: nothing may be shown.
    pub(super) fn is_silent(&self) -> bool {
        self.prompts.contains(&Prompt::None)
    }
}

/// Every check of a request that the browser brings, in order.
pub(super) async fn of_front(
    ctx: &Ctx,
    application: &Application,
    redirect_uri: &str,
    parameters: &Parameters,
) -> Result<Asked, Error> {
    the_person_did_not_cancel(parameters)?;
    the_request_was_pushed_if_it_must_be(ctx, application, parameters)?;
    the_request_is_signed_if_it_must_be(application, parameters.kept().is_some())?;
    of(ctx, application, redirect_uri, parameters).await
}

/// RFC 9126 section 5 and 6: "the authorization server MUST ... accept authorization request data only via PAR".
pub(super) fn the_request_was_pushed_if_it_must_be(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<(), Error> {
    let must = ctx.config.oauth.require_pushed_authorization_requests
        || application.metadata.authorization.require_pushed_authorization_requests
        // FAPI 2.0 section 5.3.2.2: "shall reject authorization requests sent without [RFC9126]".
        || application.metadata.client.is_fapi2();
    if must && parameters.kept().is_none() {
        return Err(Error::invalid_request("The application has to push its authorization requests."));
    }
    Ok(())
}

/// RFC 9101 section 10.5: `require_signed_request_object`. What is kept was signed, or refused when it was pushed.
pub(super) fn the_request_is_signed_if_it_must_be(application: &Application, is_signed: bool) -> Result<(), Error> {
    if application.metadata.authorization.require_signed_request_object && !is_signed {
        return Err(Error::invalid_request("The application has to sign its authorization requests."));
    }
    Ok(())
}

/// Every check, in order.
pub(in crate::oauth) async fn of(
    ctx: &Ctx,
    application: &Application,
    redirect_uri: &str,
    parameters: &Parameters,
) -> Result<Asked, Error> {
    no_parameter_is_repeated(parameters)?;
    no_registration_is_sent(parameters)?;
    let response_type = the_response_type_is_allowed(ctx, application, parameters)?;
    the_response_mode_is_possible(parameters, redirect_uri)?;
    let code_challenge = the_code_challenge_is_s256(application, response_type, parameters)?;
    let scopes = the_scope_is_allowed(application, parameters)?;
    an_id_token_needs_openid(response_type, &scopes)?;
    let resources = the_resources_are_known(ctx, parameters).await?;
    let details = the_authorization_details_are_known(ctx, application, parameters)?;
    let nonce = an_id_token_in_front_needs_a_nonce(response_type, parameters)?;
    let dpop_jkt = the_dpop_key_is_a_thumbprint(parameters)?;
    let prompts = the_prompt_is_known(parameters)?;
    let max_age = the_max_age_is_a_number(application, parameters)?;
    let claims = the_claims_are_well_formed(parameters)?;
    let expected = the_expected_person_is_one(ctx, application, parameters, &claims).await?;
    let acr = Wish::of(parameters.get("acr_values"), &claims, &application.metadata.authorization.default_acr_values);
    Ok(Asked {
        response_type,
        scopes,
        code_challenge,
        nonce,
        dpop_jkt,
        prompts,
        max_age,
        expected,
        claims,
        resources,
        details,
        acr,
    })
}

/// RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."
fn no_parameter_is_repeated(parameters: &Parameters) -> Result<(), Error> {
    match parameters.repeated() {
        Some(_) => Err(Error::invalid_request("A parameter is included more than once.")),
        None => Ok(()),
    }
}

/// Whether this is the way back from the login page's Cancel.
pub(super) fn is_cancelled(parameters: &Parameters) -> bool {
    parameters.note(CANCEL).is_some()
}

/// What an application is told of it.
pub(super) fn cancelled() -> Error {
    Error::new(Code::AccessDenied, "The person cancelled.")
}

/// The login page's Cancel comes back here.
fn the_person_did_not_cancel(parameters: &Parameters) -> Result<(), Error> {
    if is_cancelled(parameters) { Err(cancelled()) } else { Ok(()) }
}

/// `OpenID` Connect Core 3.1.2.6: `registration_not_supported`.
fn no_registration_is_sent(parameters: &Parameters) -> Result<(), Error> {
    match parameters.get("registration") {
        Some(_) => Err(Error::new(Code::RegistrationNotSupported, "The parameter registration is not supported.")),
        None => Ok(()),
    }
}

/// RFC 6749 section 3.1.1. A missing type is an invalid request, an unknown one is unsupported, and one that the
/// application did not register is not for it.
fn the_response_type_is_allowed(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<ResponseType, Error> {
    let text = parameters
        .get("response_type")
        .ok_or_else(|| Error::invalid_request("The parameter response_type is missing."))?;
    let response_type = ResponseType::offered(&ctx.config)
        .find(|offered| ResponseType::parse(text) == Some(*offered))
        .ok_or_else(|| Error::new(Code::UnsupportedResponseType, "This response_type is not supported."))?;
    if !application.allows_response_type(response_type) {
        return Err(Error::new(Code::UnauthorizedClient, "The application has not registered this response_type."));
    }
    let client = &application.metadata.client;
    // FAPI 2.0 section 5.3.2.2: "shall support the authorization code grant" and "shall reject" what is none.
    if client.is_fapi2() && response_type != ResponseType::Code {
        return Err(Error::new(Code::UnauthorizedClient, "The profile of the application allows the code alone."));
    }
    // Nobody can prove to hold a key through the front channel (RFC 9449 section 11.4).
    if response_type.has_token()
        && (client.dpop_bound_access_tokens || client.tls_client_certificate_bound_access_tokens)
    {
        return Err(Error::new(Code::UnauthorizedClient, "The tokens of the application are bound to a key."));
    }
    if response_type.has_code() && !application.allows(GrantType::AuthorizationCode) {
        return Err(Error::new(Code::UnauthorizedClient, "The application may not use the authorization code grant."));
    }
    Ok(response_type)
}

/// OAuth 2.0 Multiple Response Type Encoding Practices 2.1.
fn the_response_mode_is_possible(parameters: &Parameters, redirect_uri: &str) -> Result<(), Error> {
    Channel::asked(parameters, redirect_uri).map(drop).map_err(|Impossible(why)| Error::invalid_request(why))
}

/// RFC 7636 sections 4.3, 4.4.1. `plain`, which is also what a missing method means, shows the verifier to whoever sees
/// the request (RFC 9700 section 2.1.1).
fn the_code_challenge_is_s256(
    application: &Application,
    response_type: ResponseType,
    parameters: &Parameters,
) -> Result<Option<String>, Error> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return if method.is_some() {
            Err(Error::invalid_request("code_challenge_method comes without a code_challenge."))
        } else if response_type.has_code() && application.requires_pkce() {
            Err(Error::invalid_request("PKCE is required: code_challenge is missing."))
        } else {
            Ok(None)
        };
    };
    if method != Some("S256") {
        return Err(Error::invalid_request("The code_challenge_method must be S256."));
    }
    if !is_sha256(challenge) {
        return Err(Error::invalid_request("The code_challenge is malformed."));
    }
    Ok(Some(challenge.to_owned()))
}

/// RFC 9449 section 10: `dpop_jkt` is "the JWK Thumbprint of the proof-of-possession public key using the SHA-256 hash
/// function".
fn the_dpop_key_is_a_thumbprint(parameters: &Parameters) -> Result<Option<String>, Error> {
    match parameters.get("dpop_jkt") {
        Some(jkt) if !is_sha256(jkt) => Err(Error::invalid_request("The dpop_jkt is malformed.")),
        jkt => Ok(jkt.map(str::to_owned)),
    }
}

/// Whether a text is BASE64URL(SHA256(..)), which has 43 characters.
fn is_sha256(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// RFC 6749 section 3.3. Nothing asked is the registered default, never everything.
fn the_scope_is_allowed(application: &Application, parameters: &Parameters) -> Result<Scopes, Error> {
    let Some(text) = parameters.get("scope") else {
        return Ok(application.default_scope());
    };
    let asked = Scopes::parse(text).map_err(|error| Error::new(Code::InvalidScope, error.description()))?;
    let allowed = asked.narrowed_to(&application.scope());
    if allowed.is_empty() {
        return Err(Error::new(Code::InvalidScope, "The application is allowed none of the scopes that it asks for."));
    }
    Ok(allowed)
}

/// RFC 8707 section 2: "an absolute URI ... MUST NOT include a fragment component"; one that is not registered here is
/// `invalid_target`, whatever it looks like.
async fn the_resources_are_known(ctx: &Ctx, parameters: &Parameters) -> Result<Vec<Resource>, Error> {
    resource::parse(ctx, &parameters.all("resource").collect::<Vec<_>>()).await
}

/// RFC 9396 section 5.
fn the_authorization_details_are_known(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<Details, Error> {
    match parameters.get("authorization_details") {
        None => Ok(Details::default()),
        Some(text) => Details::asked(ctx, application, text),
    }
}

/// `OpenID` Connect Core 3.1.2.1: "If the openid scope value is not present, the behavior is entirely unspecified." An ID
/// token is for who asks to log somebody in.
fn an_id_token_needs_openid(response_type: ResponseType, scopes: &Scopes) -> Result<(), Error> {
    if response_type.has_id_token() && !scopes.contains(Scope::OpenId) {
        return Err(Error::invalid_request("This response_type needs the scope openid."));
    }
    Ok(())
}

/// `OpenID` Connect Core 3.2.2.1: "nonce REQUIRED"; 3.3.2.11: "Use of the nonce Claim is REQUIRED for this flow."
fn an_id_token_in_front_needs_a_nonce(
    response_type: ResponseType,
    parameters: &Parameters,
) -> Result<Option<String>, Error> {
    let nonce = parameters.get("nonce").map(str::to_owned);
    if response_type.has_id_token() && nonce.is_none() {
        return Err(Error::invalid_request("This response_type needs a nonce."));
    }
    Ok(nonce)
}

/// `OpenID` Connect Core 3.1.2.1: "If this parameter contains none with any other value, an error is returned."
fn the_prompt_is_known(parameters: &Parameters) -> Result<Vec<Prompt>, Error> {
    let words = parameters.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    let mut prompts = Vec::new();
    for word in words {
        match PROMPTS.iter().find(|(name, _)| *name == word) {
            Some((_, prompt)) => prompts.push(*prompt),
            None => return Err(Error::invalid_request("The prompt contains an unknown value.")),
        }
    }
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(Error::invalid_request("The prompt none excludes every other."));
    }
    Ok(prompts)
}

/// `OpenID` Connect Dynamic Client Registration 2: `default_max_age` "is overridden by the `max_age` request parameter".
fn the_max_age_is_a_number(application: &Application, parameters: &Parameters) -> Result<Option<i64>, Error> {
    match parameters.get("max_age").map(str::parse::<u32>) {
        None => Ok(application.metadata.authorization.default_max_age.map(i64::from)),
        Some(Ok(seconds)) => Ok(Some(seconds.into())),
        Some(Err(_)) => Err(Error::invalid_request("The max_age is no number of seconds.")),
    }
}

/// `OpenID` Connect Core 5.5.
fn the_claims_are_well_formed(parameters: &Parameters) -> Result<ClaimsRequest, Error> {
    match parameters.get("claims") {
        None => Ok(ClaimsRequest::default()),
        Some(text) => ClaimsRequest::parse(text).map_err(Error::invalid_request),
    }
}

/// Whom the application expects: by `id_token_hint`, or by the claim `sub` with a value. An `id_token_hint` that this
/// server did not issue to this application says nothing.
async fn the_expected_person_is_one(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
    claims: &ClaimsRequest,
) -> Result<Option<String>, Error> {
    let hinted = match parameters.get("id_token_hint") {
        None => None,
        Some(hint) => match id_token::read_hint(ctx, hint).await? {
            Some(claims) if claims.aud == application.client_id => Some(claims.sub),
            _ => return Err(Error::invalid_request("The id_token_hint is no ID token of this application.")),
        },
    };
    match (hinted, claims.subject()) {
        (Some(hinted), Some(claimed)) if hinted != claimed => {
            Err(Error::invalid_request("The id_token_hint and the claim sub name different people."))
        }
        (hinted, claimed) => Ok(hinted.or(claimed)),
    }
}

/// Leaves what the person could do themselves: a scope narrows, it never widens.
pub(super) async fn within_rights(
    ctx: &Ctx,
    asked: &Asked,
    login: &Login,
) -> Result<Result<(Scopes, Details), Error>, DbErr> {
    let rights = rights::of_user(ctx.db.reader(), &login.user).await?;
    let scopes = asked.scopes.filtered(|scope: Scope| rights.covers(scope));
    let details = asked.details.within(ctx, &rights);
    let is_nothing = scopes.is_empty() && details.is_empty();
    Ok(if is_nothing && !(asked.scopes.is_empty() && asked.details.is_empty()) {
        Err(Error::new(Code::AccessDenied, "The person has none of the rights that are asked for."))
    } else {
        Ok((scopes, details))
    })
}
