//! `/o/applications/<pk>/`: everything about one application, but its secrets.

use askama::Template;
use entities::accounts::user;
use poem::{IntoResponse as _, Request, Response, handler};
use sea_orm::{QuerySelect as _, prelude::*};

use super::{Visit, edit};
use crate::{
    clock::Timestamp,
    oauth::{
        application::{Application, GrantType, mismatch, secrets},
        redirect_uri::{self, Difference},
        show::{self, Line},
    },
    web::{Fault, Frame, Page, form::Form, time},
};

#[derive(Template)]
#[template(path = "oauth/applications/detail.html")]
struct Detail {
    frame: Frame,
    application: Application,
    done: Option<&'static str>,
    registered: String,
    registered_by: Option<String>,
    updated: String,
    scopes: Vec<Line>,
    default_scopes: Vec<Line>,
    secrets: Vec<Secret>,
    mismatches: Vec<Mismatch>,
    endpoints: Vec<Endpoint>,
    /// By heading, what else was registered.
    members: Vec<(&'static str, Vec<(&'static str, String)>)>,
}

struct Secret {
    created: String,
    created_iso: String,
    age: String,
    /// When it stops working, and in how long.
    expires: Option<(String, String)>,
}

struct Mismatch {
    uri: String,
    seen: String,
    ago: String,
    /// It is registered by now.
    is_solved: bool,
    difference: Option<Difference>,
}

struct Endpoint {
    id: &'static str,
    name: &'static str,
    address: String,
}

#[handler]
pub(super) async fn page(visit: Visit, request: &Request) -> Result<Response, Fault> {
    let application = visit.application().await?;
    let query = Form::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let ctx = &visit.ctx;
    let now = ctx.clock.now();
    let registered_by = match application.created_by {
        Some(id) => {
            let name = user::Entity::find_by_id(id).select_only().column(user::Column::Username);
            name.into_tuple().one(ctx.db.reader()).await?
        }
        None => None,
    };
    let secrets = if application.is_public() { Vec::new() } else { secrets::live(ctx, application.id).await? };
    let mismatches = mismatch::recent(ctx, application.id).await?;
    let detail = Detail {
        done: query.get("done").and_then(done),
        registered: time::date_time(application.created),
        registered_by,
        updated: time::date_time(application.updated),
        scopes: show::lines(&application.scope()),
        default_scopes: show::lines(&application.default_scope()),
        secrets: secrets.iter().map(|row| Secret::of(row.created, row.expires, now)).collect(),
        mismatches: mismatches
            .into_iter()
            .map(|row| Mismatch {
                seen: time::date_time(row.seen),
                ago: time::ago(row.seen, now),
                is_solved: application.may_redirect_to(&row.redirect_uri),
                difference: redirect_uri::nearest(application.redirect_uris(), &row.redirect_uri),
                uri: row.redirect_uri,
            })
            .collect(),
        endpoints: [
            ("endpoint-discovery", "Discovery document", "/.well-known/openid-configuration"),
            ("endpoint-issuer", "Issuer", ""),
            ("endpoint-authorize", "Authorization", "/authorize/"),
            ("endpoint-token", "Token", "/token/"),
        ]
        .map(|(id, name, path)| Endpoint { id, name, address: ctx.config.issuer() + path })
        .into(),
        members: edit::described(&application.metadata),
        frame: visit.frame,
        application,
    };
    Ok(Page(detail).into_response())
}

/// What was just done, in words; only these, whatever the address says.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "registered" => Some("The application is registered."),
        "updated" => Some("The changes are saved."),
        "enabled" => Some("The application is enabled: people can log in with it again."),
        "disabled" => Some("The application is disabled. Every token that it had has ended."),
        _ => None,
    }
}

impl Secret {
    fn of(created: Timestamp, expires: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            created: time::date_time(created),
            created_iso: time::iso(created),
            age: time::ago(created, now),
            expires: expires.map(|at| (time::date_time(at), show::roughly(at - now))),
        }
    }
}

impl Detail {
    fn grants(&self) -> impl Iterator<Item = &'static str> {
        self.application.grant_types().into_iter().map(GrantType::label)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "askama hands over references")]
    fn span(seconds: &i32) -> String {
        show::duration((*seconds).into())
    }

    fn consent(&self) -> &'static str {
        if self.application.remembers_consent() {
            "Asked once, then remembered for the same scopes"
        } else {
            "Asked every time"
        }
    }

    fn links(&self) -> Vec<(&'static str, &str)> {
        let row = &self.application.row;
        let all = [
            ("Home page", &row.client_uri),
            ("Logo", &row.logo_uri),
            ("Privacy policy", &row.policy_uri),
            ("Terms of service", &row.tos_uri),
        ];
        all.into_iter().filter(|(_, uri)| !uri.is_empty()).map(|(name, uri)| (name, uri.as_str())).collect()
    }
}
