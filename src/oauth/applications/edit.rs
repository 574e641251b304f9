//! `/o/applications/register/` and `<pk>/update/`: the form.

mod members;

pub(super) use members::described;

use askama::Template;
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode};

use self::members::{Field, Kind, SECTIONS, Section, Values};
use super::{Visit, address, refused, secret};
use crate::{
    oauth::{
        application::{self, Algorithm, Application, ClientType, Consent, Draft, GrantType, Metadata, Refused},
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
    /// What stands in the fields of the members.
    values: Values,
    errors: Errors,
    /// Which state of the application the form shows.
    version: String,
    /// What somebody else stored meanwhile: the field, and what it holds now.
    theirs: Vec<(&'static str, String)>,
}

/// Where an application is registered.
const REGISTER: &str = "/o/applications/register/";

#[handler]
pub(super) async fn register_form(visit: Visit) -> Result<Response, Fault> {
    visit.recent(REGISTER)?;
    // A client id that is in the form makes a form that is sent twice harmless: the second time it is taken.
    let draft = Draft { client_id: application::random_client_id(&visit.ctx), ..Draft::default() };
    Ok(Page(Edit::new(visit.frame, None, draft, Errors::default())).into_response())
}

#[handler]
pub(super) async fn register(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.recent(REGISTER)?;
    visit.confirm(request, &form)?;
    let Typed { draft, values, errors } = typed(&form, &Metadata::default())?;
    let grantor = visit.grantor().await?;
    let outcome = if errors.is_empty() {
        application::register(&visit.ctx, &grantor, &draft).await
    } else {
        all(&draft, &grantor, errors)
    };
    match outcome {
        Ok(stored) => Ok(match stored.secret {
            // Shown on this one answer and nowhere else, so it cannot be a redirect.
            Some(value) => secret::shown(visit.frame, &stored.application, value, &secret::Occasion::Registered),
            None => see_other(&address(stored.application.id, "registered")),
        }),
        Err(Refused::Invalid(errors)) => Ok(again(Edit { values, ..Edit::new(visit.frame, None, draft, errors) })),
        Err(other) => Err(refused(other)),
    }
}

#[handler]
pub(super) async fn update_form(visit: Visit) -> Result<Response, Fault> {
    let application = visit.editable().await?;
    let draft = Draft::from(&application);
    Ok(Page(Edit::new(visit.frame, Some(&application), draft, Errors::default())).into_response())
}

#[handler]
pub(super) async fn update(visit: Visit, request: &Request, form: Form) -> Result<Response, Fault> {
    visit.confirm(request, &form)?;
    let application = visit.editable().await?;
    let Typed { draft, values, errors } = typed(&form, &application.metadata)?;
    let draft = Draft { client_id: application.client_id.clone(), ..draft };
    let (grantor, seen) = (visit.grantor().await?, form.text("version")?);
    let state = Some(seen).filter(|seen| !seen.is_empty());
    let outcome = if errors.is_empty() {
        application::update(&visit.ctx, &grantor, application.id, &draft, state).await
    } else {
        all(&draft, &grantor, errors)
    };
    match outcome {
        Ok(stored) => Ok(match stored.secret {
            Some(value) => secret::shown(visit.frame, &stored.application, value, &secret::Occasion::Confidential),
            None => see_other(&address(application.id, "updated")),
        }),
        Err(Refused::Invalid(errors)) => {
            let version = seen.to_owned();
            Ok(again(Edit { values, version, ..Edit::new(visit.frame, Some(&application), draft, errors) }))
        }
        Err(Refused::Changed) => {
            // What was typed stays, and the next attempt knows what it replaces.
            let now = visit.application().await?;
            let theirs = theirs(&now, &draft, &values);
            let errors = [("", CHANGED)].into_iter().collect();
            Ok(again(Edit { values, theirs, ..Edit::new(visit.frame, Some(&now), draft, errors) }))
        }
        Err(other) => Err(refused(other)),
    }
}

const CHANGED: &str = "Somebody else changed this application while you had this form open. Nothing of yours is saved \
     yet, and nothing of theirs is lost: compare, and save again to replace it.";

/// What another stored, where it differs from what was typed here.
fn theirs(now: &Application, draft: &Draft, values: &Values) -> Vec<(&'static str, String)> {
    let stored = Draft::from(now);
    let columns = FIELDS.into_iter().filter_map(|(name, label)| {
        let (mine, theirs) = (column(draft, name), column(&stored, name));
        (mine != theirs).then_some((label, theirs))
    });
    let stored = Values::of(&now.metadata);
    let members = values.differing(&stored).map(|(field, theirs)| (field.label, theirs.to_owned()));
    columns.chain(members).collect()
}

/// A field of the form as text that can be compared.
fn column(draft: &Draft, name: &str) -> String {
    let words = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words.join(" ")
    };
    let lines = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name {
        "name" => draft.name.trim().to_owned(),
        "client_type" => draft.client_type.clone(),
        "client_id" => draft.client_id.clone(),
        "grant_types" => words(&draft.grant_types),
        "redirect_uris" => lines(&draft.redirect_uris),
        "post_logout_redirect_uris" => lines(&draft.post_logout_redirect_uris),
        "allowed_origins" => lines(&draft.allowed_origins),
        "scope" => words(&draft.scope),
        "default_scope" => words(&draft.default_scope),
        "require_pkce" => if draft.require_pkce { "required" } else { "not required" }.to_owned(),
        "consent" => draft.consent.clone(),
        "algorithm" => draft.algorithm.clone(),
        "access_token_lifetime" => draft.access_token_lifetime.clone(),
        "id_token_lifetime" => draft.id_token_lifetime.clone(),
        "refresh_token_lifetime" => draft.refresh_token_lifetime.clone(),
        "refresh_token_idle_lifetime" => draft.refresh_token_idle_lifetime.clone(),
        "client_uri" => draft.client_uri.clone(),
        "logo_uri" => draft.logo_uri.clone(),
        "policy_uri" => draft.policy_uri.clone(),
        "tos_uri" => draft.tos_uri.clone(),
        _ => String::new(),
    }
}

/// A refusal with what cannot be read and every rule besides.
fn all<T>(draft: &Draft, grantor: &application::Grantor, mut unreadable: Errors) -> Result<T, Refused> {
    for (field, messages) in draft.faults(grantor).iter() {
        for message in messages {
            unreadable.add(field, message);
        }
    }
    Err(Refused::Invalid(unreadable))
}

fn again(page: Edit) -> Response {
    Page(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
}

/// What was typed.
struct Typed {
    draft: Draft,
    values: Values,
    /// What cannot even be read as what it should be.
    errors: Errors,
}

/// What was typed; a field that this does not name cannot be written.
fn typed(form: &Form, before: &Metadata) -> Result<Typed, Fault> {
    let (metadata, values, errors) = members::read(form, before)?;
    let text = |name: &str| form.text(name).map(str::to_owned);
    let list = |name: &str| form.all(name).map(str::to_owned).collect();
    let draft = Draft {
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
    };
    Ok(Typed { draft, values, errors })
}

/// A scope that stands by itself in the picker.
struct Plain {
    scope: Scope,
    words: String,
}

impl Edit {
    /// The form of an application, or of none yet, as it is stored or as it would begin.
    fn new(frame: Frame, of: Option<&Application>, draft: Draft, errors: Errors) -> Self {
        Self {
            frame,
            values: Values::of(&draft.metadata),
            version: of.map(Application::version).unwrap_or_default(),
            of: of.map(|application| (application.id, application.name.clone())),
            draft,
            errors,
            theirs: Vec::new(),
        }
    }

    fn sections() -> &'static [Section] {
        SECTIONS
    }

    /// Whether a section is unfolded: somebody uses it, or something in it is wrong.
    fn is_open(&self, section: &Section) -> bool {
        self.values.is_special(section) || section.fields.iter().any(|field| self.errors.has(field.name))
    }

    fn has_links(&self) -> bool {
        let Draft { client_uri, logo_uri, policy_uri, tos_uri, .. } = &self.draft;
        let names = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];
        [client_uri, logo_uri, policy_uri, tos_uri].into_iter().any(|uri| !uri.is_empty())
            || names.into_iter().any(|name| self.errors.has(name))
    }

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
            GrantType::DeviceCode => {
                "It runs where there is no browser or no keyboard: it shows a code that people type at /o/device/."
            }
            GrantType::TokenExchange => {
                "A service that was called with a person's token gets a narrower one for the next service. Confidential only; name below whose tokens."
            }
            GrantType::JwtBearer => {
                "Another issuer, named in this server's configuration, says who somebody is. Confidential only."
            }
            GrantType::Ciba => {
                "It asks people who are elsewhere, on the telephone or at a counter; they decide here under Requests to you. Confidential only."
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
        let members = members::fields().map(|Field { name, label, .. }| (*name, *label));
        FIELDS.into_iter().chain(members).filter(|(name, _)| self.errors.has(name))
    }
}

const FIELDS: [(&str, &str); 20] = [
    ("name", "Name"),
    ("client_type", "Client type"),
    ("client_id", "Client id"),
    ("grant_types", "How it gets tokens"),
    ("redirect_uris", "Redirect URIs"),
    ("post_logout_redirect_uris", "Post-logout redirect URIs"),
    ("allowed_origins", "Allowed origins"),
    ("scope", "Allowed scopes"),
    ("default_scope", "Default scopes"),
    ("require_pkce", "PKCE"),
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
