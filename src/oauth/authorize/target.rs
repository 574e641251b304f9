//! The application and where it is called back (RFC 6749 sections 3.1.2, 4.1.2.1; RFC 9700 section 2.1).

use jsonwebtoken::Algorithm;
use sea_orm::DbErr;

use super::{Parameters, Refusal, answer::Answer, response_mode::Channel};
use crate::{
    ctx::Ctx,
    oauth::{
        application::{self, Application},
        error::Error,
        register,
    },
    web::Fault,
};

/// An application, and a redirect URI that was verified to be its own: the only way to build an answer.
pub(in crate::oauth) struct Target {
    pub(super) application: Application,
    /// Where the answer goes.
    pub(super) redirect_uri: String,
    channel: Channel,
    state: Option<String>,
    issuer: String,
}

/// Why there is nobody to answer. The text is constant, in RFC 6749's characters, and fit for a person.
pub(in crate::oauth) enum Astray {
    /// The request is wrong.
    Wrong(&'static str),
    /// The database failed.
    Db(DbErr),
}

impl From<DbErr> for Astray {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

/// "If the request fails due to a missing, invalid, or mismatching redirection URI, or if the client identifier is
/// missing or invalid, the authorization server SHOULD inform the resource owner of the error and MUST NOT automatically
/// redirect the user-agent to the invalid redirection URI."
impl From<Astray> for Refusal {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Wrong(message) => Self::Page(Fault::bad_request(message)),
            Astray::Db(error) => error.into(),
        }
    }
}

impl From<Astray> for Error {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Wrong(message) => Self::invalid_request(message),
            Astray::Db(error) => error.into(),
        }
    }
}

/// The application that a request names.
pub(super) async fn application(ctx: &Ctx, parameters: &Parameters) -> Result<Application, Astray> {
    let client_id = parameters
        .client_id()
        .map_err(|_| Astray::Wrong("The parameter client_id was sent more than once."))?
        .ok_or(Astray::Wrong("The parameter client_id is missing: it names the application that asks."))?;
    register::find_or_fetch(ctx, client_id).await?.filter(|application| application.is_active).ok_or(Astray::Wrong(
        "The application that sent you here (client_id) is not known to this server, or is disabled.",
    ))
}

/// Where the application's answer goes, and how.
pub(super) async fn of(ctx: &Ctx, application: Application, parameters: &Parameters) -> Result<Target, Astray> {
    let redirect_uri = registered_redirect_uri(ctx, &application, parameters).await?;
    // A repeated `state` is refused below, by an answer that cannot carry one.
    let state = parameters.once("state").ok().flatten().map(str::to_owned);
    let channel = Channel::of(parameters, &redirect_uri);
    Ok(Target { application, redirect_uri, channel, state, issuer: ctx.config.issuer() })
}

async fn registered_redirect_uri(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<String, Astray> {
    let given = parameters
        .once("redirect_uri")
        .map_err(|_| Astray::Wrong("The parameter redirect_uri was sent more than once."))?;
    if let Some(given) = given {
        if application.may_redirect_to(given) {
            return Ok(given.to_owned());
        }
        application::record_mismatch(ctx, application, given).await?;
        return Err(Astray::Wrong(
            "The address to which the application wants you to return (redirect_uri) is not registered for it. \
             Please tell the people who run the application.",
        ));
    }
    an_openid_request_has_a_redirect_uri(parameters)?;
    // "If multiple redirection URIs have been registered ... the client MUST include a redirection URI."
    let mut registered = application.redirect_uris();
    match (registered.next(), registered.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        _ => Err(Astray::Wrong(
            "The parameter redirect_uri is missing, and the application has not registered exactly one.",
        )),
    }
}

/// `OpenID` Connect Core 3.1.2.1: "`redirect_uri` REQUIRED."
fn an_openid_request_has_a_redirect_uri(parameters: &Parameters) -> Result<(), Astray> {
    let scope = parameters.once("scope").ok().flatten().unwrap_or_default();
    if scope.split(' ').any(|word| word == "openid") {
        return Err(Astray::Wrong("The parameter redirect_uri is missing: OpenID Connect requires it."));
    }
    Ok(())
}

impl Target {
    /// Whether the application's identity is assured: an administrator registered it, and it is confidential or the
    /// operator's own.
    pub(super) fn is_assured(&self) -> bool {
        self.application.is_verified() && (!self.application.is_public() || self.application.remembers_consent())
    }

    /// Refuses the request by telling the application. What is the server's own fault is a page, with the reason logged.
    pub(super) fn refuse(&self, error: &Error) -> Refusal {
        if error.is_internal() {
            return Refusal::Page(Fault::internal(error));
        }
        Refusal::Told(Box::new(self.answer(error_parameters(error))), error.to_string())
    }

    /// An answer with these parameters, and those that every answer has.
    pub(super) fn answer(&self, mut parameters: Vec<(&'static str, String)>) -> Answer {
        // "REQUIRED if the state parameter was present in the request. The exact value received from the client."
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        // RFC 9207 section 2: success and error alike.
        parameters.push(("iss", self.issuer.clone()));
        Answer {
            application: self.application.name.clone(),
            client_id: self.application.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            channel: self.channel,
            algorithm: self.algorithm(),
            parameters,
        }
    }

    /// What signs an answer that is a JWT (`authorization_signed_response_alg`).
    fn algorithm(&self) -> Algorithm {
        self.application.metadata.authorization.signed_response_alg()
    }
}

/// The parameters of an error.
pub(super) fn error_parameters(error: &Error) -> Vec<(&'static str, String)> {
    vec![("error", error.code.name().to_owned()), ("error_description", error.description().to_owned())]
}
