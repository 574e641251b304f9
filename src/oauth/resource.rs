//! Resource indicators (RFC 8707): for which resource servers a token is.
//!
//! There are this server's own API, and the applications that are registered as resource servers. A token is for the API
//! where nothing is asked, and for nobody else.

use entities::oauth::application;
use sea_orm::{ConnectionTrait, DbErr, prelude::*};

use super::{
    application::{Application, metadata::tokens::Format},
    error::{Code, Error},
    protocol::Form,
};
use crate::ctx::Ctx;

/// The most resources of one request.
const MAX: usize = 10;

/// A resource server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// By which it is asked for, and which is the `aud` of its tokens.
    pub identifier: String,
    /// The application that it is registered as; none for this server's API.
    pub application: Option<Application>,
}

/// The identifier of this server's API.
pub fn api(ctx: &Ctx) -> String {
    ctx.config.url("/api/")
}

/// The resources of a request, each once. "the requested resource is invalid, missing, unknown, or malformed" is
/// `invalid_target`.
pub async fn parse(ctx: &Ctx, asked: &[&str]) -> Result<Vec<Resource>, Error> {
    if asked.len() > MAX {
        return Err(Error::new(Code::InvalidTarget, "Too many resources are asked for."));
    }
    let own = api(ctx);
    let mut found: Vec<Resource> = Vec::new();
    for identifier in asked {
        // With and without the slash: RFC 9728 derives the one, people write the other.
        let is_api = *identifier == own || *identifier == own.trim_end_matches('/');
        let resource = if is_api {
            Some(Resource { identifier: own.clone(), application: None })
        } else {
            registered(ctx, identifier).await?
        };
        let Some(resource) = resource else {
            return Err(Error::new(Code::InvalidTarget, "There is no such resource server."));
        };
        if !found.contains(&resource) {
            found.push(resource);
        }
    }
    Ok(found)
}

/// The application that is registered as this resource server.
async fn registered(ctx: &Ctx, identifier: &str) -> Result<Option<Resource>, DbErr> {
    if identifier.len() > 2000 || !identifier.starts_with("https://") {
        return Ok(None);
    }
    let by_identifier = application::Entity::find().filter(application::Column::ResourceIdentifier.eq(identifier));
    let row = by_identifier.filter(application::Column::IsActive.eq(true)).one(ctx.db.reader()).await?;
    Ok(row.map(|row| Resource { identifier: identifier.to_owned(), application: Some(row.into()) }))
}

/// What a token request asks for.
pub(super) async fn asked(ctx: &Ctx, form: &Form) -> Result<Vec<Resource>, Error> {
    parse(ctx, &form.all("resource")).await
}

/// The audience of a token: what is asked for, if it was granted; else all that was. "The client can use the refresh token
/// to obtain additional access tokens for the same or a subset of the resources" (section 2.2).
pub(super) fn among(ctx: &Ctx, asked: &[Resource], granted: &str) -> Result<String, Error> {
    if asked.is_empty() {
        return Ok(granted.to_owned());
    }
    let granted = audience(ctx, granted);
    if asked.iter().any(|resource| !granted.contains(&resource.identifier)) {
        return Err(Error::new(Code::InvalidTarget, "The resource was not granted."));
    }
    Ok(lines(asked))
}

/// Resources as a column keeps them: one a line; empty for this server's API alone, which most tokens are for.
pub fn lines(resources: &[Resource]) -> String {
    match resources {
        [Resource { application: None, .. }] => String::new(),
        several => several.iter().map(|resource| resource.identifier.as_str()).collect::<Vec<_>>().join("\n"),
    }
}

/// The identifiers in such a column.
pub fn audience(ctx: &Ctx, lines: &str) -> Vec<String> {
    if lines.is_empty() { vec![api(ctx)] } else { lines.lines().map(str::to_owned).collect() }
}

/// Whether a token with that audience is for this server's API. RFC 9700 section 2.3: "access tokens SHOULD be
/// audience-restricted ... the resource server MUST refuse to serve the respective request" otherwise.
pub fn is_for_api(ctx: &Ctx, lines: &str) -> bool {
    audience(ctx, lines).contains(&api(ctx))
}

/// How a token is written: as its resource servers want it (a JWT, if one of them does), else as its application does.
pub(super) async fn format(db: &impl ConnectionTrait, own: &Application, lines: &str) -> Result<Format, DbErr> {
    let identifiers: Vec<&str> = lines.lines().collect();
    if identifiers.is_empty() {
        return Ok(own.metadata.tokens.access_token_format);
    }
    let servers =
        application::Entity::find().filter(application::Column::ResourceIdentifier.is_in(identifiers)).all(db).await?;
    let wants_jwt = |row| Application::from(row).metadata.tokens.resource_token_format == Format::Jwt;
    Ok(if servers.into_iter().any(wants_jwt) { Format::Jwt } else { Format::Opaque })
}
