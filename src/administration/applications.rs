//! Applications: `/api/oauth/application/`.

use std::sync::LazyLock;

use entities::oauth::application as row;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{prelude::*, sea_query::SimpleExpr};
use serde::Serialize;
use serde_json::Value;

use super::{moment, refused};
use crate::{
    access::{Auth, Principal},
    ctx::Ctx,
    oauth::application::{self, Application, Draft, Grantor, Metadata},
    rest::{
        ApiError, Body, Filter, Json, Listing, Lists, Params, Patched, Purpose, View,
        error::{invalid, not_found},
        field::{Given, Required, Shown},
        json::{Created, Gone},
        list::{self, Kind, Table},
    },
    scope::Need,
};

/// A registered application.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthApplication")]
struct Read {
    /// Primary key.
    pk: i32,
    /// Its `client_id`.
    client_id: String,
    /// What people are shown.
    name: String,
    /// `confidential` or `public`.
    client_type: String,
    /// The grants that it may use.
    grant_types: Vec<String>,
    /// Where codes may be sent.
    redirect_uris: Vec<String>,
    /// Where a logout may end.
    post_logout_redirect_uris: Vec<String>,
    /// Browser origins that may call the token endpoint.
    allowed_origins: Vec<String>,
    /// How its ID tokens are signed.
    algorithm: String,
    /// What it may be granted at most.
    scope: Vec<String>,
    /// What it is granted where a request asks for nothing.
    default_scope: Vec<String>,
    /// Whether a request without PKCE is refused.
    require_pkce: bool,
    /// `always`, `remember` or `trusted`.
    consent: String,
    /// Seconds.
    access_token_lifetime: i32,
    /// Seconds.
    id_token_lifetime: i32,
    /// Seconds from the login, at most.
    refresh_token_lifetime: i32,
    /// Seconds without use.
    refresh_token_idle_lifetime: i32,
    /// Home page, or blank.
    client_uri: String,
    /// Logo, or blank.
    logo_uri: String,
    /// Privacy policy, or blank.
    policy_uri: String,
    /// Terms of service, or blank.
    tos_uri: String,
    /// What else is registered, under the registered names (RFC 7591).
    metadata: Value,
    /// A disabled application has no live credentials.
    is_active: bool,
    /// The application that comes with the server, which cannot be changed.
    is_default: bool,
    /// Who registered it: `administrator`, `dynamic` or `document`.
    origin: String,
    /// The superuser who did.
    created_by: Option<i32>,
    /// When.
    created: String,
    /// Last change.
    updated: String,
    /// Names this state; sent back with a change, the change is refused if there was another one meanwhile.
    version: String,
    /// The secret, in the one answer that makes it.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    client_secret: Shown<String>,
}

/// An application as it is written. What is left out stays, or starts, as on the form.
#[derive(Debug, Clone, Object)]
#[oai(rename = "OAuthApplicationWrite")]
struct Write {
    /// What people are shown.
    name: Required<String>,
    /// Its `client_id`; random if not given, and never changed afterwards.
    client_id: Given<String>,
    /// `confidential` or `public`.
    client_type: Given<String>,
    /// The grants that it may use.
    grant_types: Given<Vec<String>>,
    /// Where codes may be sent.
    redirect_uris: Given<Vec<String>>,
    /// Where a logout may end.
    post_logout_redirect_uris: Given<Vec<String>>,
    /// Browser origins that may call the token endpoint.
    allowed_origins: Given<Vec<String>>,
    /// How its ID tokens are signed.
    algorithm: Given<String>,
    /// What it may be granted at most; nothing that the caller does not hold.
    scope: Given<Vec<String>>,
    /// What it is granted where a request asks for nothing.
    default_scope: Given<Vec<String>>,
    /// Whether a request without PKCE is refused.
    require_pkce: Given<bool>,
    /// `always`, `remember` or `trusted`.
    consent: Given<String>,
    /// Seconds.
    access_token_lifetime: Given<i32>,
    /// Seconds.
    id_token_lifetime: Given<i32>,
    /// Seconds from the login, at most.
    refresh_token_lifetime: Given<i32>,
    /// Seconds without use.
    refresh_token_idle_lifetime: Given<i32>,
    /// Home page, or blank.
    client_uri: Given<String>,
    /// Logo, or blank.
    logo_uri: Given<String>,
    /// Privacy policy, or blank.
    policy_uri: Given<String>,
    /// Terms of service, or blank.
    tos_uri: Given<String>,
    /// Other members, under the registered names; one that is null goes back to its default.
    metadata: Given<Value>,
    /// Whether it may be used at all. Disabling it ends every token.
    is_active: Given<bool>,
    /// The state that is being changed, as it was read.
    version: Given<String>,
}

/// A new secret.
#[derive(Debug, Clone, Object)]
#[oai(rename = "OAuthSecretWrite")]
struct SecretWrite {
    /// Seconds for which the old secrets stay valid; 0, which also ends the access tokens, if not given.
    overlap: Given<i32>,
}

/// A new secret, in the one answer that shows it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthSecret")]
struct Secret {
    /// The secret.
    client_secret: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: row::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: vec![
            Filter::eq("is_active", Kind::Bool, row::Column::IsActive),
            Filter::eq("origin", Kind::Text, row::Column::Origin),
            Filter::eq("client_id", Kind::Text, row::Column::ClientId),
        ],
        search: vec![column(row::Column::Name), column(row::Column::ClientId)],
        ordering: vec![
            ("name", column(row::Column::Name)),
            ("created", column(row::Column::Created)),
            ("updated", column(row::Column::Updated)),
        ],
        default_order: Vec::new(),
        search_notes: Vec::new(),
    }
});

fn shown(application: &Application, secret: Option<String>) -> Read {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let version = application.version();
    let Application { row, metadata } = application;
    Read {
        pk: row.id,
        client_id: row.client_id.clone(),
        name: row.name.clone(),
        client_type: row.client_type.clone(),
        grant_types: words(&row.grant_types),
        redirect_uris: words(&row.redirect_uris),
        post_logout_redirect_uris: words(&row.post_logout_redirect_uris),
        allowed_origins: words(&row.allowed_origins),
        algorithm: row.algorithm.clone(),
        scope: words(&row.scope),
        default_scope: words(&row.default_scope),
        require_pkce: application.requires_pkce(),
        consent: row.consent.clone(),
        access_token_lifetime: row.access_token_lifetime,
        id_token_lifetime: row.id_token_lifetime,
        refresh_token_lifetime: row.refresh_token_lifetime,
        refresh_token_idle_lifetime: row.refresh_token_idle_lifetime,
        client_uri: row.client_uri.clone(),
        logo_uri: row.logo_uri.clone(),
        policy_uri: row.policy_uri.clone(),
        tos_uri: row.tos_uri.clone(),
        metadata: serde_json::to_value(metadata).unwrap_or_default(),
        is_active: row.is_active,
        is_default: row.is_default,
        origin: row.origin.clone(),
        created_by: row.created_by,
        created: moment(row.created),
        updated: moment(row.updated),
        version,
        client_secret: Shown(secret),
    }
}

/// What the caller may hand on: what they hold, and no more than their token carries.
fn grantor(who: &Principal) -> Grantor {
    Grantor::limited(who.user_id(), who.rights.clone(), who.scopes.clone())
}

impl Write {
    /// What was sent, over what there is.
    fn over(self, before: Draft) -> Result<Draft, ApiError> {
        let lines = |uris: Vec<String>, field: &str| {
            // An address with a space in it would become two.
            if uris.iter().any(|uri| uri.contains(char::is_whitespace)) {
                Err(invalid(field, "An address holds no white space."))
            } else {
                Ok(uris.join("\n"))
            }
        };
        let seconds = |given: Given<i32>, before: String| given.0.map_or(before, |seconds| seconds.to_string());
        let uris = |given: Given<Vec<String>>, before: String, field: &str| match given.0 {
            Some(uris) => lines(uris, field),
            None => Ok(before),
        };
        Ok(Draft {
            name: self.name.0.unwrap_or(before.name),
            client_id: before.client_id,
            client_type: self.client_type.0.unwrap_or(before.client_type),
            grant_types: self.grant_types.0.unwrap_or(before.grant_types),
            redirect_uris: uris(self.redirect_uris, before.redirect_uris, "redirect_uris")?,
            post_logout_redirect_uris: uris(
                self.post_logout_redirect_uris,
                before.post_logout_redirect_uris,
                "post_logout_redirect_uris",
            )?,
            allowed_origins: uris(self.allowed_origins, before.allowed_origins, "allowed_origins")?,
            algorithm: self.algorithm.0.unwrap_or(before.algorithm),
            scope: self.scope.0.unwrap_or(before.scope),
            default_scope: self.default_scope.0.unwrap_or(before.default_scope),
            require_pkce: self.require_pkce.0.unwrap_or(before.require_pkce),
            consent: self.consent.0.unwrap_or(before.consent),
            access_token_lifetime: seconds(self.access_token_lifetime, before.access_token_lifetime),
            id_token_lifetime: seconds(self.id_token_lifetime, before.id_token_lifetime),
            refresh_token_lifetime: seconds(self.refresh_token_lifetime, before.refresh_token_lifetime),
            refresh_token_idle_lifetime: seconds(self.refresh_token_idle_lifetime, before.refresh_token_idle_lifetime),
            client_uri: self.client_uri.0.unwrap_or(before.client_uri),
            logo_uri: self.logo_uri.0.unwrap_or(before.logo_uri),
            policy_uri: self.policy_uri.0.unwrap_or(before.policy_uri),
            tos_uri: self.tos_uri.0.unwrap_or(before.tos_uri),
            metadata: match self.metadata.0 {
                Some(members) => metadata(&before.metadata, members)?,
                None => before.metadata,
            },
        })
    }
}

/// Members over those that there are. One that this server does not know is refused: misspelt, it would do nothing.
fn metadata(before: &Metadata, members: Value) -> Result<Metadata, ApiError> {
    let Value::Object(members) = members else { return Err(invalid("metadata", "An object is needed.")) };
    let Ok(Value::Object(mut all)) = serde_json::to_value(before) else { return Ok(before.clone()) };
    for (name, value) in members {
        if value.is_null() {
            all.remove(&name);
        } else if Metadata::takes(&name, &value) {
            all.insert(name, value);
        } else {
            return Err(invalid(
                "metadata",
                format!("{name}: there is no such member, or its value is of another kind."),
            ));
        }
    }
    serde_json::from_value(Value::Object(all)).map_err(|_| invalid("metadata", "The members do not fit together."))
}

async fn find(ctx: &Ctx, pk: i32) -> Result<Application, ApiError> {
    let found = row::Entity::find_by_id(pk).one(ctx.db.reader()).await?;
    found.map(Application::from).ok_or(not_found("Application"))
}

async fn change(ctx: &Ctx, who: &Principal, pk: i32, write: Write) -> Result<Json<Read>, ApiError> {
    let before = find(ctx, pk).await?;
    if write.client_id.0.as_ref().is_some_and(|id| *id != before.client_id) {
        return Err(invalid("client_id", "The client id stays what it is."));
    }
    let (is_active, version) = (write.is_active.0, write.version.0.clone());
    let draft = write.over(Draft::from(&before))?;
    let seen = version.as_deref();
    let mut stored = application::update(ctx, &grantor(who), pk, &draft, seen).await.map_err(refused)?;
    if let Some(is_active) = is_active.filter(|is_active| *is_active != stored.application.is_active) {
        application::set_active(ctx, pk, is_active).await.map_err(refused)?;
        stored.application = find(ctx, pk).await?;
    }
    Ok(Json(shown(&stored.application, stored.secret)))
}

/// The operations.
pub(super) struct Applications;

impl Lists for Applications {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("oauth_application_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/oauth/application")]
impl Applications {
    /// Applications
    #[oai(path = "/", method = "get", operation_id = "oauth_application_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Read>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(row::Column::Id.as_column_ref());
        let found: list::Found<row::Model> = list::find(&view, &TABLE, row::Entity::find(), pk).await?;
        Ok(found.shown(&view, |row| Some(shown(&Application::from(row), None))))
    }

    /// Register an application
    ///
    /// The only answer that holds its secret, if it has one.
    #[oai(path = "/", method = "post", operation_id = "oauth_application_create")]
    async fn create(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Write>,
    ) -> Result<Created<Read>, ApiError> {
        let write = body.0;
        let (client_id, is_active) = (write.client_id.0.clone().unwrap_or_default(), write.is_active.0);
        let draft = Draft { client_id, ..write.over(Draft::default())? };
        let mut stored = application::register(ctx.0, &grantor(&who.0), &draft).await.map_err(refused)?;
        if is_active == Some(false) {
            application::set_active(ctx.0, stored.application.id, false).await.map_err(refused)?;
            stored.application = find(ctx.0, stored.application.id).await?;
        }
        Ok(Created(shown(&stored.application, stored.secret)))
    }

    /// One application
    #[oai(path = "/:id", method = "get", operation_id = "oauth_application_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Json<Read>, ApiError> {
        Ok(Json(shown(&find(ctx.0, id.0).await?, None)))
    }

    /// Change an application
    #[oai(path = "/:id", method = "put", operation_id = "oauth_application_update")]
    async fn replace(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Body<Write>,
    ) -> Result<Json<Read>, ApiError> {
        change(ctx.0, &who.0, id.0, body.0).await
    }

    /// Change some of an application
    #[oai(path = "/:id", method = "patch", operation_id = "oauth_application_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Patched<Write>,
    ) -> Result<Json<Read>, ApiError> {
        change(ctx.0, &who.0, id.0, body.0).await
    }

    /// Remove an application, with everything that it was given
    #[oai(path = "/:id", method = "delete", operation_id = "oauth_application_destroy")]
    async fn delete(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        application::delete(ctx.0, id.0).await.map_err(refused)?;
        Ok(Gone)
    }

    /// Make a new secret
    ///
    /// The only answer that holds it.
    #[oai(path = "/:id/secret", method = "post", operation_id = "oauth_application_secret_create")]
    async fn secret(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Body<SecretWrite>,
    ) -> Result<Created<Secret>, ApiError> {
        let overlap = body.0.overlap.0.unwrap_or(0);
        if !(0..=30 * 86_400).contains(&overlap) {
            return Err(invalid("overlap", "From 0 to 2592000 seconds."));
        }
        let client_secret = application::new_secret(ctx.0, id.0, overlap.into()).await.map_err(refused)?;
        Ok(Created(Secret { client_secret }))
    }
}
