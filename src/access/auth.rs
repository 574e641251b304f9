//! The extractor by which an operation is guarded, and how the document describes it.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use poem::{FromRequest, Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions, OAuthScopes, SecurityScheme,
    auth::{ApiKey, Basic, Bearer},
    registry::{MetaOAuthScope, Registry},
};

use super::{Cache, Principal, Refused, authenticate, principal::Denied};
use crate::{
    ctx::Ctx,
    scope::{Need, Scope},
};

/// An authenticated caller who may do what the operation says in `#[oai(scope = ...)]`. An operation without this argument
/// is public. Make it the first argument, so that nothing of a stranger's request is read.
#[derive(Debug, Clone)]
pub struct Auth(pub Arc<Principal>);

/// Whoever calls a public operation: nobody, or a caller with a good credential.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Arc<Principal>>);

/// What the matched operation needs; `rest::Guarded` puts it into the request. Every group must be satisfied, by any one of
/// its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    groups: Arc<[Vec<Scope>]>,
    /// Whether it also asks for a recent login.
    recent: bool,
}

/// A need that a recent login goes with, for what gives power away: `#[oai(scope = "Recent::STAFF")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent(pub Need);

impl Recent {
    /// Staff who logged in recently.
    pub const STAFF: Self = Self(Need::Staff);
    /// A superuser who logged in recently.
    pub const SUPERUSER: Self = Self(Need::Superuser);
    /// How it is written among the scopes, of which none reads so.
    const MARK: &'static str = "!recent";
}

impl Required {
    /// Reads what [`OAuthScopes::name`] of the operation's needs wrote.
    pub fn parse(needs: &[&str]) -> Option<Self> {
        let recent = needs.iter().any(|need| need.split(' ').any(|word| word == Recent::MARK));
        let scopes = |need: &&str| {
            need.split(' ').filter(|word| *word != Recent::MARK).map(str::parse).collect::<Result<Vec<Scope>, _>>()
        };
        let groups: Vec<_> = needs.iter().map(scopes).collect::<Result<_, _>>().ok()?;
        Some(Self { groups: groups.into(), recent }).filter(|required| !required.groups.is_empty())
    }

    /// Whether a login is as recent as this asks, once all else is right.
    fn is_recent(&self, ctx: &Ctx, principal: &Principal) -> Result<(), Refused> {
        if self.recent { principal.logged_in_recently(ctx) } else { Ok(()) }
    }

    /// The sets of scopes that would each do, as `OpenAPI` writes alternatives.
    pub fn alternatives(&self) -> Vec<Vec<Scope>> {
        self.groups.iter().fold(vec![Vec::new()], |sets, group| {
            let extended =
                |set: &Vec<Scope>| group.iter().map(|s| [set.as_slice(), &[*s]].concat()).collect::<Vec<_>>();
            sets.iter().flat_map(extended).collect()
        })
    }

    /// Whether it also asks for a recent login.
    pub const fn asks_for_recent_login(&self) -> bool {
        self.recent
    }

    /// A scope, as the document's static strings have it.
    pub fn name(scope: Scope) -> &'static str {
        intern(scope.to_string())
    }

    /// Whether a principal may.
    pub fn check(&self, principal: &Principal) -> Result<(), Refused> {
        for group in self.groups.iter() {
            principal.decide(group).map_err(|denied| match denied {
                Denied::Scope(scope) => Refused::Scope(scope),
                Denied::Right => Refused::Right,
            })?;
        }
        Ok(())
    }
}

#[derive(SecurityScheme)]
#[oai(ty = "basic", rename = "basicAuth")]
struct BasicAuth(#[expect(dead_code, reason = "described only; see authenticate.rs")] Basic);

/// An API token: `Authorization: Token inv-...`.
#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_in = "header", key_name = "Authorization", rename = "tokenAuth")]
struct TokenAuth(#[expect(dead_code, reason = "described only; see authenticate.rs")] ApiKey);

/// A browser session, with `X-CSRFToken` where something changes.
#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_in = "cookie", key_name = "sessionid", rename = "cookieAuth")]
struct CookieAuth(#[expect(dead_code, reason = "described only; see authenticate.rs")] ApiKey);

#[derive(SecurityScheme)]
#[oai(
    ty = "oauth2",
    rename = "oauth2",
    flows(
        authorization_code(authorization_url = "/o/authorize/", token_url = "/o/token/", scopes = "Need"),
        client_credentials(token_url = "/o/token/", scopes = "Need")
    )
)]
struct OAuth2(#[expect(dead_code, reason = "described only; see authenticate.rs")] Bearer);

impl<'a> ApiExtractor<'a> for Auth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        BasicAuth::register(registry);
        TokenAuth::register(registry);
        CookieAuth::register(registry);
        OAuth2::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec!["tokenAuth", "basicAuth", "cookieAuth", "oauth2"]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let principal = Visitor::of(request).await?.0.ok_or(Refused::Anonymous)?;
        // Fails closed: an operation that the guard did not see grants nothing.
        let required = request.data::<Required>().ok_or(Refused::Right)?;
        required.check(&principal)?;
        required.is_recent(request.data::<Ctx>().ok_or(Refused::Right)?, &principal)?;
        Ok(Self(principal))
    }
}

impl Visitor {
    /// Who sends a request.
    pub async fn of(request: &Request) -> Result<Self, Refused> {
        match (request.data::<Ctx>(), request.data::<Arc<Cache>>()) {
            (Some(ctx), Some(cache)) => authenticate(ctx, cache, request).await.map(Self),
            _ => Err(Refused::Right),
        }
    }
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request).await?)
    }
}

impl OAuthScopes for Need {
    fn meta() -> Vec<MetaOAuthScope> {
        let describe = |scope: Scope| MetaOAuthScope {
            name: intern(scope.to_string()),
            description: Some(intern(scope.describe())),
        };
        Scope::all().map(describe).collect()
    }

    /// The alternatives, space-delimited; [`Required::parse`] reads them again.
    fn name(&self) -> &'static str {
        let alternatives: Vec<String> = self.alternatives().iter().map(Scope::to_string).collect();
        intern(alternatives.join(" "))
    }
}

impl OAuthScopes for Recent {
    fn meta() -> Vec<MetaOAuthScope> {
        Need::meta()
    }

    fn name(&self) -> &'static str {
        intern(format!("{} {}", self.0.name(), Self::MARK))
    }
}

/// poem-openapi's registry knows only static strings.
pub fn intern(text: String) -> &'static str {
    static POOL: LazyLock<Mutex<HashMap<String, &'static str>>> = LazyLock::new(Mutex::default);
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    pool.entry(text).or_insert_with_key(|text| Box::leak(text.clone().into_boxed_str()))
}
