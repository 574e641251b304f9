//! People over the API: `/api/user/...`.
//!
//! Everybody reads; staff with the role `admin` write, as the rules in [`crate::accounts::person`] and
//! [`crate::accounts::group`] allow. One's own account is changed by its owner only, never by an application on their
//! behalf: `g:read` is all that `InvenTree` asks there, and a consent to read must not turn into a deleted account or a
//! token that outlives it.

mod groups;
mod me;
mod owners;
mod roles;
mod rulesets;
mod tokens;
mod users;
mod view;

use entities::accounts::user;
use poem::http::StatusCode;
use poem_openapi::OpenApi;

use crate::{
    access::{Principal, Via},
    accounts::author::{Author, Refusal},
    rest::{ApiError, Asked, Fields, error::not_found},
};

/// Every operation under `/api/user`.
pub fn api() -> impl OpenApi + 'static {
    (
        me::Me,
        Asked(tokens::Tokens),
        Asked(users::Users),
        Asked(groups::Groups),
        Asked(rulesets::RuleSets),
        Asked(owners::Owners),
    )
}

/// The caller, as the author of a change. Through an application nobody is themselves: what they may change only as
/// their own, it may not.
fn author(who: &Principal) -> Author {
    let id = who.user_id().filter(|_| !matches!(who.via, Via::Bearer(_)));
    Author::new(id, who.rights.clone(), who.scopes.clone()).held_by(who.user_id())
}

/// The person who calls; an application that acts for itself is none.
fn person(who: &Principal) -> Result<&user::Model, ApiError> {
    who.user().ok_or(ApiError::Denied)
}

/// The person who calls, and not through an application.
fn in_person(who: &Principal) -> Result<&user::Model, ApiError> {
    match who.via {
        Via::Password | Via::Token(_) | Via::Session(_) => person(who),
        Via::Bearer(_) => Err(ApiError::Denied),
    }
}

/// The person who calls, by what they know or by their browser. A token cannot make tokens: a stolen one, or one for a
/// day, would never end.
fn by_login(who: &Principal) -> Result<&user::Model, ApiError> {
    match who.via {
        Via::Password | Via::Session(_) => person(who),
        Via::Token(_) | Via::Bearer(_) => Err(ApiError::Denied),
    }
}

/// A refusal in the words of the API; `kind` is what there is none of.
fn refused(kind: &'static str) -> impl Fn(Refusal) -> ApiError {
    move |refusal| match refusal {
        Refusal::Invalid(problems) => {
            let mut fields = Fields::new();
            for (field, message) in problems.iter() {
                fields.add(field, message);
            }
            ApiError::Invalid(fields)
        }
        Refusal::Forbidden(reason) => ApiError::Other(StatusCode::FORBIDDEN, reason.to_owned()),
        Refusal::NotFound => not_found(kind),
        Refusal::Busy(busy) => ApiError::Other(StatusCode::SERVICE_UNAVAILABLE, busy.to_string()),
        Refusal::Db(error) => error.into(),
    }
}
