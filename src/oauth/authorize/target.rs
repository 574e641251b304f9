//! The application and where it is called back (RFC 6749 sections 3.1.2, 4.1.2.1; RFC 9700 section 2.1).

use url::form_urlencoded;

use super::{Parameters, Refusal};
use crate::{
    ctx::Ctx,
    oauth::{
        application::{self, Application},
        error::Code,
    },
    web::Fault,
};

/// An application, and a redirect URI that was verified to be its own: the only way to build a redirect.
pub(super) struct Target {
    pub(super) application: Application,
    /// Where the answer goes.
    pub(super) redirect_uri: String,
    state: Option<String>,
    issuer: String,
}

/// "If the request fails due to a missing, invalid, or mismatching redirection URI, or if the client identifier is
/// missing or invalid, the authorization server SHOULD inform the resource owner of the error and MUST NOT automatically
/// redirect the user-agent to the invalid redirection URI."
pub(super) async fn of(ctx: &Ctx, parameters: &Parameters) -> Result<Target, Refusal> {
    let application = known_application(ctx, parameters).await?;
    let redirect_uri = registered_redirect_uri(ctx, &application, parameters).await?;
    // A repeated `state` is refused below, by a redirect that cannot carry one.
    let state = parameters.once("state").ok().flatten().map(str::to_owned);
    Ok(Target { application, redirect_uri, state, issuer: ctx.config.issuer() })
}

fn page(message: &str) -> Refusal {
    Refusal::Page(Fault::bad_request(message))
}

async fn known_application(ctx: &Ctx, parameters: &Parameters) -> Result<Application, Refusal> {
    let client_id = parameters
        .once("client_id")
        .map_err(|_| page("The parameter client_id was sent more than once."))?
        .ok_or_else(|| page("The parameter client_id is missing: it names the application that asks."))?;
    application::find(ctx.db.reader(), client_id).await?.filter(|application| application.is_active).ok_or_else(|| {
        page("The application that sent you here (client_id) is not known to this server, or is disabled.")
    })
}

async fn registered_redirect_uri(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    let given =
        parameters.once("redirect_uri").map_err(|_| page("The parameter redirect_uri was sent more than once."))?;
    if let Some(given) = given {
        if application.may_redirect_to(given) {
            return Ok(given.to_owned());
        }
        application::record_mismatch(ctx, application, given).await?;
        return Err(page(
            "The address to which the application wants you to return (redirect_uri) is not registered for it. \
             Please tell the people who run the application.",
        ));
    }
    // "If multiple redirection URIs have been registered ... the client MUST include a redirection URI."
    let mut registered = application.redirect_uris();
    match (registered.next(), registered.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        _ => Err(page("The parameter redirect_uri is missing, and the application has not registered exactly one.")),
    }
}

impl Target {
    /// Whether the application's identity is assured: an administrator registered it, and it is confidential or the
    /// operator's own.
    pub(super) fn is_assured(&self) -> bool {
        self.application.is_verified() && (!self.application.is_public() || self.application.remembers_consent())
    }

    /// Refuses the request by telling the application. The description is constant text in RFC 6749's characters.
    pub(super) fn refuse(&self, code: Code, description: &'static str) -> Refusal {
        let location = self.with(&[("error", code.name()), ("error_description", description)]);
        Refusal::Redirect(location, description)
    }

    /// The redirect URI with the parameters of an answer. A query that was registered is kept.
    pub(super) fn with(&self, answer: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        // "REQUIRED if the state parameter was present in the request. The exact value received from the client."
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        // RFC 9207 section 2: success and error alike.
        query.append_pair("iss", &self.issuer);
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.redirect_uri, query.finish())
    }
}
