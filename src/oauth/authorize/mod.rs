//! The authorization endpoint (RFC 6749 section 3.1, `OpenID` Connect Core 3.1.2) and the consent page.
//!
//! A request passes these steps in this order, and the types keep it: until `target` has passed, there is no
//! `Target` from which a redirect could be built (RFC 6749 section 4.1.2.1).
//!
//! 1. `parameters`: what was sent, each at most once.
//! 2. `target`: the application and its redirect URI. Refusals up to here are pages.
//! 3. `checks`: everything else that the request alone tells. Refusals from here on are redirects.
//! 4. `person`: who is logged in, recently and strongly enough, or goes to the login.
//! 5. `consent`: whether they have to be asked, or go to the consent page.
//! 6. `code`: the grant and its code.

mod answer;
mod checks;
mod code;
mod consent;
mod kept;
mod parameters;
mod person;
mod push;
mod refusal;
mod request_object;
mod response_mode;
mod response_type;
mod target;

use poem::{Request, Response, Route, handler, web::Data};
use sea_orm::DbErr;

use checks::Asked;
use parameters::Parameters;
pub use person::PROMPTS;
use person::Presence;
pub(super) use push::push;
use refusal::Refusal;
pub use request_object::ALGORITHMS as REQUEST_OBJECT_ALGORITHMS;
pub use response_mode::ResponseMode;
pub use response_type::ResponseType;
use target::{Astray, Target};

use super::{application::Application, authorization_details::Details, both, error::Error};
use crate::{
    accounts::{self, session::Login},
    ctx::Ctx,
    scope::Scopes,
    web::{
        Fault,
        form::{Form, Malformed},
        get, see_other,
    },
};

/// The authorization endpoint's path.
pub const PATH: &str = "/o/authorize/";

/// The endpoint and its page.
pub(super) fn add_to(routes: Route) -> Route {
    let routes = both(routes, "/authorize", get(authorize).post(bounce));
    both(routes, "/consent", get(consent::show).post(consent::decide))
}

/// A request that has passed every check and whose person is here.
struct Ready {
    parameters: Parameters,
    target: Target,
    asked: Asked,
    login: Login,
    /// What is to be granted: asked, allowed to the application, and within the person's own rights.
    scopes: Scopes,
    /// The same of what was asked for in detail.
    details: Details,
}

/// Takes an authorization request as far as it goes without asking the person anything.
async fn prepare(ctx: &Ctx, request: &Request, parameters: Parameters) -> Result<Ready, Refusal> {
    let application = target::application(ctx, &parameters).await?;
    let parameters = referred(ctx, &application, parameters).await?;
    let unsigned = signed(ctx, &application, &parameters).await?;
    let target = target::of(ctx, application, &parameters).await?;
    let presence = Presence::of(ctx, request).await?;
    let asked = match unsigned {
        Ok(()) => checks::of_front(ctx, &target.application, &target.redirect_uri, &parameters).await,
        Err(refused) => Err(refused),
    };
    let asked = match asked {
        Ok(asked) => asked,
        // RFC 9700 section 4.11.2: authenticate the user before sending an error to an application whose identity is
        // not assured; otherwise a link to this server would be a link to anywhere.
        Err(refused) if presence.is_anonymous() && !target.is_assured() && !person::is_silent(&parameters) => {
            tracing::debug!(%refused, "an error waits for the login");
            // Whoever cancelled that login is not asked again, but leaves by a click of their own.
            return Err(if checks::is_cancelled(&parameters) {
                let answer = target.answer(target::error_parameters(&checks::cancelled()));
                Refusal::Shown(Box::new(answer.offer(ctx, request).await?))
            } else {
                Refusal::Elsewhere(accounts::login_url(&parameters.here(), None))
            });
        }
        Err(refused) => return Err(target.refuse(&refused)),
    };
    let login = presence.satisfying(ctx, &target, &asked, &parameters)?;
    let (scopes, details) =
        checks::within_rights(ctx, &asked, &login).await?.map_err(|refused| target.refuse(&refused))?;
    Ok(Ready { parameters, target, asked, login, scopes, details })
}

/// The request that the address refers to, if it refers to one that is kept here.
async fn referred(ctx: &Ctx, application: &Application, parameters: Parameters) -> Result<Parameters, Astray> {
    let request_uri = parameters
        .sent("request_uri")
        .map_err(|_| Astray::Wrong("The parameter request_uri was sent more than once."))?
        .map(str::to_owned);
    match request_uri {
        Some(request_uri) if kept::is_kept(&request_uri) => {
            kept::open(ctx, application, parameters, &request_uri).await
        }
        _ => Ok(parameters),
    }
}

/// A signed request is verified once, and then kept, as if it had been pushed: the browser goes on with a reference. What
/// is wrong with one is told to an address outside it only where the application's requests need not be signed: else
/// nothing outside is believed.
async fn signed(ctx: &Ctx, application: &Application, parameters: &Parameters) -> Result<Result<(), Error>, Refusal> {
    if parameters.kept().is_some() || checks::is_cancelled(parameters) {
        return Ok(Ok(()));
    }
    if let Err(refused) = checks::the_request_was_pushed_if_it_must_be(ctx, application, parameters) {
        return Ok(Err(refused));
    }
    match request_object::of_front(ctx, application, parameters).await {
        Ok(None) => Ok(Ok(())),
        Ok(Some(form)) => {
            let request_uri = kept::keep(ctx, application, form.pairs()).await?;
            Err(Refusal::Elsewhere(kept::address(application, &request_uri)))
        }
        Err(refused) if application.metadata.authorization.require_signed_request_object => {
            let message = "The signed request of the application that sent you here is not valid. \
                           Please tell the people who run the application.";
            Err(Refusal::Page(Fault::bad_request(message).log(refused.to_string())))
        }
        Err(refused) => Ok(Err(refused)),
    }
}

/// Who asks by a query string of this endpoint, and where they are called back; nobody, where that is not really so.
pub(super) async fn waiting(ctx: &Ctx, query: &str) -> Result<Option<(Application, String)>, DbErr> {
    let Ok(sent) = Form::parse(query.as_bytes()) else { return Ok(None) };
    let parameters = Parameters::new(sent);
    let target = async {
        let application = target::application(ctx, &parameters).await?;
        let parameters = referred(ctx, &application, parameters.clone()).await?;
        target::of(ctx, application, &parameters).await
    };
    match target.await {
        Ok(target) => Ok(Some((target.application, target.redirect_uri))),
        Err(Astray::Wrong(_)) => Ok(None),
        Err(Astray::Db(error)) => Err(error),
    }
}

/// `GET /o/authorize/`.
#[handler]
async fn authorize(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let parameters = Parameters::of_query(request).map_err(unreadable)?;
    let outcome = async {
        let ready = prepare(&ctx, request, parameters).await?;
        if consent::is_needed(&ctx, &ready).await? {
            return if ready.asked.is_silent() {
                Err(consent::required(&ready))
            } else {
                Err(Refusal::Elsewhere(ready.parameters.at(consent::PATH)))
            };
        }
        code::grant(&ctx, request, ready).await
    };
    answer(&ctx, request, outcome.await).await
}

/// `POST /o/authorize/`: `OpenID` Connect Core 3.1.2.1 asks for both methods. A cross-site POST carries no `SameSite=Lax`
/// cookie, so the browser is sent round by a GET of our own, which does.
#[handler]
async fn bounce(form: Form) -> Response {
    see_other(&Parameters::new(form).at(PATH))
}

fn unreadable(malformed: Malformed) -> Fault {
    Fault::bad_request(format!("The authorization request cannot be read: {malformed}."))
}

/// The answer to a browser: back to the application, or a page, or somewhere else on this server first.
async fn answer(ctx: &Ctx, request: &Request, outcome: Result<Response, Refusal>) -> Result<Response, Fault> {
    match outcome {
        Ok(response) => Ok(response),
        Err(Refusal::Told(answer, log)) => {
            tracing::info!(reason = log, "an authorization request was refused");
            answer.send(ctx, request).await.map_err(Fault::internal)
        }
        Err(Refusal::Elsewhere(location)) => Ok(see_other(&location)),
        Err(Refusal::Shown(page)) => Ok(*page),
        Err(Refusal::Page(fault)) => Err(fault),
    }
}
