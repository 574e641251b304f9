//! Registering, changing and removing applications, with what each change means for tokens that are out there.

use entities::{
    accounts::user,
    oauth::{application, application_secret, consent},
};
use sea_orm::{ActiveValue::Set, Condition, DbErr, IntoActiveModel, QueryOrder, QuerySelect, prelude::*};

use super::{
    Application, ClientType, GrantType,
    draft::{Checked, Draft, Grantor},
    sector,
    source::Source,
};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::{self, Tx, Violation},
    oauth::withdraw,
    secret::{self, Kind},
    web::form::Errors,
};

/// The most secrets that may be live at once.
const MAX_SECRETS: u64 = 5;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// What was typed breaks rules.
    #[error("the registration is not valid")]
    Invalid(Errors),
    /// The default application belongs to the server.
    #[error("the default application comes with the server and is managed by its configuration")]
    Default,
    /// A public application keeps no secret.
    #[error("a public application has no secret")]
    Public,
    /// It is no longer as it was when it was shown.
    #[error("the application was changed meanwhile")]
    Changed,
    /// It is no longer there.
    #[error("there is no such application")]
    Missing,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What was stored, and the secret that is shown this once.
#[derive(Debug)]
pub struct Stored {
    /// The application.
    pub application: Application,
    /// Its new `client_secret`, if it got one.
    pub secret: Option<String>,
}

/// Registers an application.
pub async fn register(ctx: &Ctx, grantor: &Grantor, draft: &Draft) -> Result<Stored, Refused> {
    register_from(ctx, grantor, draft, Source::Administrator).await
}

/// Every rule: those of the draft alone, and the one for which somebody else has to be asked.
async fn checked(ctx: &Ctx, grantor: &Grantor, draft: &Draft) -> Result<Checked, Refused> {
    let checked = draft.check(grantor).map_err(Refused::Invalid)?;
    sector::verify(ctx, &checked).await.map_err(Refused::Invalid)?;
    Ok(checked)
}

/// Registers an application from wherever it comes.
pub async fn register_from(ctx: &Ctx, grantor: &Grantor, draft: &Draft, source: Source) -> Result<Stored, Refused> {
    let checked = checked(ctx, grantor, draft).await?;
    let client_id = match &source {
        // An address is no id that anybody could choose: see `Draft`.
        Source::Document { client_id, .. } => client_id.clone(),
        _ => checked.client_id.clone().unwrap_or_else(|| random_client_id(ctx)),
    };
    let now = ctx.clock.now();
    let keeps_secret = checked.client_type == ClientType::Confidential && checked.metadata.client.uses_secret();
    let secret = keeps_secret.then(|| Kind::ClientSecret.generate(ctx.rng));
    let created_by = grantor.user_id;
    ctx.db
        .write(|tx| async move {
            // RFC 9700 section 2.6: a client must not be able to choose a `client_id` that reads as a person's `sub`.
            if user::Entity::find().filter(user::Column::Sub.eq(&client_id)).count(&*tx).await? > 0 {
                return Err(taken());
            }
            let mut row = application::ActiveModel {
                client_id: Set(client_id),
                is_active: Set(true),
                is_default: Set(false),
                origin: Set(source.origin().name().to_owned()),
                created_by: Set(created_by),
                created: Set(now),
                ..Default::default()
            };
            checked.put(&mut row, now);
            let stored = row.insert(&*tx).await.map_err(taken_by)?;
            let application = Application::from(stored);
            if let Some(secret) = &secret {
                add_secret(&tx, application.id, secret, now).await?;
            }
            source.keep(&tx, application.id, now).await?;
            Ok(Stored { application, secret })
        })
        .await
}

fn taken() -> Refused {
    Refused::Invalid([("client_id", "This client id is taken.")].into_iter().collect())
}

/// Which of the two things that are one application's alone somebody else has.
fn taken_by(error: DbErr) -> Refused {
    match db::violation(&error) {
        Some(Violation::Unique(columns)) if columns.iter().any(|column| column == "resource_identifier") => {
            let message = "Another application is registered as this resource server.";
            Refused::Invalid([("resource_identifier", message)].into_iter().collect())
        }
        Some(Violation::Unique(_)) => taken(),
        _ => Refused::Db(error),
    }
}

/// Changes an application; `client_id` stays what it is. Where `seen` names a state ([`Application::version`]), only that
/// one is changed.
///
/// A change never leaves more behind than it says: another type ends every token and every consent, since both were
/// given to something else; a grant that is taken away ends what came of it; a narrower scope ends the access tokens,
/// which come back narrower.
pub async fn update(
    ctx: &Ctx,
    grantor: &Grantor,
    id: i32,
    draft: &Draft,
    seen: Option<&str>,
) -> Result<Stored, Refused> {
    let checked = checked(ctx, grantor, draft).await?;
    let now = ctx.clock.now();
    let fresh_secret = Kind::ClientSecret.generate(ctx.rng);
    ctx.db
        .write(|tx| async move {
            let before = editable(&tx, id).await?;
            if seen.is_some_and(|seen| seen != before.version()) {
                return Err(Refused::Changed);
            }
            let changes_type = before.client_type() != checked.client_type;
            let lost = |grant| before.allows(grant) && !checked.grant_types.contains(&grant);
            if changes_type || GrantType::PERSONAL.iter().any(|grant| lost(*grant)) {
                withdraw::from_application(&tx, id, now).await?;
            } else if GrantType::CONFIDENTIAL.iter().any(|grant| lost(*grant))
                || before.metadata.exchange != checked.metadata.exchange
                || !before.scope().is_subset(&checked.scope)
            {
                withdraw::access_tokens(&tx, id).await?;
            }
            let mut secret = None;
            if changes_type {
                consent::Entity::delete_many().filter(consent::Column::ApplicationId.eq(id)).exec(&*tx).await?;
                secrets_of(id).exec(&*tx).await?;
                if checked.client_type == ClientType::Confidential && checked.metadata.client.uses_secret() {
                    add_secret(&tx, id, &fresh_secret, now).await?;
                    secret = Some(fresh_secret);
                }
            }
            let mut row = before.row.into_active_model();
            checked.put(&mut row, now);
            Ok(Stored { application: row.update(&*tx).await.map_err(taken_by)?.into(), secret })
        })
        .await
}

/// Removes an application with everything that it was given: tokens, codes, consents, secrets.
pub async fn delete(ctx: &Ctx, id: i32) -> Result<(), Refused> {
    ctx.db
        .write(|tx| async move {
            editable(&tx, id).await?;
            // The rows that refer to it go with it (the foreign keys cascade).
            application::Entity::delete_by_id(id).exec(&*tx).await?;
            Ok(())
        })
        .await
}

/// Enables or disables an application. Disabling ends every token, so that enabling again revives none.
pub async fn set_active(ctx: &Ctx, id: i32, is_active: bool) -> Result<(), Refused> {
    let now = ctx.clock.now();
    ctx.db
        .write(|tx| async move {
            let mut row = editable(&tx, id).await?.row.into_active_model();
            row.is_active = Set(is_active);
            row.updated = Set(now);
            row.update(&*tx).await?;
            if !is_active {
                withdraw::from_application(&tx, id, now).await?;
            }
            Ok(())
        })
        .await
}

/// Gives a confidential application a new secret. Those before it stay valid for `overlap` seconds; where that is none, a
/// leak is to be feared, so the access tokens end too.
pub async fn new_secret(ctx: &Ctx, id: i32, overlap: i64) -> Result<String, Refused> {
    use application_secret::{Column, Entity};
    let now = ctx.clock.now();
    let secret = Kind::ClientSecret.generate(ctx.rng);
    let value = secret.clone();
    ctx.db
        .write(|tx| async move {
            if editable(&tx, id).await?.is_public() {
                return Err(Refused::Public);
            }
            if overlap > 0 {
                let until = now.saturating_add(overlap);
                let outlives = Condition::any().add(Column::Expires.is_null()).add(Column::Expires.gt(until));
                Entity::update_many()
                    .col_expr(Column::Expires, Expr::value(until))
                    .filter(Column::ApplicationId.eq(id))
                    .filter(outlives)
                    .exec(&*tx)
                    .await?;
                prune(&tx, id, now).await?;
            } else {
                secrets_of(id).exec(&*tx).await?;
                withdraw::access_tokens(&tx, id).await?;
            }
            add_secret(&tx, id, &value, now).await.map_err(Refused::Db)
        })
        .await?;
    Ok(secret)
}

/// Removes secrets that have expired, and the oldest where there would be too many with the one to come.
async fn prune(tx: &Tx, id: i32, now: Timestamp) -> Result<(), DbErr> {
    use application_secret::{Column, Entity};
    let newest: Vec<i32> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ApplicationId.eq(id))
        .filter(Column::Expires.gt(now))
        .order_by_desc(Column::Id)
        .limit(MAX_SECRETS - 1)
        .into_tuple()
        .all(&**tx)
        .await?;
    secrets_of(id).filter(Column::Id.is_not_in(newest)).exec(&**tx).await.map(drop)
}

fn secrets_of(id: i32) -> sea_orm::DeleteMany<application_secret::Entity> {
    application_secret::Entity::delete_many().filter(application_secret::Column::ApplicationId.eq(id))
}

async fn add_secret(tx: &Tx, application_id: i32, value: &str, now: Timestamp) -> Result<(), DbErr> {
    let row = application_secret::ActiveModel {
        application_id: Set(application_id),
        digest: Set(secret::digest(value)),
        created: Set(now),
        expires: Set(None),
        ..Default::default()
    };
    row.insert(&**tx).await.map(drop)
}

/// The row as it is now, held until the change commits.
async fn editable(tx: &Tx, id: i32) -> Result<Application, Refused> {
    let row = application::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Refused::Missing)?;
    if row.is_default { Err(Refused::Default) } else { Ok(row.into()) }
}

/// Forty letters and digits, as django-oauth-toolkit makes them; not a secret, but not to be guessed either.
pub fn random_client_id(ctx: &Ctx) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes = ctx.rng.bytes::<40>();
    bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % 62)).map(|byte| char::from(*byte)).collect()
}

impl Checked {
    fn put(self, row: &mut application::ActiveModel, now: Timestamp) {
        let Self {
            name,
            client_id: _,
            client_type,
            grant_types,
            redirect_uris,
            post_logout_redirect_uris,
            allowed_origins,
            algorithm,
            scope,
            default_scope,
            require_pkce,
            consent,
            access_token_lifetime,
            id_token_lifetime,
            refresh_token_lifetime,
            refresh_token_idle_lifetime,
            client_uri,
            logo_uri,
            policy_uri,
            tos_uri,
            metadata,
        } = self;
        let grants: Vec<&str> = grant_types.iter().map(|grant| grant.name()).collect();
        row.name = Set(name);
        row.client_type = Set(client_type.name().to_owned());
        row.grant_types = Set(grants.join(" "));
        row.redirect_uris = Set(redirect_uris.join("\n"));
        row.post_logout_redirect_uris = Set(post_logout_redirect_uris.join("\n"));
        row.allowed_origins = Set(allowed_origins.join("\n"));
        row.algorithm = Set(algorithm.name().to_owned());
        row.scope = Set(scope.to_string());
        row.default_scope = Set(default_scope.to_string());
        row.require_pkce = Set(require_pkce);
        row.consent = Set(consent.name().to_owned());
        row.access_token_lifetime = Set(access_token_lifetime);
        row.id_token_lifetime = Set(id_token_lifetime);
        row.refresh_token_lifetime = Set(refresh_token_lifetime);
        row.refresh_token_idle_lifetime = Set(refresh_token_idle_lifetime);
        row.client_uri = Set(client_uri);
        row.logo_uri = Set(logo_uri);
        row.policy_uri = Set(policy_uri);
        row.tos_uri = Set(tos_uri);
        row.metadata = Set(metadata.text());
        row.resource_identifier = Set(metadata.tokens.resource_identifier);
        row.updated = Set(now);
    }
}
