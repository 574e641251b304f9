//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): a service that was called with a person's token
//! calls another in their name.
//!
//! Only where a superuser allowed it, for the tokens of named applications. What comes out is never more than what went in:
//! no scope, no time and no looser binding is gained, and it dies with the token that it came from.

use entities::oauth::{access_token as row, grant};
use sea_orm::{DbErr, QuerySelect as _, prelude::*};
use serde_json::{Value, json};

use super::{Asking, stands};
use crate::{
    accounts::rights,
    ctx::Ctx,
    db::Tx,
    oauth::{
        access_token::{self, Live},
        application::{GrantType, metadata::tokens::Format},
        error::{Code, Error},
        issue::{self, Issued, Mint},
        resource, subject as named,
        token::scope_parameter,
    },
    scope::{Scope, Scopes},
};

/// An access token, of whatever form (section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A JWT: here, an access token in that form.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// The longest chain of those who acted for one another.
const MAX_ACTORS: usize = 5;

/// Exchanges a token for another.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    let Asking { application, form, .. } = asking;
    if !application.allows(GrantType::TokenExchange) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not exchange tokens."));
    }
    let subject = form.required("subject_token", "The parameter subject_token is missing.")?;
    of_type(form.required("subject_token_type", "The parameter subject_token_type is missing.")?)?;
    let format = match form.once("requested_token_type")? {
        None | Some(ACCESS_TOKEN) => None,
        Some(JWT) => Some(Format::Jwt),
        Some(_) => return Err(Error::invalid_request("Only access tokens are given in exchange.")),
    };
    let actor = match (form.once("actor_token")?, form.once("actor_token_type")?) {
        (None, None) => None,
        (Some(token), Some(kind)) => {
            of_type(kind)?;
            Some(token)
        }
        // "REQUIRED when the actor_token parameter is present in the request but MUST NOT be included otherwise."
        _ => return Err(Error::invalid_request("actor_token and actor_token_type come together or not at all.")),
    };
    let asked = scope_parameter(form)?;
    let targets: Vec<&str> = form.all("resource").into_iter().chain(form.all("audience")).collect();
    let audience = resource::lines(&resource::parse(ctx, &targets).await?);

    let subject = permitted(ctx, asking, subject).await?;
    let act = chain(ctx, asking, &subject, actor).await?;
    let (subject, asked) = (&subject, asked.as_ref());
    let wanted = &Wanted { audience, act, format };
    ctx.db.write(|tx| async move { exchange(ctx, &tx, asking, subject, asked, wanted).await }).await?
}

/// What is to be made, beyond its scope.
struct Wanted {
    audience: String,
    act: String,
    format: Option<Format>,
}

fn of_type(kind: &str) -> Result<(), Error> {
    // An ID token says who somebody is, and gives nothing that could be handed on.
    if kind == ACCESS_TOKEN { Ok(()) } else { Err(Error::invalid_request("Only access tokens are exchanged.")) }
}

/// "If either the `subject_token` or `actor_token` are invalid for any reason, or are unacceptable based on policy, the
/// authorization server MUST deny the request" with `invalid_request`. One text for all: which it is, is for the log.
fn unacceptable(log: &'static str) -> Error {
    Error::invalid_request("The token is unknown, expired, revoked, or not one that this client may exchange.").log(log)
}

/// The token of a person, if this application may exchange it.
async fn permitted(ctx: &Ctx, asking: &Asking, value: &str) -> Result<Live, Error> {
    let live = access_token::live(ctx, value).await?.ok_or_else(|| unacceptable("the subject token is not alive"))?;
    let listed = &asking.application.metadata.exchange.token_exchange_subjects;
    if !listed.contains(&live.application.client_id) {
        return Err(unacceptable("the tokens of that application may not be exchanged"));
    }
    if live.user.is_none() {
        return Err(unacceptable("the subject token is no person's"));
    }
    // A bound token in exchange for one that anybody could use would be a way round the binding.
    if live.token.cnf.is_some() && asking.confirmation.is_none() {
        return Err(Error::invalid_request("The subject token is bound to a key, so the new one must be too."));
    }
    Ok(live)
}

/// Who acts, and for whom they did (section 4.1): the actor that is proved by a token of its own, else the client itself.
async fn chain(ctx: &Ctx, asking: &Asking, subject: &Live, actor: Option<&str>) -> Result<String, Error> {
    let own = named::of_client(&asking.application);
    let sub = match actor {
        None => own,
        Some(value) => {
            let live = access_token::live(ctx, value).await?;
            let live = live.filter(|live| live.application.id == asking.application.id);
            let live = live.ok_or_else(|| unacceptable("the actor token is not alive, or another client's"))?;
            live.user.map_or(own, |user| named::of(ctx, &asking.application, &user))
        }
    };
    let before: Option<Value> = subject.token.act.as_deref().and_then(|act| serde_json::from_str(act).ok());
    let depth = std::iter::successors(before.as_ref(), |act| act.get("act")).count();
    if depth >= MAX_ACTORS {
        return Err(unacceptable("too many acted for one another already"));
    }
    let mut act = json!({ "sub": sub, "client_id": asking.application.client_id });
    if let (Some(before), Some(members)) = (before, act.as_object_mut()) {
        members.insert("act".to_owned(), before);
    }
    Ok(act.to_string())
}

async fn exchange(
    ctx: &Ctx,
    tx: &Tx,
    asking: &Asking,
    subject: &Live,
    asked: Option<&Scopes>,
    wanted: &Wanted,
) -> Result<Result<Issued, Error>, DbErr> {
    let Asking { application, confirmation, .. } = asking;
    // The grant first, as everywhere; then the token again: neither may have ended meanwhile.
    let Some((grant, user)) = alive(tx, subject).await? else {
        return Ok(Err(unacceptable("the subject token ended meanwhile")));
    };
    let asked = asked.unwrap_or(&subject.scopes);
    if !asked.is_subset(&subject.scopes) {
        return Ok(Err(Error::new(Code::InvalidScope, "The scope exceeds that of the subject token.")));
    }
    let rights = rights::of_user(&**tx, &user).await?;
    let scopes =
        asked.narrowed_to(&application.scope()).filtered(|scope| rights.covers(scope) && scope != Scope::OfflineAccess);
    if scopes.is_empty() {
        return Ok(Err(Error::new(Code::InvalidScope, "The client is allowed nothing of what is left.")));
    }
    let mint = Mint {
        audience: &wanted.audience,
        confirmation: confirmation.as_ref(),
        subject: Some(&subject.token),
        act: Some(&wanted.act),
        format: wanted.format,
        ..Mint::new(application, Some(&grant), &scopes)
    };
    let access_token = issue::access_token(ctx, tx, mint).await?;
    let issued_token_type = Some(if wanted.format.is_some() { JWT } else { ACCESS_TOKEN });
    Ok(Ok(Issued {
        access_token,
        refresh_token: None,
        scopes,
        confirmation: confirmation.clone(),
        // No ID token: the person did not log in here.
        person: None,
        issued_token_type,
    }))
}

async fn alive(tx: &Tx, subject: &Live) -> Result<Option<(grant::Model, entities::accounts::user::Model)>, DbErr> {
    let (Some(grant_id), Some(user_id)) = (subject.token.grant_id, subject.token.user_id) else { return Ok(None) };
    let grant = grant::Entity::find_by_id(grant_id).lock_exclusive().one(&**tx).await?;
    let user = entities::accounts::user::Entity::find_by_id(user_id).one(&**tx).await?;
    let token = row::Entity::find_by_id(subject.token.id).lock_shared().one(&**tx).await?;
    Ok(grant.zip(user).filter(|(grant, user)| token.is_some() && stands(grant, user)))
}
