//! The grants of the token endpoint, one file each. Every `redeem` answers inside its transaction with
//! `Ok(Ok(issued))` or `Ok(Err(refusal))`: the outer `Ok` commits, because a refusal may have to be remembered (a replay
//! ends a family), and only a failing database rolls back.

pub(super) mod authorization_code;
pub(super) mod ciba;
pub(super) mod client_credentials;
pub(super) mod device_code;
pub(super) mod jwt_bearer;
pub(super) mod refresh_token;
pub(super) mod token_exchange;

use entities::{accounts::user, oauth::grant};
use sea_orm::{ActiveValue::Set, DbErr, QuerySelect as _, prelude::*};

use super::{
    application::Application,
    confirmation::Confirmation,
    decoupled::{self, Approved},
    error::Error,
    issue::{self, Issued, Mint},
    protocol::Form,
    resource,
};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    scope::Scopes,
    secret::{self, Kind},
};

/// A token request whose client is known.
pub(super) struct Asking {
    pub(super) application: Application,
    pub(super) form: Form,
    /// The key that the request proved to hold, to which what is issued is bound.
    pub(super) confirmation: Option<Confirmation>,
}

/// A grant with its person, locked, if both are alive and it is this application's.
pub(super) async fn locked(
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
pub(super) const fn not_good() -> Error {
    Error::invalid_grant("The code or token is unknown, expired, revoked, or was issued to another client.")
}

/// Exchanges what stands for a request that a person decides elsewhere, once they have allowed it.
async fn decided_elsewhere(ctx: &Ctx, asking: &Asking, kind: decoupled::Kind, value: &str) -> Result<Issued, Error> {
    let digest = secret::digest(value);
    let asked = resource::asked(ctx, &asking.form).await?;
    let asked = asked.as_slice();
    ctx.db
        .write(|tx| async move {
            match decoupled::poll(ctx, &tx, &asking.application, kind, &digest, asked).await? {
                Ok(approved) => tokens_of(ctx, &tx, asking, approved).await,
                Err(refused) => Ok(Err(refused)),
            }
        })
        .await?
}

/// The first tokens of a grant that a person gave, which the caller holds locked.
async fn tokens_of(ctx: &Ctx, tx: &Tx, asking: &Asking, approved: Approved) -> Result<Result<Issued, Error>, DbErr> {
    let Asking { application, confirmation, .. } = asking;
    let Approved { grant, user, audience } = approved;
    let scopes = match issue::current_scopes(tx, application, &user, &grant, None).await? {
        Ok(scopes) => scopes,
        Err(refused) => return Ok(Err(refused)),
    };
    let mint = Mint {
        audience: &audience,
        confirmation: confirmation.as_ref(),
        ..Mint::new(application, Some(&grant), &scopes)
    };
    let access_token = issue::access_token(ctx, tx, mint).await?;
    let refresh_token = if issue::is_refreshable(application, &scopes) {
        let value = Kind::RefreshToken.generate(ctx.rng);
        issue::refresh_token(ctx, tx, application, &grant, confirmation.as_ref(), &value).await?;
        Some(value)
    } else {
        None
    };
    let (confirmation, person) = (confirmation.clone(), Some((user, grant)));
    Ok(Ok(Issued { access_token, refresh_token, scopes, confirmation, person, issued_token_type: None }))
}

/// A grant with nothing but what every grant has.
pub(super) fn new_grant(application_id: i32, user_id: i32, scopes: &Scopes, now: Timestamp) -> grant::ActiveModel {
    grant::ActiveModel {
        application_id: Set(application_id),
        user_id: Set(user_id),
        scope: Set(scopes.to_string()),
        resources: Set(String::new()),
        authorization_details: Set(String::new()),
        claims: Set(String::new()),
        acr: Set(String::new()),
        nonce: Set(None),
        created: Set(now),
        last_used: Set(now),
        revoked: Set(None),
        ..Default::default()
    }
}
