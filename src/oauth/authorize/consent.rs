//! The consent page: what the application wants, in words; Allow and Cancel (RFC 6749 section 10.2, RFC 9700 section 4.11).
//!
//! The page's form carries the request itself, bound by a MAC to the session that was shown it: what is allowed is what
//! was read, by the person who read it. On submission the whole request is checked anew.

use askama::Template;
use entities::oauth::consent;
use poem::{IntoResponse as _, Request, Response, handler, web::Data};
use sea_orm::{DbErr, prelude::*};

use super::{Parameters, Ready, Refusal, answer, code, kept, prepare, unreadable};
use crate::{
    accounts::{confirm, frame},
    ctx::Ctx,
    oauth::{
        application::{Application, registered},
        error::{Code, Error},
    },
    scope::{Action, Role, Scope, Scopes},
    secret::{self, Purpose},
    web::{Fault, Frame, Page, form::Form},
};

/// The page's path.
pub(super) const PATH: &str = "/o/consent/";

/// Whether the person has to be asked.
pub(super) async fn is_needed(ctx: &Ctx, ready: &Ready) -> Result<bool, DbErr> {
    let asks = ready.asked.prompts.contains(&super::person::Prompt::Consent);
    // What was allowed before was allowed for this server's API.
    if asks || !ready.target.application.remembers_consent() || !elsewhere(ready).is_empty() {
        return Ok(true);
    }
    let ids = (ready.login.user.id, ready.target.application.id);
    let before = consent::Entity::find_by_id(ids).one(ctx.db.reader()).await?;
    let known = before.and_then(|row| Scopes::parse_known(&row.scope).ok()).map(|(known, _)| known);
    // More than was allowed asks again. What is asked for beside the scopes is as good as the scopes that it belongs to.
    Ok(known.is_none_or(|known| !ready.scopes.union(&beside(ready)).is_subset(&known)))
}

/// The resource servers of others that the tokens would be for, by the names of their applications.
fn elsewhere(ready: &Ready) -> Vec<String> {
    let others = ready.asked.resources.iter().filter_map(|resource| resource.application.as_ref());
    others.map(|application| application.name.clone()).collect()
}

/// The scopes that would give what the request asks for beside its scopes.
fn beside(ready: &Ready) -> Scopes {
    let allowed = ready.target.application.scope();
    let claims = ready.asked.claims.beyond(&ready.scopes).into_iter().map(|(scope, _)| scope);
    let claims: Scopes = claims.filter(|scope| allowed.contains(*scope)).collect();
    claims.union(&ready.details.scopes())
}

#[derive(Template)]
#[template(path = "oauth/consent.html")]
struct ConsentPage {
    frame: Frame,
    application: Application,
    /// Who vouches for it.
    registered: String,
    /// Where the person is sent afterwards.
    destination: String,
    identity: Vec<String>,
    inventory: Vec<Line>,
    /// What is asked for in detail (RFC 9396).
    details: Vec<String>,
    /// The resource servers that it is for (RFC 8707), where that is not this server's API alone.
    resources: Vec<String>,
    sensitive: Vec<String>,
    request: String,
    ticket: String,
}

/// What may be done to the things of one role.
struct Line {
    role: Role,
    actions: Vec<Action>,
}

impl Line {
    /// As a sentence of a few words: "View and change parts".
    fn words(&self) -> String {
        let verbs: Vec<&str> = self.actions.iter().map(|action| action.verb()).collect();
        let verbs = match verbs.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        let mut words = verbs.chars();
        let first: String = words.next().into_iter().collect();
        format!("{first}{} {}", words.as_str().to_lowercase(), self.role.label())
    }

    /// Whether it is more than looking.
    fn changes(&self) -> bool {
        self.actions.iter().any(|action| *action != Action::View)
    }
}

/// `GET /o/consent/`.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let parameters = Parameters::of_query(request).map_err(unreadable)?;
    let outcome = async {
        let ready = prepare(&ctx, request, parameters).await?;
        if ready.asked.is_silent() { Err(required(&ready)) } else { Ok(page(&ctx, request, ready).await?) }
    };
    answer(&ctx, request, outcome.await).await
}

/// `OpenID` Connect Core 3.1.2.6: nothing may be shown, but the person has to be asked.
pub(super) fn required(ready: &Ready) -> Refusal {
    ready.target.refuse(&Error::new(Code::ConsentRequired, "The person has to be asked first."))
}

async fn page(ctx: &Ctx, request: &Request, ready: Ready) -> Result<Response, DbErr> {
    let registered = registered(ctx, &ready.target.application).await?;
    let query = ready.parameters.query(&[]);
    let target = ready.target.redirect_uri.clone();
    let page = ConsentPage {
        frame: frame(ctx, request, Some(&ready.login)),
        registered,
        destination: destination(&target),
        identity: identity(&ready),
        sensitive: words(&ready.scopes, |scope| scope.is_sensitive() && !matches!(scope, Scope::Role(..))),
        inventory: lines(&ready.scopes),
        details: ready.details.words(),
        resources: elsewhere(&ready),
        ticket: ticket(ctx, &ready, &query),
        request: query,
        application: ready.target.application,
    };
    Ok(Page(page).form_action(&target).into_response())
}

/// What of the person the application learns: by scopes, and by single claims beyond them.
fn identity(ready: &Ready) -> Vec<String> {
    let mut lines = words(&ready.scopes, |scope| !scope.is_sensitive() && !matches!(scope, Scope::Role(..)));
    let claims = ready.asked.claims.beyond(&ready.scopes);
    let allowed = ready.target.application.scope();
    let names = claims.iter().filter(|(scope, _)| allowed.contains(*scope)).map(|(_, name)| name.replace('_', " "));
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        lines.push(format!("Know of you: {}", names.join(", ")));
    }
    lines
}

/// `POST /o/consent/`.
#[handler]
pub(super) async fn decide(request: &Request, ctx: Data<&Ctx>, form: Form) -> Result<Response, Fault> {
    confirm(&ctx, request, &form)?;
    let query = form.text("request")?;
    let parameters = Parameters::new(Form::parse(query.as_bytes()).map_err(unreadable)?);
    let allowed = match form.text("decision")? {
        "allow" => true,
        "deny" => false,
        _ => return Err(Fault::bad_request("Please choose Allow or Cancel.")),
    };
    let outcome = async {
        let ready = prepare(&ctx, request, parameters).await?;
        // Of another session, another request, or by now for more or less: nobody has read this. They are shown it now.
        if !secret::same(form.text("ticket").map_err(Refusal::Page)?, &ticket(&ctx, &ready, query)) {
            return Err(Refusal::Elsewhere(ready.parameters.here()));
        }
        if !allowed {
            let (parameters, now) = (&ready.parameters, ctx.clock.now());
            ctx.db.write(|tx| async move { kept::spend(&tx, parameters, now).await }).await?;
            return Err(ready.target.refuse(&Error::new(Code::AccessDenied, "The person did not allow it.")));
        }
        code::grant(&ctx, request, ready).await
    };
    answer(&ctx, request, outcome.await).await
}

/// Binds a form to the session and the request that it was shown for, and to the scopes that it showed.
fn ticket(ctx: &Ctx, ready: &Ready, query: &str) -> String {
    let (scopes, details) = (ready.scopes.to_string(), ready.details.text());
    ctx.key.mac_text(Purpose::Form, &["consent", &ready.login.session.digest, &scopes, &details, query])
}

/// The part of a redirect URI by which a person recognises it.
fn destination(uri: &str) -> String {
    match url::Url::parse(uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let host = url.host_str().unwrap_or_default();
            match host {
                "127.0.0.1" | "[::1]" | "localhost" => "a program on this computer".to_owned(),
                host => host.to_owned(),
            }
        }
        Ok(url) => format!("the app {}", url.scheme()),
        Err(_) => uri.to_owned(),
    }
}

fn words(scopes: &Scopes, which: impl Fn(Scope) -> bool) -> Vec<String> {
    scopes.iter().filter(|scope| which(*scope)).map(Scope::describe).collect()
}

fn lines(scopes: &Scopes) -> Vec<Line> {
    let held = |role| Action::ALL.into_iter().filter(|action| scopes.contains(Scope::Role(*action, role))).collect();
    let lines = Role::ALL.into_iter().map(|role| Line { role, actions: held(role) });
    lines.filter(|line| !line.actions.is_empty()).collect()
}
