//! Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document): a `client_id` that is an https address, at
//! which the application says who it is. Off unless `oauth.client_documents` says otherwise.
//!
//! Whoever can put a file somewhere is an application then, so nothing of it is believed beyond where it lies: it is never
//! verified, keeps no secret, may ask for no more than an application that registers itself, and is sent back only to
//! addresses that the document lists.

use entities::oauth::{application as row, client_document};
use poem::http::{HeaderMap, header};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*, sea_query::OnConflict};
use serde_json::{Map, Value};

use super::{members, refusal::Refusal};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    egress::Limits,
    limiter::Guess,
    oauth::application::{self, Application, Grantor, Origin, Refused, Source},
};

/// "The authorization server SHOULD limit the response size ... recommended maximum is 5 kilobytes."
const LIMITS: Limits = Limits { bytes: 5 * 1024, time: std::time::Duration::from_secs(5) };

/// The bounds of how long a document is believed, whatever its headers say, in seconds.
const KEEP: (i64, i64) = (300, 86_400);

/// How long one without headers is believed.
const KEEP_BY_DEFAULT: i64 = 3600;

/// The application of a `client_id`, **active or not**: registered, or described by the document at that address.
pub async fn find_or_fetch(ctx: &Ctx, client_id: &str) -> Result<Option<Application>, DbErr> {
    let known = application::find(ctx.db.reader(), client_id).await?;
    if !ctx.config.oauth.client_documents || !client_id.starts_with("http") || !is_address(ctx, client_id) {
        return Ok(known);
    }
    let now = ctx.clock.now();
    if let Some(known) = &known {
        let kept = client_document::Entity::find_by_id(known.id).one(ctx.db.reader()).await?;
        // A disabled one is not asked again: an administrator has spoken.
        if !known.is_active || kept.is_some_and(|kept| kept.fresh_until > now) {
            return Ok(Some(known.clone()));
        }
    }
    let guess = [Guess::Client(format!("document {client_id}"))];
    let Ok(attempt) = ctx.limiter.attempt(&guess).await else { return Ok(None) };
    match fetch(ctx, client_id, known.as_ref()).await {
        Ok(application) => {
            attempt.right();
            Ok(Some(application))
        }
        Err(Unusable::Db(error)) => Err(error),
        // Not kept: it may be there the next time.
        Err(Unusable::Document(reason)) => {
            attempt.wrong();
            tracing::info!(client_id, reason, "a client ID metadata document cannot be used");
            Ok(None)
        }
    }
}

/// Removes what documents described, where they no longer count.
pub async fn ensure(ctx: &Ctx) -> Result<(), DbErr> {
    let described = || row::Column::Origin.eq(Origin::Document.name());
    if ctx.config.oauth.client_documents
        || row::Entity::find().filter(described()).one(ctx.db.reader()).await?.is_none()
    {
        return Ok(());
    }
    ctx.db.write(|tx| async move { row::Entity::delete_many().filter(described()).exec(&*tx).await.map(drop) }).await
}

/// Section 3: "Client identifier URLs MUST have an "https" scheme, MUST contain a path component, MUST NOT contain
/// single-dot or double-dot path segments, MUST NOT contain a fragment component and MUST NOT contain a username or
/// password." Written as a parser would write it, so that no two spellings are one address.
fn is_address(ctx: &Ctx, client_id: &str) -> bool {
    client_id.len() <= 255
        && ctx.egress.check(client_id).is_ok_and(|url| url.as_str() == client_id && url.path().len() > 1)
}

enum Unusable {
    Db(DbErr),
    Document(String),
}

impl From<DbErr> for Unusable {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

impl From<Refusal> for Unusable {
    fn from(refusal: Refusal) -> Self {
        Self::Document(refusal.to_string())
    }
}

impl From<Refused> for Unusable {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Db(error) => Self::Db(error),
            other => Refusal::from(other).into(),
        }
    }
}

async fn fetch(ctx: &Ctx, client_id: &str, known: Option<&Application>) -> Result<Application, Unusable> {
    let unusable = |reason: &str| Unusable::Document(reason.to_owned());
    let fetched = ctx.egress.get(client_id, &LIMITS).await.map_err(|error| unusable(error.log()))?;
    let headers = fetched.headers.clone();
    let body = fetched.ok().map_err(|error| unusable(error.log()))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(unusable("not JSON by its content type"));
    }
    let Ok(Value::Object(mut document)) = serde_json::from_slice(&body) else {
        return Err(unusable("not one JSON object"));
    };
    check(client_id, &mut document).map_err(unusable)?;
    let draft = members::draft(ctx, &document, false)?;
    let now = ctx.clock.now();
    let fresh_until = now + keep(&headers);
    let grantor = Grantor::operator();
    let Some(known) = known else {
        let source = Source::Document { client_id: client_id.to_owned(), fetched: now, fresh_until };
        return match application::register_from(ctx, &grantor, &draft, source).await {
            Ok(stored) => Ok(stored.application),
            // Another request was faster.
            Err(Refused::Invalid(errors)) if errors.has("client_id") => {
                let found = application::find(ctx.db.reader(), client_id).await?;
                found.ok_or_else(|| unusable("the identifier is taken"))
            }
            Err(refused) => Err(refused.into()),
        };
    };
    let stored = application::update(ctx, &grantor, known.id, &draft, None).await?;
    let id = known.id;
    ctx.db.write(|tx| async move { note(&tx, id, now, fresh_until).await }).await?;
    Ok(stored.application)
}

/// What no document may say, and what it means where it says nothing.
fn check(client_id: &str, document: &mut Map<String, Value>) -> Result<(), &'static str> {
    // Section 4.1: "The client_id ... MUST match the URL of the document using simple string comparison".
    if document.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err("client_id is not the address of the document");
    }
    // "The token_endpoint_auth_method property MUST NOT include client_secret_post, client_secret_basic,
    // client_secret_jwt ...", "the client_secret and client_secret_expires_at properties MUST NOT be used".
    if document.contains_key("client_secret") || document.contains_key("client_secret_expires_at") {
        return Err("it holds a secret");
    }
    let method = document.entry("token_endpoint_auth_method").or_insert_with(|| Value::from("none"));
    match method.as_str() {
        Some("none" | "private_key_jwt") => {}
        _ => return Err("its token_endpoint_auth_method needs a secret, or is unknown"),
    }
    if document.get("redirect_uris").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err("it lists no redirect_uris");
    }
    Ok(())
}

/// "The authorization server MAY cache ... respect HTTP cache headers ... MAY define its own upper and/or lower bounds".
fn keep(headers: &HeaderMap) -> i64 {
    let texts = headers.get_all(header::CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    let mut seconds = KEEP_BY_DEFAULT;
    for directive in texts.flat_map(|text| text.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        if matches!(directive.as_str(), "no-store" | "no-cache") {
            return KEEP.0;
        }
        if let Some(age) = directive.strip_prefix("max-age=") {
            seconds = age.trim_matches('"').parse().unwrap_or(KEEP.0);
        }
    }
    seconds.clamp(KEEP.0, KEEP.1)
}

async fn note(tx: &Tx, application_id: i32, fetched: Timestamp, fresh_until: Timestamp) -> Result<(), DbErr> {
    use client_document::{ActiveModel, Column, Entity};
    let row = ActiveModel { application_id: Set(application_id), fetched: Set(fetched), fresh_until: Set(fresh_until) };
    let again =
        OnConflict::column(Column::ApplicationId).update_columns([Column::Fetched, Column::FreshUntil]).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(&**tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_kept_as_long_as_it_says_within_bounds() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            if !text.is_empty() {
                headers.insert(header::CACHE_CONTROL, text.parse().unwrap());
            }
            keep(&headers)
        };
        assert_eq!(of(""), 3600);
        assert_eq!(of("public, max-age=900"), 900);
        assert_eq!(of("max-age=1"), 300);
        assert_eq!(of("Max-Age=99999999"), 86_400);
        assert_eq!(of("no-store"), 300);
        assert_eq!(of("max-age=x"), 300);
    }
}
