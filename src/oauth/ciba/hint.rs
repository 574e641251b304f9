//! Whom an application means (CIBA core section 7.1): "exactly one of the hints MUST be present".

use entities::{accounts::user, oauth::grant};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::parameters::Parameters;
use crate::{
    ctx::Ctx,
    oauth::{
        application::Application,
        error::{Code, Error},
        oidc::id_token,
        subject,
    },
};

/// The person of a hint.
pub(super) async fn person(
    ctx: &Ctx,
    application: &Application,
    parameters: &Parameters,
) -> Result<user::Model, Error> {
    let hints = ["login_hint", "id_token_hint", "login_hint_token"];
    let given: Vec<(&str, &str)> = hints.into_iter().filter_map(|name| Some((name, parameters.get(name)?))).collect();
    let found = match given.as_slice() {
        [("login_hint", hint)] => by_name(ctx, hint).await?,
        [("id_token_hint", hint)] => by_id_token(ctx, application, hint).await?,
        [_] => {
            return Err(Error::invalid_request(
                "This server takes login_hint and id_token_hint, and no login_hint_token.",
            ));
        }
        _ => return Err(Error::invalid_request("Exactly one of login_hint and id_token_hint is needed.")),
    };
    found
        .filter(|user| user.is_active)
        .ok_or_else(|| Error::new(Code::UnknownUserId, "Nobody here is meant by this hint."))
}

/// A user name, or an address that is one person's alone.
async fn by_name(ctx: &Ctx, hint: &str) -> Result<Option<user::Model>, DbErr> {
    let db = ctx.db.reader();
    if hint.len() > 254 {
        return Ok(None);
    }
    if let Some(found) = user::Entity::find().filter(user::Column::Username.eq(hint)).one(db).await? {
        return Ok(Some(found));
    }
    if !hint.contains('@') {
        return Ok(None);
    }
    // Whoever typed somebody else's address into their own account must not be asked in their place.
    let by_email = user::Entity::find().filter(user::Column::Email.eq(hint));
    let mut found = by_email.filter(user::Column::EmailVerified.eq(true)).limit(2).all(db).await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// An ID token of ours, to this application; its age does not matter.
async fn by_id_token(ctx: &Ctx, application: &Application, hint: &str) -> Result<Option<user::Model>, Error> {
    let claims = match id_token::read_hint(ctx, hint).await? {
        Some(claims) if claims.aud == application.client_id => claims,
        _ => return Err(Error::invalid_request("The id_token_hint is no ID token of this client.")),
    };
    let db = ctx.db.reader();
    let by_sub = user::Entity::find().filter(user::Column::Sub.eq(&claims.sub)).one(db).await?;
    let found = match by_sub {
        Some(user) => Some(user),
        // A `sub` that only this application knows cannot be turned back, but the grant remembers whose it was.
        None => grant::Entity::find()
            .filter(grant::Column::Sid.eq(&claims.sid))
            .filter(grant::Column::ApplicationId.eq(application.id))
            .find_also_related(user::Entity)
            .one(db)
            .await?
            .and_then(|(_, user)| user),
    };
    Ok(found.filter(|user| subject::of(ctx, application, user) == claims.sub))
}
