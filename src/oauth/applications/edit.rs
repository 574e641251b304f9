//! `/o/applications/register/` and `<pk>/update/`: the form.

use askama::Template;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode};

use super::{Visit, address, refused, secret};
use crate::{
    oauth::{
        application::{self, Algorithm, ClientType, Consent, Draft, GrantType, Metadata, Refused},
        show,
    },
    scope::{Action, Role, Scope},
    web::{
        Fault, Frame, Page,
        form::{Errors, Form},
        see_other,
    },
};

#[derive(Template)]
#[template(path = "oauth/applications/form.html")]
struct Edit {
    frame: Frame,
    /// The application that is changed; none when one is registered.
    of: Option<(i32, String)>,
    draft: Draft,
    errors: Errors,
}

#[handler]
pub(super) async fn register_form(visit: Visit) -> Response {
    // A client id that is in the form makes a form that is sent twice harmless: the second time it is taken.
    let draft = Draft { client_id: application::random_client_id(&visit.ctx), ..Draft::default() };
    Page(Edit { frame: visit.frame, of: None, draft, errors: Errors::default() }).into_response()
}

#[handler]
pub(super) async fn register(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.confirm(request, &form)?;
    let draft = draft(&form, Metadata::default())?;
    match application::register(&visit.ctx, &visit.grantor().await?, &draft).await {
        Ok(stored) => Ok(match stored.secret {
            // Shown on this one answer and nowhere else, so it cannot be a redirect.
            Some(value) => secret::shown(visit.frame, &stored.application, value, &secret::Occasion::Registered),
            None => see_other(&address(stored.application.id, "registered")),
        }),
        Err(Refused::Invalid(errors)) => Ok(again(Edit { frame: visit.frame, of: None, draft, errors })),
        Err(other) => Err(refused(other)),
    }
}

#[handler]
pub(super) async fn update_form(visit: Visit) -> Result<Response, Fault> {
    let application = visit.editable().await?;
    let draft = Draft::from(&application);
    let of = Some((application.id, application.name.clone()));
    Ok(Page(Edit { frame: visit.frame, of, draft, errors: Errors::default() }).into_response())
}

#[handler]
pub(super) async fn update(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.confirm(request, &form)?;
    let application = visit.editable().await?;
    let draft = Draft { client_id: application.client_id.clone(), ..draft(&form, application.metadata.clone())? };
    match application::update(&visit.ctx, &visit.grantor().await?, application.id, &draft).await {
        Ok(stored) => Ok(match stored.secret {
            Some(value) => secret::shown(visit.frame, &stored.application, value, &secret::Occasion::Confidential),
            None => see_other(&address(application.id, "updated")),
        }),
        Err(Refused::Invalid(errors)) => {
            let of = Some((application.id, application.name.clone()));
            Ok(again(Edit { frame: visit.frame, of, draft, errors }))
        }
        Err(other) => Err(refused(other)),
    }
}

fn again(page: Edit) -> Response {
    Page(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
}

/// What was typed, over what was registered before; a field that this does not name cannot be written.
fn draft(form: &Form, metadata: Metadata) -> Result<Draft, Fault> {
    let text = |name: &str| form.text(name).map(str::to_owned);
    let list = |name: &str| form.all(name).map(str::to_owned).collect();
    Ok(Draft {
        name: text("name")?,
        client_id: text("client_id")?,
        client_type: text("client_type")?,
        grant_types: list("grant_types"),
        redirect_uris: text("redirect_uris")?,
        post_logout_redirect_uris: text("post_logout_redirect_uris")?,
        allowed_origins: text("allowed_origins")?,
        algorithm: text("algorithm")?,
        scope: list("scope"),
        default_scope: list("default_scope"),
        require_pkce: form.has("require_pkce"),
        consent: text("consent")?,
        access_token_lifetime: text("access_token_lifetime")?,
        id_token_lifetime: text("id_token_lifetime")?,
        refresh_token_lifetime: text("refresh_token_lifetime")?,
        refresh_token_idle_lifetime: text("refresh_token_idle_lifetime")?,
        client_uri: text("client_uri")?,
        logo_uri: text("logo_uri")?,
        policy_uri: text("policy_uri")?,
        tos_uri: text("tos_uri")?,
        metadata,
    })
}

/// A scope that stands by itself in the picker.
struct Plain {
    scope: Scope,
    words: String,
}

impl Edit {
    fn address(&self) -> String {
        match &self.of {
            Some((pk, _)) => format!("/o/applications/{pk}/update/"),
            None => "/o/applications/register/".to_owned(),
        }
    }

    fn back(&self) -> String {
        match &self.of {
            Some((pk, _)) => format!("/o/applications/{pk}/"),
            None => "/o/applications/".to_owned(),
        }
    }

    fn client_types() -> Vec<(&'static str, &'static str)> {
        let words = |kind: &ClientType| match kind {
            ClientType::Confidential => "Confidential: keeps a secret",
            ClientType::Public => "Public: cannot keep a secret",
        };
        ClientType::ALL.iter().map(|kind| (kind.name(), words(kind))).collect()
    }

    fn type_help(&self) -> &'static str {
        if self.of.is_some() {
            "Another type ends every token and every permission that the application has."
        } else {
            "Only what runs on a server can keep a secret. What runs in a browser, on a phone or on a desk is public, and always uses PKCE."
        }
    }

    fn algorithms() -> Vec<(&'static str, &'static str)> {
        Algorithm::ALL.iter().map(|algorithm| (algorithm.name(), algorithm.label())).collect()
    }

    fn consents() -> Vec<(&'static str, &'static str)> {
        Consent::ALL.iter().map(|consent| (consent.name(), consent.label())).collect()
    }

    /// Name, label, explanation and whether it is ticked.
    fn grants(&self) -> Vec<(&'static str, &'static str, &'static str, bool)> {
        let words = |grant: &GrantType| match grant {
            GrantType::AuthorizationCode => {
                "People log in here and come back to the application. Needs a redirect URI."
            }
            GrantType::RefreshToken => "The application stays connected when the access token has expired.",
            GrantType::ClientCredentials => {
                "The application acts for itself, without a person, with the allowed scopes as its rights. Confidential only."
            }
        };
        GrantType::ALL
            .iter()
            .map(|grant| (grant.name(), grant.label(), words(grant), self.draft.uses(*grant)))
            .collect()
    }

    fn plain_scopes() -> Vec<Plain> {
        let plain = Scope::all().filter(|scope| !matches!(scope, Scope::Role(..)));
        plain.map(|scope| Plain { scope, words: scope.describe() }).collect()
    }

    fn roles() -> [Role; 11] {
        Role::ALL
    }

    fn actions() -> [(Action, &'static str); 4] {
        Action::ALL.map(|action| (action, show::verb(action)))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "askama hands over references")]
    fn cell(action: &Action, role: &Role) -> Scope {
        Scope::Role(*action, *role)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "askama hands over references")]
    fn ticked(&self, is_default: &bool, scope: &Scope) -> bool {
        if *is_default { self.draft.defaults_to(*scope) } else { self.draft.allows(*scope) }
    }

    /// How many fields have to be looked at again.
    fn wrong(&self) -> usize {
        self.errors.iter().count()
    }

    /// The fields that have to be looked at again, in the order of the form, as they are called there.
    fn wrong_fields(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        FIELDS.into_iter().filter(|(name, _)| self.errors.has(name))
    }
}

const FIELDS: [(&str, &str); 19] = [
    ("name", "Name"),
    ("client_type", "Client type"),
    ("client_id", "Client id"),
    ("grant_types", "How it gets tokens"),
    ("redirect_uris", "Redirect URIs"),
    ("post_logout_redirect_uris", "Post-logout redirect URIs"),
    ("allowed_origins", "Allowed origins"),
    ("scope", "Allowed scopes"),
    ("default_scope", "Default scopes"),
    ("consent", "Consent"),
    ("algorithm", "ID token algorithm"),
    ("access_token_lifetime", "Access token lifetime"),
    ("id_token_lifetime", "ID token lifetime"),
    ("refresh_token_lifetime", "Refresh token lifetime"),
    ("refresh_token_idle_lifetime", "Refresh token lifetime without use"),
    ("client_uri", "Home page"),
    ("logo_uri", "Logo"),
    ("policy_uri", "Privacy policy"),
    ("tos_uri", "Terms of service"),
];
