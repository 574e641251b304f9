//! `stockade application`: OAuth applications, from the server's own console.

use clap::{Args, Subcommand};
use entities::oauth::application;
use sea_orm::{EntityTrait as _, QueryOrder as _};

use super::{Failure, table::Table};
use crate::{
    clock::datetime,
    ctx::Ctx,
    oauth::application::{self as registered, Application as Registered, Draft, Grantor, Refused},
};

/// What to do with applications.
#[derive(Debug, Subcommand)]
pub(super) enum Application {
    /// Register an application. A confidential one gets a secret, which is printed this once.
    #[command(
        after_help = "Examples:\n  stockade application create Shop --redirect-uri https://shop.example/cb --scope 'openid profile r:view:part'\n  \
                      stockade application create ERP --grant client_credentials --scope 'r:view:part r:change:part'"
    )]
    Create(Box<Create>),
    /// List applications.
    #[command(after_help = "Example: stockade application list")]
    List,
    /// Make a new secret and print it. The old one goes on working for as long as --overlap says.
    #[command(after_help = "Example: stockade application secret SHOP_CLIENT_ID --overlap 86400")]
    Secret {
        /// Whose.
        client_id: String,
        /// Seconds for which the old secrets stay valid.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=30 * 86_400))]
        overlap: i64,
    },
}

/// An application to register; what is not given is as on the form.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// What people are shown.
    name: String,
    /// The `client_id`; random if not given.
    #[arg(long, default_value = "")]
    client_id: String,
    /// It cannot keep a secret: a browser, phone or desktop application.
    #[arg(long)]
    public: bool,
    /// How it gets tokens, by `grant_type`, such as `authorization_code`; may be given several times.
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<String>,
    /// Where codes may be sent; may be given several times.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a logout may end; may be given several times.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Scopes that it may be granted, space-delimited.
    #[arg(long)]
    scope: Option<String>,
    /// Scopes granted where a request asks for none, space-delimited.
    #[arg(long, default_value = "")]
    default_scope: String,
    /// How ID tokens are signed: RS256, PS256, ES256 or `EdDSA`.
    #[arg(long, default_value = "RS256")]
    algorithm: String,
}

impl Application {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(ctx).await,
            Self::List => list(ctx).await,
            Self::Secret { client_id, overlap } => {
                let found = registered::find(ctx.db.reader(), &client_id).await?;
                let found = found.ok_or_else(|| Failure::new(format!("there is no application {client_id:?}")))?;
                say!("{}", registered::new_secret(ctx, found.id, overlap).await.map_err(refused)?);
                Ok(())
            }
        }
    }
}

impl Create {
    async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut draft = Draft {
            name: self.name,
            client_id: self.client_id,
            redirect_uris: self.redirect_uris.join("\n"),
            post_logout_redirect_uris: self.post_logout_redirect_uris.join("\n"),
            algorithm: self.algorithm,
            default_scope: words(&self.default_scope),
            ..Draft::default()
        };
        if self.public {
            registered::ClientType::Public.name().clone_into(&mut draft.client_type);
            // A public application is asked for again every time; see the policy on its form.
            registered::Consent::Always.name().clone_into(&mut draft.consent);
        }
        if !self.grants.is_empty() {
            draft.grant_types = self.grants;
        }
        if let Some(scope) = self.scope {
            draft.scope = words(&scope);
        }
        let stored = registered::register(ctx, &Grantor::operator(), &draft).await.map_err(refused)?;
        say!("client_id: {}", stored.application.client_id);
        if let Some(secret) = stored.secret {
            say!("client_secret: {secret}");
        }
        Ok(())
    }
}

/// A refusal with every field that is wrong.
fn refused(refused: Refused) -> Failure {
    let Refused::Invalid(errors) = refused else { return refused.into() };
    let lines: Vec<String> = errors
        .iter()
        .map(|(field, messages)| format!("{field}: {}", messages.join(" ")).trim_start_matches(": ").to_owned())
        .collect();
    Failure::new(lines.join("\n  "))
}

async fn list(ctx: &Ctx) -> Result<(), Failure> {
    let mut table = Table::new(["client_id", "name", "type", "grants", "state", "registered"]);
    let rows = application::Entity::find().order_by_asc(application::Column::Id).all(ctx.db.reader()).await?;
    for row in rows {
        let state = if row.is_active { "active" } else { "disabled" }.to_owned();
        let day = datetime(row.created).date_naive().to_string();
        let kind = Registered::from(row.clone()).client_type().name().to_owned();
        table.row([row.client_id, row.name, kind, row.grant_types, state, day]);
    }
    table.print();
    Ok(())
}
