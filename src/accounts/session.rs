//! Browser sessions: on the server, found by the digest of the `sessionid` cookie.
//!
//! A session gets a new id whenever what it may do changes (login, a change of password), so that an id planted in a
//! browser beforehand is worth nothing (session fixation). Its `sid`, which applications know, survives.

use entities::{
    accounts::{session, user},
    oauth::{access_token, grant},
};
use poem::{
    Request, Response,
    web::cookie::{Cookie, SameSite},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, QueryOrder as _, prelude::*, sea_query::Expr};

use super::logout_notice;
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::Tx,
    scope::Scope,
    secret::{self, Kind, Purpose},
    web::{client_address, cookie},
};

/// The session cookie's name, as `InvenTree`'s clients know it.
pub const COOKIE: &str = "sessionid";

/// The cookie that tells frames of applications whether the session is the same (see [`browser_state`]).
pub const STATE_COOKIE: &str = "opbs";

/// `last_seen` is exact to so many seconds.
const SEEN_EVERY: i64 = 60;

/// A person, proved by a live session.
#[derive(Debug, Clone)]
pub struct Login {
    /// Who.
    pub user: user::Model,
    /// By which session.
    pub session: session::Model,
}

/// Where a login comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The browser, as it names itself.
    pub user_agent: String,
    /// Its address.
    pub address: String,
}

impl Origin {
    /// Where a request comes from.
    pub fn of(ctx: &Ctx, request: &Request) -> Self {
        let user_agent = request.header("user-agent").unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
        Self { user_agent, address: client_address(request, &ctx.config.trusted_proxies).to_string() }
    }
}

/// The live session of a request, if it has one.
pub async fn current(ctx: &Ctx, request: &Request) -> Result<Option<Login>, DbErr> {
    let Some(value) = cookie::get(request, COOKIE).filter(|value| Kind::Session.recognises(value)) else {
        return Ok(None);
    };
    let Some(mut login) = find(ctx, ctx.db.reader(), value).await? else { return Ok(None) };
    let now = ctx.clock.now();
    if login.session.last_seen + SEEN_EVERY <= now {
        seen(ctx, login.session.id, now).await?;
        login.session.last_seen = now;
    }
    Ok(Some(login))
}

/// Notes that a session is in use: at most one write a minute, whatever the number of requests.
async fn seen(ctx: &Ctx, id: i32, now: Timestamp) -> Result<(), DbErr> {
    ctx.db
        .write(|tx| async move {
            session::Entity::update_many()
                .col_expr(session::Column::LastSeen, Expr::value(now))
                .filter(session::Column::Id.eq(id))
                .filter(session::Column::LastSeen.lte(now - SEEN_EVERY))
                .exec(&*tx)
                .await
                .map(drop)
        })
        .await
}

/// The live session behind a cookie value.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, value: &str) -> Result<Option<Login>, DbErr> {
    let found = session::Entity::find()
        .filter(session::Column::Digest.eq(secret::digest(value)))
        .find_also_related(user::Entity)
        .one(db)
        .await?;
    Ok(found
        .and_then(|(session, user)| Some(Login { session, user: user? }))
        .filter(|login| is_live(ctx, login, ctx.clock.now())))
}

fn is_live(ctx: &Ctx, login: &Login, now: Timestamp) -> bool {
    let Login { user, session } = login;
    user.is_active
        && session.expires > now
        && session.last_seen + ctx.config.session.idle_seconds > now
        // A changed password ends every session from before; the one that changed it is begun anew.
        && session.created >= user.credentials_changed_at
}

/// Begins a session for somebody who has just proved who they are, and returns the cookie value. The session that the
/// browser had before, if any, ends; if it was the same person's, its `sid` goes on.
pub async fn begin(
    ctx: &Ctx,
    tx: &Tx,
    user: &user::Model,
    before: Option<&Login>,
    amr: &str,
    origin: Origin,
) -> Result<String, DbErr> {
    let now = ctx.clock.now();
    let mut sid = None;
    if let Some(before) = before {
        if before.user.id == user.id {
            session::Entity::delete_by_id(before.session.id).exec(&**tx).await?;
            sid = Some(before.session.sid.clone());
        } else {
            // Somebody else sits here now: the session of whoever was here before is over.
            end(tx, &before.session, now).await?;
        }
    }
    let value = Kind::Session.generate(ctx.rng);
    session::ActiveModel {
        digest: Set(secret::digest(&value)),
        sid: Set(sid.unwrap_or_else(|| secret::hex(&ctx.rng.bytes::<16>()))),
        user_id: Set(user.id),
        created: Set(now),
        auth_time: Set(now),
        amr: Set(amr.to_owned()),
        last_seen: Set(now),
        expires: Set(now + ctx.config.session.absolute_seconds),
        user_agent: Set(origin.user_agent.chars().take(300).collect()),
        address: Set(origin.address),
        ..Default::default()
    }
    .insert(&**tx)
    .await?;
    Ok(value)
}

/// The live sessions of a person, the latest used first.
pub async fn list(ctx: &Ctx, user: &user::Model) -> Result<Vec<session::Model>, DbErr> {
    let now = ctx.clock.now();
    session::Entity::find()
        .filter(session::Column::UserId.eq(user.id))
        .filter(session::Column::Expires.gt(now))
        .filter(session::Column::LastSeen.gt(now - ctx.config.session.idle_seconds))
        .filter(session::Column::Created.gte(user.credentials_changed_at))
        .order_by_desc(session::Column::LastSeen)
        .order_by_desc(session::Column::Id)
        .all(ctx.db.reader())
        .await
}

/// Ends one session of a person; false if they have none with this id.
pub async fn end_of(tx: &Tx, user_id: i32, session_id: i32, now: Timestamp) -> Result<bool, DbErr> {
    let found = session::Entity::find_by_id(session_id).filter(session::Column::UserId.eq(user_id)).one(&**tx).await?;
    match found {
        Some(session) => end(tx, &session, now).await.map(|()| true),
        None => Ok(false),
    }
}

/// Ends every session of a person but one.
pub async fn end_others(tx: &Tx, login: &Login, now: Timestamp) -> Result<(), DbErr> {
    let others = session::Entity::find()
        .filter(session::Column::UserId.eq(login.user.id))
        .filter(session::Column::Id.ne(login.session.id))
        .all(&**tx)
        .await?;
    for session in others {
        end(tx, &session, now).await?;
    }
    Ok(())
}

/// Ends one session, and what applications hold through it unless they may go on while the person is away (`OpenID`
/// Connect Back-Channel Logout 1.0 section 2.7: refresh tokens without `offline_access` are revoked with the session).
pub async fn end(tx: &Tx, session: &session::Model, now: Timestamp) -> Result<(), DbErr> {
    let given = grant::Entity::find().filter(grant::Column::Sid.eq(&session.sid)).all(&**tx).await?;
    logout_notice::leave(tx, session, given.iter().map(|given| given.application_id), now).await?;
    let offline = Scope::OfflineAccess.to_string();
    let ended: Vec<i32> = given
        .iter()
        .filter(|given| given.revoked.is_none() && !given.scope.split(' ').any(|word| word == offline))
        .map(|given| given.id)
        .collect();
    if !ended.is_empty() {
        grant::Entity::update_many()
            .col_expr(grant::Column::Revoked, Expr::value(now))
            .filter(grant::Column::Id.is_in(ended.iter().copied()))
            .exec(&**tx)
            .await?;
        access_token::Entity::delete_many().filter(access_token::Column::GrantId.is_in(ended)).exec(&**tx).await?;
    }
    session::Entity::delete_by_id(session.id).exec(&**tx).await.map(drop)
}

/// Ends every session of a person.
pub async fn end_all(tx: &Tx, user_id: i32, now: Timestamp) -> Result<(), DbErr> {
    for session in session::Entity::find().filter(session::Column::UserId.eq(user_id)).all(&**tx).await? {
        end(tx, &session, now).await?;
    }
    Ok(())
}

/// What a script in an application's frame may know of a session: nothing but whether it is the same (`OpenID` Connect
/// Session Management 1.0 section 3.2, "OP browser state").
pub fn browser_state(ctx: &Ctx, digest: &str) -> String {
    ctx.key.mac_text(Purpose::BrowserState, &[digest])
}

/// The cookie of [`browser_state`], or, with an empty value, its removal. Scripts read it, in frames on other sites.
fn state_cookie(ctx: &Ctx, value: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(STATE_COOKIE, value);
    cookie.set_path("/o/session");
    cookie.set_secure(ctx.config.is_https());
    // A browser takes `SameSite=None` over TLS only.
    cookie.set_same_site(if ctx.config.is_https() { SameSite::None } else { SameSite::Lax });
    if value.is_empty() {
        cookie.make_removal();
    }
    cookie
}

/// Hands a new session to the browser.
pub fn hand_over(ctx: &Ctx, response: &mut Response, value: &str) {
    cookie::set(response, &session_cookie(ctx, value));
    cookie::set(response, &state_cookie(ctx, &browser_state(ctx, &secret::digest(value))));
}

/// Takes the session's cookies from the browser.
pub fn forget(ctx: &Ctx, response: &mut Response) {
    cookie::set(response, &session_cookie(ctx, ""));
    cookie::set(response, &state_cookie(ctx, ""));
}

/// The cookie that carries a session, or, with an empty value, removes it.
fn session_cookie(ctx: &Ctx, value: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(COOKIE, value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(ctx.config.is_https());
    // Lax, so that an application's redirect to `/o/authorize/` finds the session.
    cookie.set_same_site(SameSite::Lax);
    if value.is_empty() {
        cookie.make_removal();
    }
    cookie
}
