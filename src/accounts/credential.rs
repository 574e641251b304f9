//! Passwords as proof of who somebody is: for the login form and for Basic authentication.
//!
//! Unknown user, wrong password, locked account and inactive user are one answer and cost one password hash, so that no
//! guess tells who exists.

use std::net::IpAddr;

use entities::accounts::user;
use sea_orm::{DbErr, QuerySelect as _, prelude::*, sea_query::Expr};

use super::second_factor;
use crate::{
    ctx::Ctx,
    db::Tx,
    limiter::Guess,
    password::{Busy, Verdict},
    secret::Purpose,
    web::Fault,
};

/// The longest user name.
pub const MAX_USERNAME: usize = 150;

/// For so many seconds a password that was verified by Basic authentication is not hashed again.
const REMEMBERED: i64 = 300;

/// Why a password was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is wrong, or the user does not exist, is locked or is inactive: which, nobody is told.
    #[error("wrong user name or password")]
    Wrong,
    /// It is right, and not enough: this person has a second factor, for which there is no place here.
    #[error("this account has a second factor")]
    SecondFactor,
    /// Too many passwords are being checked: 503.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong => Self::forbidden("The user name or the password is wrong."),
            Refused::SecondFactor => Self::forbidden("This account has a second factor: log in by the login page."),
            Refused::Busy(_) => Self::busy(),
            Refused::Db(error) => error.into(),
        }
    }
}

/// The user whose name and password these are.
pub async fn password(ctx: &Ctx, username: &str, password: &str, address: IpAddr) -> Result<user::Model, Refused> {
    let guesses = [Guess::account(username), Guess::address(address)];
    let found = by_name(ctx, username).await?;
    check(ctx, &guesses, found, password).await
}

/// [`password`] for every single request of a client that sends Basic authentication: a pair that was verified some
/// minutes ago is not hashed again. It is remembered as an HMAC over the stored hash too, so a changed password is
/// another pair.
///
/// Whoever has a second factor is refused: a password alone must not get in by a side door. That says no more than the
/// login page does, which asks for the code once the password was right.
pub async fn basic(ctx: &Ctx, username: &str, password: &str, address: IpAddr) -> Result<user::Model, Refused> {
    let guesses = [Guess::account(username), Guess::address(address)];
    let found = by_name(ctx, username).await?;
    let mark = found.as_ref().map(|user| mark(ctx, user, password));
    let now = ctx.clock.now();
    if let (Some(user), Some(mark)) = (&found, &mark)
        && user.is_active
        && ctx.verified.get(mark).is_some_and(|at| now - at < REMEMBERED)
        // A locked account stays locked for those who know the password, or the lock would tell who does.
        && !ctx.limiter.is_locked(&guesses)
    {
        return alone(user.clone());
    }
    let user = check(ctx, &guesses, found, password).await?;
    ctx.verified.insert(self::mark(ctx, &user, password), now);
    alone(user)
}

/// A person for whom the password alone is enough.
fn alone(user: user::Model) -> Result<user::Model, Refused> {
    if second_factor::is_on(&user) { Err(Refused::SecondFactor) } else { Ok(user) }
}

fn mark(ctx: &Ctx, user: &user::Model, password: &str) -> [u8; 32] {
    ctx.key.mac(Purpose::Credential, &[&user.id.to_string(), &user.password, password])
}

async fn by_name(ctx: &Ctx, username: &str) -> Result<Option<user::Model>, DbErr> {
    // No user has such a name, and PostgreSQL refuses to be asked about a NUL.
    if username.contains('\0') || username.chars().count() > MAX_USERNAME {
        return Ok(None);
    }
    user::Entity::find().filter(user::Column::Username.eq(username)).one(ctx.db.reader()).await
}

async fn check(
    ctx: &Ctx,
    guesses: &[Guess],
    found: Option<user::Model>,
    password: &str,
) -> Result<user::Model, Refused> {
    // Whether it is locked or not, the answer costs one hash.
    let attempt = ctx.limiter.attempt(guesses).await.ok();
    let verdict = ctx.passwords.verify(password, found.as_ref().map(|user| user.password.as_str())).await?;
    let locked = attempt.is_none();
    match (found, attempt) {
        (Some(user), Some(attempt)) if user.is_active && verdict != Verdict::Wrong => {
            attempt.right();
            if verdict == Verdict::RightButOutdated { upgrade(ctx, user, password).await } else { Ok(user) }
        }
        (found, attempt) => {
            // A guess while locked does not prolong the lock, or anybody could lock anybody for ever.
            if let Some(attempt) = attempt {
                attempt.wrong();
            }
            tracing::info!(user = found.map(|user| user.id), locked, "a password was refused");
            Err(Refused::Wrong)
        }
    }
}

/// Replaces a stored hash of another kind or cost by one of ours; the password stays the same, so nothing else changes.
async fn upgrade(ctx: &Ctx, user: user::Model, password: &str) -> Result<user::Model, Refused> {
    let Ok(hash) = ctx.passwords.hash(password).await else { return Ok(user) };
    let updated = ctx
        .db
        .write(|tx| {
            let (id, old, hash) = (user.id, user.password.clone(), hash.clone());
            async move {
                user::Entity::update_many()
                    .col_expr(user::Column::Password, Expr::value(hash))
                    .filter(user::Column::Id.eq(id))
                    .filter(user::Column::Password.eq(old))
                    .exec(&*tx)
                    .await
            }
        })
        .await?;
    // Nothing updated: somebody changed the password meanwhile, and the one just verified is no longer right.
    if updated.rows_affected == 0 { Err(Refused::Wrong) } else { Ok(user::Model { password: hash, ..user }) }
}

/// The row of a user, locked until the end of the transaction, if the password that was verified is still theirs.
pub async fn still(tx: &Tx, verified: &user::Model) -> Result<Option<user::Model>, DbErr> {
    let row = user::Entity::find_by_id(verified.id).lock_exclusive().one(&**tx).await?;
    Ok(row.filter(|user| user.is_active && user.password == verified.password))
}
