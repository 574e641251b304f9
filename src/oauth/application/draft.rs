//! The one way from what somebody typed to what may be stored: pages, command line and registration all pass here.
//!
//! A [`Draft`] is text and holds only what may be chosen; what may not (`id`, `is_default`, who registered it and when) is
//! no field of it, so no form can smuggle it in.

use entities::accounts::user;
use url::Url;

use super::{Algorithm, Application, ClientType, Consent, GrantType, Metadata};
use crate::{
    oauth::redirect_uri,
    scope::{Rights, Scope, Scopes},
    web::form::Errors,
};

/// The most addresses of one kind.
const MAX_URIS: usize = 50;

/// The bounds of a token's lifetime, in seconds.
pub const TOKEN_SECONDS: (i32, i32) = (60, 86_400);

/// The bounds of a refresh token's lifetime, in seconds.
pub const REFRESH_SECONDS: (i32, i32) = (300, 366 * 86_400);

/// Who registers, and what they may hand on.
#[derive(Debug, Clone)]
pub struct Grantor {
    pub(super) user_id: Option<i32>,
    rights: Rights,
    /// What their credential is limited to.
    scopes: Option<Scopes>,
}

impl Grantor {
    /// A person with these rights.
    pub fn person(user: &user::Model, rights: Rights) -> Self {
        Self { user_id: Some(user.id), rights, scopes: None }
    }

    /// Whoever runs commands on the server itself.
    pub fn operator() -> Self {
        Self { user_id: None, rights: Rights::of_person(true, true), scopes: None }
    }

    /// Whoever calls by a credential that is limited to scopes: they hand on only what both give.
    pub fn limited(user_id: Option<i32>, rights: Rights, scopes: Option<Scopes>) -> Self {
        Self { user_id, rights, scopes }
    }

    fn holds(&self, scope: Scope) -> bool {
        self.rights.covers(scope) && self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope))
    }
}

/// A registration as it was typed. Lists of addresses are separated by white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// `client_name`.
    pub name: String,
    /// Blank for a random one; only at registration, never changed afterwards.
    pub client_id: String,
    /// [`ClientType`].
    pub client_type: String,
    /// [`GrantType`]s.
    pub grant_types: Vec<String>,
    /// Where codes may be sent.
    pub redirect_uris: String,
    /// Where a logout may end.
    pub post_logout_redirect_uris: String,
    /// Browser origins that may call the token endpoint.
    pub allowed_origins: String,
    /// [`Algorithm`].
    pub algorithm: String,
    /// Scopes that it may be granted.
    pub scope: Vec<String>,
    /// Scopes granted where none is asked.
    pub default_scope: Vec<String>,
    /// Whether PKCE is required; of no account for public applications, which always need it.
    pub require_pkce: bool,
    /// [`Consent`].
    pub consent: String,
    /// Seconds.
    pub access_token_lifetime: String,
    /// Seconds.
    pub id_token_lifetime: String,
    /// Seconds from the login, at most.
    pub refresh_token_lifetime: String,
    /// Seconds without use.
    pub refresh_token_idle_lifetime: String,
    /// Home page, or blank.
    pub client_uri: String,
    /// Logo, or blank.
    pub logo_uri: String,
    /// Privacy policy, or blank.
    pub policy_uri: String,
    /// Terms of service, or blank.
    pub tos_uri: String,
    /// The rest.
    pub metadata: Metadata,
}

impl Default for Draft {
    /// A web application that logs people in: the safe choice of every policy.
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            name: String::new(),
            client_id: String::new(),
            client_type: ClientType::Confidential.name().to_owned(),
            grant_types: words(&[GrantType::AuthorizationCode.name(), GrantType::RefreshToken.name()]),
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            allowed_origins: String::new(),
            algorithm: Algorithm::Rs256.name().to_owned(),
            scope: words(&["openid", "profile", "email", "offline_access", "g:read"]),
            default_scope: words(&["openid"]),
            require_pkce: true,
            consent: Consent::Remember.name().to_owned(),
            access_token_lifetime: "3600".to_owned(),
            id_token_lifetime: "3600".to_owned(),
            refresh_token_lifetime: (90 * 86_400).to_string(),
            refresh_token_idle_lifetime: (30 * 86_400).to_string(),
            client_uri: String::new(),
            logo_uri: String::new(),
            policy_uri: String::new(),
            tos_uri: String::new(),
            metadata: Metadata::default(),
        }
    }
}

impl From<&Application> for Draft {
    fn from(application: &Application) -> Self {
        let Application { row, metadata } = application;
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Self {
            name: row.name.clone(),
            client_id: row.client_id.clone(),
            client_type: row.client_type.clone(),
            grant_types: list(&row.grant_types),
            redirect_uris: row.redirect_uris.clone(),
            post_logout_redirect_uris: row.post_logout_redirect_uris.clone(),
            allowed_origins: row.allowed_origins.clone(),
            algorithm: row.algorithm.clone(),
            scope: list(&row.scope),
            default_scope: list(&row.default_scope),
            require_pkce: row.require_pkce,
            consent: row.consent.clone(),
            access_token_lifetime: row.access_token_lifetime.to_string(),
            id_token_lifetime: row.id_token_lifetime.to_string(),
            refresh_token_lifetime: row.refresh_token_lifetime.to_string(),
            refresh_token_idle_lifetime: row.refresh_token_idle_lifetime.to_string(),
            client_uri: row.client_uri.clone(),
            logo_uri: row.logo_uri.clone(),
            policy_uri: row.policy_uri.clone(),
            tos_uri: row.tos_uri.clone(),
            metadata: metadata.clone(),
        }
    }
}

/// A registration that passed every rule.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) client_id: Option<String>,
    pub(super) client_type: ClientType,
    pub(super) grant_types: Vec<GrantType>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) post_logout_redirect_uris: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) algorithm: Algorithm,
    pub(super) scope: Scopes,
    pub(super) default_scope: Scopes,
    pub(super) require_pkce: bool,
    pub(super) consent: Consent,
    pub(super) access_token_lifetime: i32,
    pub(super) id_token_lifetime: i32,
    pub(super) refresh_token_lifetime: i32,
    pub(super) refresh_token_idle_lifetime: i32,
    pub(super) client_uri: String,
    pub(super) logo_uri: String,
    pub(super) policy_uri: String,
    pub(super) tos_uri: String,
    pub(super) metadata: Metadata,
}

impl Draft {
    /// What is wrong with it.
    pub fn faults(&self, grantor: &Grantor) -> Errors {
        self.check(grantor).err().unwrap_or_default()
    }

    /// Every rule at once, so that every message can stand beside its field.
    pub(super) fn check(&self, grantor: &Grantor) -> Result<Checked, Errors> {
        let mut errors = Errors::default();
        let name = name(&self.name, &mut errors);
        let client_id = client_id(&self.client_id, &mut errors);
        let client_type = ClientType::parse(&self.client_type).unwrap_or_else(|| {
            errors.add("client_type", "Choose confidential or public.");
            // Nothing is stored; the rules that follow depend on the type as little as they can.
            ClientType::Confidential
        });
        let grant_types = self.grants(client_type, &mut errors);
        let redirect_uris = uris("redirect_uris", &self.redirect_uris, client_type, &mut errors);
        if redirect_uris.is_empty()
            && grant_types.contains(&GrantType::AuthorizationCode)
            && !errors.has("redirect_uris")
        {
            errors.add("redirect_uris", "Logging people in needs at least one address to send them back to.");
        }
        let field = "post_logout_redirect_uris";
        let post_logout_redirect_uris = uris(field, &self.post_logout_redirect_uris, client_type, &mut errors);
        let allowed_origins = origins(&self.allowed_origins, &mut errors);
        let algorithm = Algorithm::parse(&self.algorithm).unwrap_or_else(|| {
            errors.add("algorithm", "This server does not sign by such an algorithm.");
            Algorithm::Rs256
        });
        let (scope, default_scope) = self.scopes(grantor, &mut errors);
        let consent = Consent::parse(&self.consent).unwrap_or_else(|| {
            errors.add("consent", "Choose how often people are asked.");
            Consent::Always
        });
        let mut seconds = |field: &str, text: &str, bounds| lifetime(field, text, bounds, &mut errors);
        let access_token_lifetime = seconds("access_token_lifetime", &self.access_token_lifetime, TOKEN_SECONDS);
        let id_token_lifetime = seconds("id_token_lifetime", &self.id_token_lifetime, TOKEN_SECONDS);
        let refresh_token_lifetime = seconds("refresh_token_lifetime", &self.refresh_token_lifetime, REFRESH_SECONDS);
        let idle = "refresh_token_idle_lifetime";
        let refresh_token_idle_lifetime = seconds(idle, &self.refresh_token_idle_lifetime, REFRESH_SECONDS);
        if refresh_token_idle_lifetime > refresh_token_lifetime
            && !errors.has("refresh_token_lifetime")
            && !errors.has(idle)
        {
            errors.add(idle, "The time without use cannot be longer than the lifetime.");
        }
        self.metadata.check(client_type, &grant_types, &redirect_uris, &mut errors);
        let mut link = |field: &str, text: &str| link(field, text, &mut errors);
        let checked = Checked {
            name,
            client_id,
            client_type,
            grant_types,
            redirect_uris,
            post_logout_redirect_uris,
            allowed_origins,
            algorithm,
            scope,
            default_scope,
            // RFC 9700 section 2.1.1: "public clients MUST use PKCE".
            require_pkce: self.require_pkce || client_type == ClientType::Public,
            // The identity of a public application is not assured, so its consent is not remembered (RFC 6749, 10.2).
            consent: match (consent, client_type) {
                (Consent::Remember, ClientType::Public) => Consent::Always,
                (consent, _) => consent,
            },
            access_token_lifetime,
            id_token_lifetime,
            refresh_token_lifetime,
            refresh_token_idle_lifetime,
            client_uri: link("client_uri", &self.client_uri),
            logo_uri: link("logo_uri", &self.logo_uri),
            policy_uri: link("policy_uri", &self.policy_uri),
            tos_uri: link("tos_uri", &self.tos_uri),
            metadata: self.metadata.clone(),
        };
        if errors.is_empty() { Ok(checked) } else { Err(errors) }
    }

    fn grants(&self, client_type: ClientType, errors: &mut Errors) -> Vec<GrantType> {
        let chosen = |grant: &GrantType| self.grant_types.iter().any(|name| name == grant.name());
        let grants: Vec<GrantType> = GrantType::ALL.iter().copied().filter(chosen).collect();
        let mut wrong = |message: &str| errors.add("grant_types", message);
        if self.grant_types.iter().any(|name| GrantType::parse(name).is_none()) {
            wrong("This server has no such grant.");
        } else if grants.is_empty() {
            wrong("Choose at least one way in which the application gets tokens.");
        }
        if grants.contains(&GrantType::RefreshToken) && !grants.iter().any(|g| GrantType::PERSONAL.contains(g)) {
            wrong("Refresh tokens come with logging people in: choose a way to do that as well.");
        }
        let unfit = grants.iter().find(|grant| GrantType::CONFIDENTIAL.contains(grant));
        if let Some(unfit) = unfit.filter(|_| client_type == ClientType::Public) {
            let label = unfit.label().to_lowercase();
            wrong(&format!("Only confidential applications can do that ({label})."));
        }
        grants
    }

    fn scopes(&self, grantor: &Grantor, errors: &mut Errors) -> (Scopes, Scopes) {
        let mut parse = |field: &str, words: &[String]| {
            Scopes::parse(&words.join(" ")).unwrap_or_else(|error| {
                errors.add(field, error.to_string());
                Scopes::none()
            })
        };
        let scope = parse("scope", &self.scope);
        let default_scope = parse("default_scope", &self.default_scope);
        if scope.is_empty() && !errors.has("scope") {
            errors.add("scope", "Allow at least one scope, or the application can do nothing.");
        }
        if let Some(beyond) = scope.iter().find(|scope| !grantor.holds(*scope)) {
            errors.add("scope", format!("You cannot hand on {beyond}: you do not hold it yourself."));
        }
        if !errors.has("scope") && !default_scope.is_subset(&scope) {
            let beyond: Vec<String> =
                default_scope.iter().filter(|s| !scope.contains(*s)).map(|s| s.to_string()).collect();
            errors.add("default_scope", format!("Not among the allowed scopes: {}.", beyond.join(", ")));
        }
        (scope, default_scope)
    }

    /// Whether a scope is ticked; for the form.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scope.iter().any(|word| *word == scope.to_string())
    }

    /// Whether a scope is ticked as a default; for the form.
    pub fn defaults_to(&self, scope: Scope) -> bool {
        self.default_scope.iter().any(|word| *word == scope.to_string())
    }

    /// Whether a grant is ticked; for the form.
    pub fn uses(&self, grant: GrantType) -> bool {
        self.grant_types.iter().any(|word| word == grant.name())
    }
}

/// A name that looks like what it is: nothing invisible and nothing that turns the reading direction on the consent page.
fn name(text: &str, errors: &mut Errors) -> String {
    let name = text.trim();
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if name.is_empty() {
        errors.add("name", "Give the application a name: people see it when they are asked.");
    } else if name.chars().count() > 255 {
        errors.add("name", "The name has at most 255 characters.");
    } else if name.chars().any(hidden) {
        errors.add("name", "The name holds invisible characters.");
    }
    name.to_owned()
}

fn client_id(text: &str, errors: &mut Errors) -> Option<String> {
    let id = text.trim();
    if id.is_empty() {
        return None;
    }
    // No colon, so it can never read as an https:// identifier (client ID metadata documents) nor break Basic in two.
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)) {
        errors.add("client_id", "A client id holds only letters, digits and . _ ~ -");
    } else if id.len() > 255 {
        errors.add("client_id", "A client id has at most 255 characters.");
    }
    Some(id.to_owned())
}

/// The addresses of a list, each once.
fn listed(field: &str, text: &str, errors: &mut Errors) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for uri in text.split_whitespace() {
        if found.iter().all(|known| known != uri) {
            found.push(uri.to_owned());
        }
        if found.len() > MAX_URIS {
            errors.add(field, format!("At most {MAX_URIS} addresses."));
            break;
        }
    }
    found
}

fn uris(field: &str, text: &str, client_type: ClientType, errors: &mut Errors) -> Vec<String> {
    let found = listed(field, text, errors);
    for uri in &found {
        if let Err(fault) = redirect_uri::validate(uri, client_type) {
            errors.add(field, format!("{}: {fault}", short(uri)));
        }
    }
    found
}

/// What the browser sends as `Origin`, which the token endpoint compares byte for byte.
fn origins(text: &str, errors: &mut Errors) -> Vec<String> {
    let field = "allowed_origins";
    let found = listed(field, text, errors);
    for origin in &found {
        let url = Url::parse(origin).ok();
        let exact = url.as_ref().is_some_and(|url| url.origin().ascii_serialization() == *origin);
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let local = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        let scheme = url.as_ref().map(Url::scheme).unwrap_or_default();
        if !exact || origin.contains('*') || !(scheme == "https" || scheme == "http" && local) {
            let rule = "an origin is a scheme and a host, such as https://app.example, without a path; http only for this machine";
            errors.add(field, format!("{}: {rule}.", short(origin)));
        }
    }
    found
}

/// A link for people: https and nothing else, whatever the case of `JavaScript:` (threats 13).
pub(super) fn link(field: &str, text: &str, errors: &mut Errors) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let proper = Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none()
    });
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&b));
    if !proper || !plain || text.len() > redirect_uri::MAX_LENGTH || !text.starts_with("https://") {
        errors.add(field, "Give an address that begins with https://, or nothing.");
    }
    text.to_owned()
}

fn lifetime(field: &str, text: &str, (least, most): (i32, i32), errors: &mut Errors) -> i32 {
    let text = text.trim();
    // `parse` would take a plus sign.
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<i32>() {
        Ok(seconds) if digits && (least..=most).contains(&seconds) => seconds,
        _ => {
            errors.add(field, format!("A whole number of seconds from {least} to {most}."));
            least
        }
    }
}

/// An address as it fits into a message.
fn short(uri: &str) -> String {
    if uri.chars().count() <= 80 { uri.to_owned() } else { uri.chars().take(79).chain(['…']).collect() }
}
