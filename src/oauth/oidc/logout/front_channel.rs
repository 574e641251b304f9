//! Front-channel logout (`OpenID` Connect Front-Channel Logout 1.0): a page that opens the logout address of every
//! application of the session in a frame, and then goes on.
//!
//! Its address carries which applications, which session and where to go on, under a MAC: the session itself is gone by
//! then, and nobody else gets to make frames or redirects of it.

use std::collections::BTreeSet;

use askama::Template;
use entities::oauth::{application, grant};
use poem::{IntoResponse as _, Request, Response, handler, web::Data};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};
use url::form_urlencoded;

use crate::{
    accounts::{frame, logout_notice},
    ctx::Ctx,
    oauth::application::Application,
    secret::{self, Purpose},
    web::{Fault, Frame, Page, form::Form},
};

/// The page's path.
pub(super) const PATH: &str = "/o/logout/applications/";

/// The applications of a session that want to hear of its end in the browser.
pub(super) async fn applications(ctx: &Ctx, sid: &str) -> Result<Vec<i32>, DbErr> {
    let given: BTreeSet<i32> = grant::Entity::find()
        .select_only()
        .column(grant::Column::ApplicationId)
        .filter(grant::Column::Sid.eq(sid))
        .distinct()
        .into_tuple()
        .all(ctx.db.reader())
        .await?
        .into_iter()
        .collect();
    logout_notice::wanting(ctx.db.reader(), &given, "frontchannel_logout_uri").await
}

/// The address of the page that tells them and goes on.
pub(super) fn address(ctx: &Ctx, applications: &[i32], sid: &str, next: &str) -> String {
    let ids = applications.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    let mac = mac(ctx, &ids, sid, next);
    let pairs = [("applications", ids.as_str()), ("sid", sid), ("next", next), ("mac", mac.as_str())];
    format!("{PATH}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn mac(ctx: &Ctx, ids: &str, sid: &str, next: &str) -> String {
    ctx.key.mac_text(Purpose::Form, &["front-channel logout", ids, sid, next])
}

#[derive(Template)]
#[template(path = "oauth/front_channel.html")]
struct LogoutFrames {
    frame: Frame,
    frames: Vec<String>,
    next: String,
    /// Where that is, for people.
    back_to: String,
}

/// `GET /o/logout/applications/`.
#[handler]
pub(super) async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let form = Form::query(request)?;
    let (ids, sid, next) = (form.text("applications")?, form.text("sid")?, form.text("next")?);
    if !secret::same(form.text("mac")?, &mac(&ctx, ids, sid, next)) {
        return Err(Fault::not_found());
    }
    let ids: Vec<i32> = ids.split('.').filter_map(|id| id.parse().ok()).collect();
    let rows = application::Entity::find().filter(application::Column::Id.is_in(ids)).all(ctx.db.reader()).await?;
    let frames: Vec<String> =
        rows.into_iter().map(Application::from).filter_map(|application| address_of(&ctx, &application, sid)).collect();
    let mut page = Page(LogoutFrames {
        frame: frame(&ctx, request, None),
        frames: frames.clone(),
        next: next.to_owned(),
        back_to: url::Url::parse(next).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default(),
    });
    for uri in &frames {
        page = page.frame(uri);
    }
    Ok(page.into_response())
}

/// Section 2: "the OP ... renders `<iframe src="frontchannel_logout_uri">` ...". With `iss` and `sid` always: one without the
/// other says nothing.
fn address_of(ctx: &Ctx, application: &Application, sid: &str) -> Option<String> {
    let uri = &application.metadata.logout.frontchannel_logout_uri;
    if uri.is_empty() || !application.is_active {
        return None;
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("iss", ctx.config.issuer().as_str()), ("sid", sid)])
        .finish();
    Some(format!("{uri}{separator}{query}"))
}
