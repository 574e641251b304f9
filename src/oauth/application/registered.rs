//! Who vouches for an application, in words, for whoever is asked to allow it something.

use entities::accounts::user;
use sea_orm::{DbErr, EntityTrait as _};

use super::Application;
use crate::{clock::datetime, ctx::Ctx};

/// Who registered an application, and when.
pub(in crate::oauth) async fn registered(ctx: &Ctx, application: &Application) -> Result<String, DbErr> {
    let by = match application.created_by {
        Some(id) => user::Entity::find_by_id(id).one(ctx.db.reader()).await?,
        None => None,
    };
    let on = datetime(application.created).format("%-d %B %Y");
    Ok(match by {
        _ if application.is_default => "It comes with this server.".to_owned(),
        _ if application.document_host().is_some() => format!("First seen here on {on}."),
        _ if !application.is_verified() => format!("It registered itself on {on}."),
        Some(user) => format!("Registered by {} on {on}.", user.username),
        None => format!("Registered on {on}."),
    })
}
