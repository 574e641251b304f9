//! What a request alone tells, in order. Every refusal here is a redirect.

use super::{
    Parameters, Refusal, Target,
    parameters::CANCEL,
    person::{PROMPTS, Prompt},
};
use crate::{
    accounts::{rights, session::Login},
    ctx::Ctx,
    oauth::{application::GrantType, error::Code, oidc::id_token},
    scope::{Scope, Scopes},
};

/// The response types that this endpoint accepts, for the metadata too.
pub const RESPONSE_TYPES: [&str; 1] = ["code"];

/// What an application asks for.
pub(super) struct Asked {
    /// Asked, or the default, and allowed to the application.
    pub(super) scopes: Scopes,
    pub(super) code_challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) prompts: Vec<Prompt>,
    /// Seconds since the login, at most.
    pub(super) max_age: Option<i64>,
    /// The `sub` of the person whom the application expects.
    pub(super) expected: Option<String>,
}

impl Asked {
    /// `prompt=none`: nothing may be shown.
    pub(super) fn is_silent(&self) -> bool {
        self.prompts.contains(&Prompt::None)
    }
}

/// Every check, in order.
pub(super) async fn of(ctx: &Ctx, target: &Target, parameters: &Parameters) -> Result<Asked, Refusal> {
    no_parameter_is_repeated(target, parameters)?;
    the_person_did_not_cancel(target, parameters)?;
    no_request_object_is_sent(target, parameters)?;
    the_response_type_is_code(target, parameters)?;
    the_response_mode_is_query(target, parameters)?;
    let code_challenge = the_code_challenge_is_s256(target, parameters)?;
    let scopes = the_scope_is_allowed(target, parameters)?;
    let prompts = the_prompt_is_known(target, parameters)?;
    let max_age = the_max_age_is_a_number(target, parameters)?;
    let expected = the_hint_is_ours(ctx, target, parameters).await?;
    let nonce = parameters.get("nonce").map(str::to_owned);
    Ok(Asked { scopes, code_challenge, nonce, prompts, max_age, expected })
}

/// RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."
fn no_parameter_is_repeated(target: &Target, parameters: &Parameters) -> Result<(), Refusal> {
    match parameters.repeated() {
        Some(_) => Err(target.refuse(Code::InvalidRequest, "A parameter is included more than once.")),
        None => Ok(()),
    }
}

/// What an application is told of it.
pub(super) const CANCELLED: &str = "The person cancelled.";

/// Whether this is the way back from the login page's Cancel.
pub(super) fn is_cancelled(parameters: &Parameters) -> bool {
    parameters.get(CANCEL).is_some()
}

/// The login page's Cancel comes back here.
fn the_person_did_not_cancel(target: &Target, parameters: &Parameters) -> Result<(), Refusal> {
    if is_cancelled(parameters) { Err(target.refuse(Code::AccessDenied, CANCELLED)) } else { Ok(()) }
}

/// `OpenID` Connect Core 6.1, 6.2: "If this parameter is used and the OP does not support it, it MUST return the
/// `request_not_supported` error."
fn no_request_object_is_sent(target: &Target, parameters: &Parameters) -> Result<(), Refusal> {
    for (name, code) in [
        ("request", Code::RequestNotSupported),
        ("request_uri", Code::RequestUriNotSupported),
        ("registration", Code::RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err(target.refuse(code, "Request objects are not supported."));
        }
    }
    Ok(())
}

/// RFC 6749 section 3.1.1. A missing type is an invalid request, an unknown one is unsupported.
fn the_response_type_is_code(target: &Target, parameters: &Parameters) -> Result<(), Refusal> {
    let Some(response_type) = parameters.get("response_type") else {
        return Err(target.refuse(Code::InvalidRequest, "The parameter response_type is missing."));
    };
    if !RESPONSE_TYPES.contains(&response_type) {
        return Err(target.refuse(Code::UnsupportedResponseType, "The only supported response_type is code."));
    }
    if !target.application.allows(GrantType::AuthorizationCode) {
        return Err(
            target.refuse(Code::UnauthorizedClient, "The application may not use the authorization code grant.")
        );
    }
    Ok(())
}

/// OAuth 2.0 Multiple Response Type Encoding Practices 2.1.
fn the_response_mode_is_query(target: &Target, parameters: &Parameters) -> Result<(), Refusal> {
    match parameters.get("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => Err(target.refuse(Code::InvalidRequest, "The only supported response_mode is query.")),
    }
}

/// RFC 7636 sections 4.3, 4.4.1. `plain`, which is also what a missing method means, shows the verifier to whoever sees
/// the request (RFC 9700 section 2.1.1).
fn the_code_challenge_is_s256(target: &Target, parameters: &Parameters) -> Result<Option<String>, Refusal> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return if method.is_some() {
            Err(target.refuse(Code::InvalidRequest, "code_challenge_method comes without a code_challenge."))
        } else if target.application.requires_pkce() {
            Err(target.refuse(Code::InvalidRequest, "PKCE is required: code_challenge is missing."))
        } else {
            Ok(None)
        };
    };
    if method != Some("S256") {
        return Err(target.refuse(Code::InvalidRequest, "The code_challenge_method must be S256."));
    }
    // BASE64URL(SHA256(..)) has 43 characters.
    if challenge.len() != 43 || !challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(target.refuse(Code::InvalidRequest, "The code_challenge is malformed."));
    }
    Ok(Some(challenge.to_owned()))
}

/// RFC 6749 section 3.3. Nothing asked is the registered default, never everything.
fn the_scope_is_allowed(target: &Target, parameters: &Parameters) -> Result<Scopes, Refusal> {
    let Some(text) = parameters.get("scope") else {
        return Ok(target.application.default_scope());
    };
    let asked = Scopes::parse(text).map_err(|error| target.refuse(Code::InvalidScope, error.description()))?;
    let allowed = asked.narrowed_to(&target.application.scope());
    if allowed.is_empty() {
        return Err(
            target.refuse(Code::InvalidScope, "The application is allowed none of the scopes that it asks for.")
        );
    }
    Ok(allowed)
}

/// `OpenID` Connect Core 3.1.2.1: "If this parameter contains none with any other value, an error is returned."
fn the_prompt_is_known(target: &Target, parameters: &Parameters) -> Result<Vec<Prompt>, Refusal> {
    let words = parameters.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    let mut prompts = Vec::new();
    for word in words {
        match PROMPTS.iter().find(|(name, _)| *name == word) {
            Some((_, prompt)) => prompts.push(*prompt),
            None => return Err(target.refuse(Code::InvalidRequest, "The prompt contains an unknown value.")),
        }
    }
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(target.refuse(Code::InvalidRequest, "The prompt none excludes every other."));
    }
    Ok(prompts)
}

fn the_max_age_is_a_number(target: &Target, parameters: &Parameters) -> Result<Option<i64>, Refusal> {
    match parameters.get("max_age").map(str::parse::<u32>) {
        None => Ok(None),
        Some(Ok(seconds)) => Ok(Some(seconds.into())),
        Some(Err(_)) => Err(target.refuse(Code::InvalidRequest, "The max_age is no number of seconds.")),
    }
}

/// An `id_token_hint` that this server did not issue to this application says nothing.
async fn the_hint_is_ours(ctx: &Ctx, target: &Target, parameters: &Parameters) -> Result<Option<String>, Refusal> {
    let Some(hint) = parameters.get("id_token_hint") else { return Ok(None) };
    match id_token::read_hint(ctx, hint).await? {
        Some(claims) if claims.aud == target.application.client_id => Ok(Some(claims.sub)),
        _ => Err(target.refuse(Code::InvalidRequest, "The id_token_hint is no ID token of this application.")),
    }
}

/// Leaves what the person could do themselves: a scope narrows, it never widens.
pub(super) async fn within_rights(ctx: &Ctx, target: &Target, asked: &Asked, login: &Login) -> Result<Scopes, Refusal> {
    let rights = rights::of_user(ctx.db.reader(), &login.user).await?;
    let scopes = asked.scopes.filtered(|scope: Scope| rights.covers(scope));
    if scopes.is_empty() && !asked.scopes.is_empty() {
        return Err(target.refuse(Code::AccessDenied, "The person has none of the rights that are asked for."));
    }
    Ok(scopes)
}
