//! The grants of the token endpoint, one file each. Every `redeem` answers inside its transaction with
//! `Ok(Ok(issued))` or `Ok(Err(refusal))`: the outer `Ok` commits, because a refusal may have to be remembered (a replay
//! ends a family), and only a failing database rolls back.

pub(super) mod authorization_code;
pub(super) mod client_credentials;
pub(super) mod refresh_token;

use entities::{accounts::user, oauth::grant};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};

use super::{application::Application, confirmation::Confirmation, error::Error, protocol::Form};
use crate::db::Tx;

/// A token request whose client is known.
pub(super) struct Asking {
    pub(super) application: Application,
    pub(super) form: Form,
    /// The key that the request proved to hold, to which what is issued is bound.
    pub(super) confirmation: Option<Confirmation>,
}

/// A grant with its person, locked, if both are alive and it is this application's.
async fn locked(
    tx: &Tx,
    application: &Application,
    grant_id: i32,
) -> Result<Option<(grant::Model, user::Model)>, DbErr> {
    let Some(grant) = grant::Entity::find_by_id(grant_id).lock_exclusive().one(&**tx).await? else { return Ok(None) };
    if grant.application_id != application.id {
        return Ok(None);
    }
    let user = user::Entity::find_by_id(grant.user_id).one(&**tx).await?;
    Ok(user.map(|user| (grant, user)))
}

/// Whether a grant still stands: not revoked, and its person active and with the password of then.
pub(super) fn stands(grant: &grant::Model, user: &user::Model) -> bool {
    grant.revoked.is_none() && user.is_active && grant.created >= user.credentials_changed_at
}

/// One text for whatever is wrong with a code or token: which it is would help a thief only.
const fn not_good() -> Error {
    Error::invalid_grant("The code or token is unknown, expired, revoked, or was issued to another client.")
}
