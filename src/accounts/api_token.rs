//! API tokens: `Authorization: Token inv-<32 hex><8 hex>-<YYYYMMDD>`.
//!
//! The first 32 digits are an HMAC under the server key over the row, so that the owner can be shown the value again
//! while the database, which holds only its SHA-256, never yields one. The other eight are a CRC-32: a typo is refused
//! without asking the database. The rest is `InvenTree`'s form, which its clients know.

use chrono::{Days, NaiveDate, NaiveTime};
use entities::accounts::{api_token, user};
use sea_orm::{
    ActiveValue::Set, Condition, ConnectionTrait, DbErr, QueryOrder as _, QuerySelect as _, prelude::*, sea_query::Expr,
};

use crate::{
    clock::{Timestamp, datetime},
    ctx::Ctx,
    db::Tx,
    secret::{self, Purpose},
};

/// How long a token works if nobody says otherwise.
pub const DEFAULT_DAYS: u64 = 365;

/// The longest name.
pub const MAX_NAME: usize = 100;

/// A day, in seconds.
const DAY: i64 = 24 * 3600;

/// Why a token was not accepted. Each is told apart, as `InvenTree` does: whoever holds the value may know.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such token.
    #[error("Invalid token.")]
    Invalid,
    /// It was revoked.
    #[error("Token has been revoked")]
    Revoked,
    /// Its time is over.
    #[error("Token has expired")]
    Expired,
    /// Its owner may not log in.
    #[error("User inactive or deleted.")]
    Inactive,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// A token together with its value, for its owner's eyes.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The row.
    pub token: api_token::Model,
    /// The value; in no log, in no database.
    pub value: String,
}

/// The value of a token with this owner, seed and creation date.
fn derive(ctx: &Ctx, user_id: i32, seed: &str, created: Timestamp) -> String {
    let date = datetime(created).format("%Y%m%d").to_string();
    let mac = ctx.key.mac(Purpose::ApiToken, &[&user_id.to_string(), seed, &date]);
    let random: String = secret::hex(&mac).chars().take(32).collect();
    format!("inv-{random}{}-{date}", checksum(&random, &date))
}

fn checksum(random: &str, date: &str) -> String {
    format!("{:08x}", crc32fast::hash(format!("inv-{random}-{date}").as_bytes()))
}

/// Whether a text has the shape of a token: prefix, lengths, digits and checksum.
pub fn recognises(text: &str) -> bool {
    let split = || {
        let (digits, date) = text.strip_prefix("inv-")?.split_once('-')?;
        let (random, sum) = digits.split_at_checked(32)?;
        Some((random, sum, date))
    };
    split().is_some_and(|(random, sum, date)| {
        random.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && date.len() == 8
            && date.bytes().all(|b| b.is_ascii_digit())
            && checksum(random, date) == sum
    })
}

/// The user of a token that is live, and the token, by one query. (Why nothing limits the guesses: see [`crate::limiter`].)
pub async fn live(ctx: &Ctx, value: &str) -> Result<(user::Model, api_token::Model), Refused> {
    if !recognises(value) {
        return Err(Refused::Invalid);
    }
    let found = api_token::Entity::find()
        .filter(api_token::Column::Digest.eq(secret::digest(value)))
        .find_also_related(user::Entity)
        .one(ctx.db.reader())
        .await?;
    let (token, user) = found.ok_or(Refused::Invalid)?;
    let now = ctx.clock.now();
    if token.revoked {
        return Err(Refused::Revoked);
    }
    if token.expires <= now {
        return Err(Refused::Expired);
    }
    let user = user.filter(|user| user.is_active).ok_or(Refused::Inactive)?;
    seen(ctx, &token, now);
    Ok((user, token))
}

/// Notes the day of use, at most once a day, and not while the request waits.
fn seen(ctx: &Ctx, token: &api_token::Model, now: Timestamp) {
    let day = |at: Timestamp| at.div_euclid(DAY);
    if token.last_seen.is_some_and(|at| day(at) >= day(now)) {
        return;
    }
    let (ctx, id, today) = (ctx.clone(), token.id, day(now) * DAY);
    tokio::spawn(async move {
        let noted = ctx
            .db
            .write(|tx| async move {
                api_token::Entity::update_many()
                    .col_expr(api_token::Column::LastSeen, Expr::value(now))
                    .filter(api_token::Column::Id.eq(id))
                    // Of the many requests that notice at once, one writes.
                    .filter(
                        Condition::any()
                            .add(api_token::Column::LastSeen.is_null())
                            .add(api_token::Column::LastSeen.lt(today)),
                    )
                    .exec(&*tx)
                    .await
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the last use of an API token was not noted");
        }
    });
}

/// A name as it is kept: without control characters and surrounding blanks, cut to 100 characters.
pub fn sanitised(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    clean.trim().chars().take(MAX_NAME).collect::<String>().trim_end().to_owned()
}

/// The live token of that name, or a new one: what clients that log in by name and password ask for.
pub async fn obtain(ctx: &Ctx, user: &user::Model, name: &str) -> Result<Issued, DbErr> {
    let name = sanitised(name);
    if let Some(issued) = reusable(ctx, ctx.db.reader(), user.id, &name).await? {
        return Ok(issued);
    }
    ctx.db
        .write(|tx| async move {
            // Of two that ask at once, the second waits here and then finds the first one's token.
            user::Entity::find_by_id(user.id).lock_exclusive().one(&*tx).await?;
            match reusable(ctx, &*tx, user.id, &name).await? {
                Some(issued) => Ok(issued),
                None => insert(ctx, &tx, user.id, name, None).await,
            }
        })
        .await
}

async fn reusable(ctx: &Ctx, db: &impl ConnectionTrait, user_id: i32, name: &str) -> Result<Option<Issued>, DbErr> {
    let newest = api_token::Entity::find()
        .filter(api_token::Column::UserId.eq(user_id))
        .filter(api_token::Column::Name.eq(name))
        .filter(api_token::Column::Revoked.eq(false))
        .filter(api_token::Column::Expires.gt(ctx.clock.now()))
        .order_by_desc(api_token::Column::Id)
        .one(db)
        .await?;
    Ok(newest.and_then(|token| {
        let value = derive(ctx, user_id, &token.seed, token.created);
        // It was made under another server key: its value is lost, and a new token takes its place.
        (secret::digest(&value) == token.digest).then_some(Issued { token, value })
    }))
}

/// Makes a token. It works through the day `expiry`; without one, for a year.
pub async fn create(ctx: &Ctx, user: &user::Model, name: &str, expiry: Option<NaiveDate>) -> Result<Issued, DbErr> {
    let (user_id, name) = (user.id, sanitised(name));
    ctx.db.write(|tx| async move { insert(ctx, &tx, user_id, name, expiry).await }).await
}

async fn insert(ctx: &Ctx, tx: &Tx, user_id: i32, name: String, expiry: Option<NaiveDate>) -> Result<Issued, DbErr> {
    let created = ctx.clock.now();
    let in_a_year = || ctx.clock.today().checked_add_days(Days::new(DEFAULT_DAYS)).unwrap_or(NaiveDate::MAX);
    let seed = secret::hex(&ctx.rng.bytes::<16>());
    let value = derive(ctx, user_id, &seed, created);
    let token = api_token::ActiveModel {
        user_id: Set(user_id),
        name: Set(name),
        seed: Set(seed),
        digest: Set(secret::digest(&value)),
        hint: Set(hint(&value)),
        created: Set(created),
        expires: Set(end_of(expiry.unwrap_or_else(in_a_year))),
        last_seen: Set(None),
        revoked: Set(false),
        ..Default::default()
    }
    .insert(&**tx)
    .await?;
    Ok(Issued { token, value })
}

/// The first eight and the last twelve characters, as lists show a token.
fn hint(value: &str) -> String {
    let start: String = value.chars().take(8).collect();
    let end = value.get(value.len().saturating_sub(12)..).unwrap_or_default();
    format!("{start}...{end}")
}

/// The moment after a day.
fn end_of(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc().timestamp().saturating_add(DAY)
}

/// The last day on which a token works.
pub fn expiry(token: &api_token::Model) -> NaiveDate {
    datetime(token.expires - 1).date_naive()
}

/// Whether a token can be used, its owner aside.
pub const fn is_active(token: &api_token::Model, now: Timestamp) -> bool {
    !token.revoked && token.expires > now
}

/// Revokes a token; for its owner, or for an administrator (`None`). False: there is no such token of theirs.
pub async fn revoke(ctx: &Ctx, owner: Option<i32>, id: i32) -> Result<bool, DbErr> {
    ctx.db
        .write(|tx| async move {
            let mut update = api_token::Entity::update_many()
                .col_expr(api_token::Column::Revoked, Expr::value(true))
                .filter(api_token::Column::Id.eq(id));
            if let Some(owner) = owner {
                update = update.filter(api_token::Column::UserId.eq(owner));
            }
            Ok(update.exec(&*tx).await?.rows_affected > 0)
        })
        .await
}

/// The tokens of a person, or of everybody, newest first.
pub async fn list(db: &impl ConnectionTrait, owner: Option<i32>) -> Result<Vec<api_token::Model>, DbErr> {
    let mut query = api_token::Entity::find().order_by_desc(api_token::Column::Id);
    if let Some(owner) = owner {
        query = query.filter(api_token::Column::UserId.eq(owner));
    }
    query.all(db).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_character_breaks_the_checksum() {
        let value = format!(
            "inv-{0}{1}-20260701",
            "0123456789abcdef".repeat(2),
            checksum(&"0123456789abcdef".repeat(2), "20260701")
        );
        assert!(recognises(&value));
        assert_eq!(value.len(), "inv-".len() + 40 + 9);
        for at in 0..value.len() {
            let mut bytes = value.clone().into_bytes();
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            assert!(!recognises(std::str::from_utf8(&bytes).unwrap()), "position {at}");
        }
        for other in ["", "inv-", "inv--", &value.to_uppercase(), &format!("{value}0"), "inv-\u{e9}\u{e9}-20260701"] {
            assert!(!recognises(other), "{other}");
        }
    }

    #[test]
    fn a_name_is_kept_clean_and_short() {
        assert_eq!(sanitised("  my\n script\u{0} "), "my script");
        assert_eq!(sanitised(&"\u{e9}".repeat(200)).chars().count(), MAX_NAME);
        assert_eq!(sanitised(""), "");
    }
}
