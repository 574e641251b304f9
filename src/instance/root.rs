//! `GET /api/`: the first thing that a client asks, before it has any credential.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    access::Visitor,
    ctx::Ctx,
    rest::{API_VERSION, ApiError, INVENTREE_VERSION, Json},
    settings,
};

/// What server this is. Clients refuse to go on without `apiVersion`.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "InfoApi", rename_all = "snake_case")]
struct Info {
    /// The contract that is spoken: always `InvenTree`.
    server: String,
    /// No installation is identified to strangers.
    id: Option<String>,
    /// The release whose contract this is.
    version: String,
    /// What this installation is called.
    instance: String,
    /// The version of the contract.
    #[oai(rename = "apiVersion")]
    #[serde(rename = "apiVersion")]
    api_version: u32,
    /// Work is done before the answer, so there is no worker to wait for.
    worker_running: bool,
    /// Workers.
    worker_count: u32,
    /// Tasks that wait.
    worker_pending_tasks: u32,
    /// Python plugins cannot run here.
    plugins_enabled: bool,
    /// Nor be installed.
    plugins_install_disabled: bool,
    /// Whether the server can send mail.
    email_configured: bool,
    /// Never: debugging is no matter for strangers.
    debug_mode: bool,
    /// Not told.
    docker_mode: bool,
    /// The language of texts.
    default_locale: String,
    /// What the web client shows.
    customize: Value,
    /// The plugins that run: `false` for none.
    active_plugins: Value,
    /// For staff: whether all is well.
    system_health: Option<bool>,
    /// For staff: the kind of database.
    database: Option<String>,
    /// For staff: the operating system.
    platform: Option<String>,
    /// For staff: how this was installed.
    installer: Option<String>,
    /// Not used.
    target: Option<String>,
    /// There is no Django here.
    django_admin: Option<String>,
    /// What the login page may offer.
    settings: Value,
}

/// The operation.
pub(super) struct Root;

#[OpenApi]
impl Root {
    /// What server this is
    ///
    /// Public; staff see a little more.
    #[oai(path = "/", method = "get", operation_id = "root_retrieve")]
    async fn retrieve(&self, who: Visitor, ctx: Data<&Ctx>) -> Result<Json<Info>, ApiError> {
        let staff = who.0.is_some_and(|who| who.is_staff() || who.is_superuser());
        let for_staff = |text: &str| staff.then(|| text.to_owned());
        Ok(Json(Info {
            server: "InvenTree".into(),
            id: None,
            version: INVENTREE_VERSION.into(),
            instance: settings::instance(ctx.0).await?,
            api_version: API_VERSION,
            worker_running: true,
            worker_count: 1,
            worker_pending_tasks: 0,
            plugins_enabled: false,
            plugins_install_disabled: true,
            email_configured: false,
            debug_mode: ctx.config.debug,
            docker_mode: false,
            default_locale: "en".into(),
            customize: json!({
                "logo": "/static/img/logo.svg",
                "splash": "/static/img/logo.svg",
                "login_message": null,
                "navbar_message": null,
                "disable_theme_storage": false,
            }),
            active_plugins: Value::Bool(false),
            // It has just answered from its database, which is all that there is to it.
            system_health: staff.then_some(true),
            database: for_staff(if ctx.db.is_sqlite() { "sqlite" } else { "postgresql" }),
            platform: for_staff(std::env::consts::OS),
            installer: for_staff(concat!("Stockade ", env!("CARGO_PKG_VERSION"))),
            target: None,
            django_admin: None,
            settings: json!({
                "sso_registration": false,
                "registration_enabled": false,
                "password_forgotten_enabled": false,
            }),
        }))
    }
}
