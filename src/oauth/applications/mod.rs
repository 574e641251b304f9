//! `/o/applications/`: the pages on which superusers register and look after applications.
//!
//! Others get a 403 page, the anonymous the login. The rules are in [`super::application`]; nothing is decided here.

mod detail;
mod edit;
mod list;
mod remove;
mod secret;

use entities::oauth::application as row;
use poem::{FromRequest, Request, RequestBody, Route};
use sea_orm::prelude::*;

use super::{
    application::{Application, Grantor, Refused},
    both,
};
use crate::{
    accounts::{self, rights, session::Login},
    ctx::Ctx,
    web::{Fault, Frame, form::Form, get},
};

/// Adds these pages below `/o`.
pub fn add_to(routes: Route) -> Route {
    let routes = both(routes, "/applications", get(list::show));
    let routes = both(routes, "/applications/register", get(edit::register_form).post(edit::register));
    let routes = both(routes, "/applications/:pk", get(detail::page));
    let routes = both(routes, "/applications/:pk/update", get(edit::update_form).post(edit::update));
    let routes = both(routes, "/applications/:pk/delete", get(remove::delete_form).post(remove::delete));
    let routes = both(routes, "/applications/:pk/disable", get(remove::disable_form).post(remove::disable));
    let routes = both(routes, "/applications/:pk/enable", get(remove::enable_form).post(remove::enable));
    both(routes, "/applications/:pk/secret", get(secret::choose).post(secret::make))
}

/// A superuser at one of these pages; as the first argument of a handler, so that no form of a stranger is read.
struct Visit {
    ctx: Ctx,
    login: Login,
    frame: Frame,
    /// The `pk` of the path, or nothing that could be one.
    pk: Option<i32>,
}

impl<'a> FromRequest<'a> for Visit {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let ctx = request.data::<Ctx>().cloned().ok_or_else(|| Fault::internal("no context"))?;
        let login = accounts::require_superuser(&ctx, request).await?;
        let frame = accounts::frame(&ctx, request, Some(&login));
        // `+1` and `01` are other addresses of the same thing, which there should not be.
        let pk = request.raw_path_param("pk").and_then(|pk| pk.parse::<i32>().ok().filter(|n| n.to_string() == pk));
        Ok(Self { ctx, login, frame, pk })
    }
}

impl Visit {
    /// The application of the address.
    async fn application(&self) -> Result<Application, Fault> {
        let pk = self.pk.ok_or_else(Fault::not_found)?;
        let found = row::Entity::find_by_id(pk).one(self.ctx.db.reader()).await?;
        found.map(Application::from).ok_or_else(Fault::not_found)
    }

    /// The application of the address, if it is one that may be changed.
    async fn editable(&self) -> Result<Application, Fault> {
        let application = self.application().await?;
        if application.is_default { Err(refused(Refused::Default)) } else { Ok(application) }
    }

    /// What the superuser may hand on.
    async fn grantor(&self) -> Result<Grantor, Fault> {
        let rights = rights::of_user(self.ctx.db.reader(), &self.login.user).await?;
        Ok(Grantor::person(&self.login.user, rights))
    }

    /// Asks for the password again where the login is older than a working day: what is registered here gets at data.
    fn recent(&self, next: &str) -> Result<(), Fault> {
        accounts::must_be_recent(&self.ctx, &self.login, self.ctx.config.session.recent_seconds, next)
    }

    /// Refuses a form from elsewhere.
    fn confirm(&self, request: &Request, form: &Form) -> Result<(), Fault> {
        accounts::confirm(&self.ctx, request, form)
    }
}

/// What stands in the way, as a page; messages beside fields are the form's own business.
fn refused(refused: Refused) -> Fault {
    match refused {
        Refused::Missing => Fault::not_found(),
        Refused::Db(error) => Fault::from(error),
        Refused::Default => Fault::forbidden(
            "The default application comes with the server. Turn it off in the configuration (oauth.default_application).",
        ),
        Refused::Changed => Fault::new(
            poem::http::StatusCode::CONFLICT,
            "That did not work",
            "Somebody else changed the application meanwhile. Please look at it again.",
        ),
        Refused::Public => Fault::bad_request("A public application has no secret."),
        Refused::Invalid(errors) => {
            let messages: Vec<&str> = errors.iter().flat_map(|(_, m)| m).map(String::as_str).collect();
            Fault::bad_request(messages.join(" "))
        }
    }
}

/// The address of an application's page, with what was just done to it.
fn address(pk: i32, done: &str) -> String {
    format!("/o/applications/{pk}/?done={done}")
}
