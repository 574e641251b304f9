//! `/o/applications/<pk>/delete/`, `disable/` and `enable/`: asked first, done by POST.

use poem::{Request, Response, handler};

use super::{Visit, address, refused};
use crate::{
    oauth::{application, confirm::Confirm},
    web::{Fault, form::Form, see_other},
};

#[handler]
pub(super) async fn delete_form(visit: Visit) -> Result<Response, Fault> {
    let message = "Its secrets, every token that it holds and every permission that people gave it go with it. \
         This cannot be undone. To stop it for a while, disable it instead.";
    ask(visit, "Delete", "delete", message, true).await
}

#[handler]
pub(super) async fn delete(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.confirm(request, &form)?;
    let pk = visit.editable().await?.id;
    application::delete(&visit.ctx, pk).await.map_err(refused)?;
    Ok(see_other("/o/applications/?done=deleted"))
}

#[handler]
pub(super) async fn disable_form(visit: Visit) -> Result<Response, Fault> {
    let message = "Nobody can log in with it, its secrets do not work, and every token that it holds ends at once: \
         enabling it again brings none of them back.";
    ask(visit, "Disable", "disable", message, true).await
}

#[handler]
pub(super) async fn disable(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    switch(&visit, request, &form, false).await
}

#[handler]
pub(super) async fn enable_form(visit: Visit) -> Result<Response, Fault> {
    let message = "People can log in with it again, and its secrets work again.";
    ask(visit, "Enable", "enable", message, false).await
}

#[handler]
pub(super) async fn enable(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    switch(&visit, request, &form, true).await
}

async fn switch(visit: &Visit, request: &Request, form: &Form, is_active: bool) -> Result<Response, Fault> {
    visit.confirm(request, form)?;
    let pk = visit.editable().await?.id;
    application::set_active(&visit.ctx, pk, is_active).await.map_err(refused)?;
    Ok(see_other(&address(pk, if is_active { "enabled" } else { "disabled" })))
}

async fn ask(
    visit: Visit,
    button: &'static str,
    path: &str,
    message: &'static str,
    is_danger: bool,
) -> Result<Response, Fault> {
    let application = visit.editable().await?;
    let back = format!("/o/applications/{}/", application.id);
    let page = Confirm {
        frame: visit.frame,
        title: format!("{button} \u{201c}{}\u{201d}?", application.name),
        message,
        action: format!("{back}{path}/"),
        button,
        is_danger,
        back,
    };
    Ok(page.ask())
}
