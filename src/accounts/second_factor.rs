//! The second factor of a person: codes of an authenticator app ([`totp`], RFC 6238), and recovery codes for the day on
//! which it is lost.
//!
//! - Nothing that the database holds is enough to log in: the shared secret is sealed under the server key, of a recovery
//!   code there is an HMAC under it.
//! - A code works once, a recovery code too, also when two come at once.
//! - Guesses pass the one limiter, and are locked for longer than guesses at a password: whoever makes them knows that.
//! - Whoever has a second factor does not get in by password alone anywhere: `Authorization: Basic` is refused for them
//!   (API tokens work, which only a full login makes). Setting up, new recovery codes and removal need a login of the last
//!   minutes, and end every other session. A superuser, or the operator at the console, removes it for whoever lost it.

mod pages;
mod qr;
pub mod totp;

use entities::accounts::{recovery_code, user};
use sea_orm::{ActiveValue::Set, DbErr, PaginatorTrait as _, prelude::*, sea_query::Expr};

pub(super) use self::pages::{overview, remove as remove_own, renew_codes, set_up, set_up_form};
use super::{
    author::{Author, Refusal},
    person, session,
};
use crate::{
    ctx::Ctx,
    db::Tx,
    secret::{Purpose, Unopenable},
};

/// How a login with both was made (RFC 8176): password, one-time password, hence several factors.
pub const AMR: &str = "pwd otp mfa";

/// So many recovery codes are made at once.
const CODES: usize = 10;

/// Whether a person has a second factor.
pub const fn is_on(user: &user::Model) -> bool {
    user.totp.is_some()
}

/// The shared secret of a person.
fn secret(ctx: &Ctx, user: &user::Model) -> Result<Option<Vec<u8>>, DbErr> {
    let Some(sealed) = &user.totp else { return Ok(None) };
    let opened = open(ctx, &of_user(user.id), sealed);
    opened.map(Some).map_err(|error| DbErr::Custom(format!("the second factor of user {}: {error}", user.id)))
}

/// The name under which the secret of a user is sealed.
fn of_user(id: i32) -> String {
    format!("user {id}")
}

fn seal(ctx: &Ctx, name: &str, secret: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(ctx.key.seal(Purpose::SecondFactor, name, secret))
}

fn open(ctx: &Ctx, name: &str, sealed: &str) -> Result<Vec<u8>, Unopenable> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopenable)?;
    ctx.key.open(Purpose::SecondFactor, name, &sealed)
}

/// What people type, without what they type in between.
fn typed(given: &str) -> String {
    given.chars().filter(|c| !c.is_whitespace() && *c != '-').take(40).collect::<String>().to_ascii_uppercase()
}

/// Whether this is a code of a person, by app or for recovery, who is locked in this transaction. It is spent then.
pub(super) async fn spend(ctx: &Ctx, tx: &Tx, user: &user::Model, given: &str) -> Result<bool, DbErr> {
    let given = typed(given);
    let Some(secret) = secret(ctx, user)? else { return Ok(false) };
    if given.len() == 6 {
        let Some(step) = totp::accepted(&secret, &given, ctx.clock.now(), user.totp_step) else { return Ok(false) };
        let spent = user::Entity::update_many()
            .col_expr(user::Column::TotpStep, Expr::value(step))
            .filter(user::Column::Id.eq(user.id))
            .filter(user::Column::TotpStep.lt(step))
            .exec(&**tx)
            .await?;
        return Ok(spent.rows_affected == 1);
    }
    let spent = recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user.id))
        .filter(recovery_code::Column::Digest.eq(digest(ctx, user.id, &given)))
        .exec(&**tx)
        .await?;
    Ok(spent.rows_affected == 1)
}

/// How many recovery codes a person has left.
async fn left(ctx: &Ctx, user: &user::Model) -> Result<u64, DbErr> {
    recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user.id)).count(ctx.db.reader()).await
}

fn digest(ctx: &Ctx, user_id: i32, code: &str) -> String {
    ctx.key.mac_text(Purpose::SecondFactor, &["recovery code", &user_id.to_string(), code])
}

/// New recovery codes, instead of those from before: 80 random bits each, in four groups.
async fn renew(ctx: &Ctx, tx: &Tx, user_id: i32) -> Result<Vec<String>, DbErr> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user_id)).exec(&**tx).await?;
    let codes: Vec<String> = (0..CODES).map(|_| totp::base32(&ctx.rng.bytes::<10>())).collect();
    let rows = codes.iter().map(|code| recovery_code::ActiveModel {
        user_id: Set(user_id),
        digest: Set(digest(ctx, user_id, code)),
        ..Default::default()
    });
    recovery_code::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    let grouped = |code: &String| {
        let group = |at: usize| code.get(at..at + 4).unwrap_or_default();
        [group(0), group(4), group(8), group(12)].join("-")
    };
    Ok(codes.iter().map(grouped).collect())
}

/// Stores or removes the secret of a person. The last step starts where a code was accepted, so that it is spent.
async fn store(tx: &Tx, user_id: i32, sealed: Option<String>, step: i64) -> Result<(), DbErr> {
    user::Entity::update_many()
        .col_expr(user::Column::Totp, Expr::value(sealed))
        .col_expr(user::Column::TotpStep, Expr::value(step))
        .filter(user::Column::Id.eq(user_id))
        .exec(&**tx)
        .await
        .map(drop)
}

async fn forget(tx: &Tx, user_id: i32) -> Result<(), DbErr> {
    store(tx, user_id, None, 0).await?;
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user_id)).exec(&**tx).await.map(drop)
}

/// Removes the second factor of somebody who lost it, and ends their sessions; for a superuser. False: there was none.
pub async fn remove(ctx: &Ctx, author: &Author, id: i32) -> Result<bool, Refusal> {
    if !author.is_superuser() {
        return Err(Refusal::forbidden());
    }
    ctx.db
        .write(|tx| async move {
            let user = person::by_id(&*tx, id).await?.ok_or(Refusal::NotFound)?;
            if !is_on(&user) {
                return Ok(false);
            }
            forget(&tx, id).await?;
            session::end_all(&tx, id, ctx.clock.now()).await?;
            tracing::warn!(user = id, "a second factor was removed by an administrator");
            Ok(true)
        })
        .await
}
