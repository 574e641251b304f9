//! People: making, changing and removing their accounts, each in one transaction, and the rules that no caller gets past.
//!
//! - The last active superuser can neither be demoted, deactivated nor deleted.
//! - Only a superuser makes, unmakes or touches a superuser; everybody may change their own name and address.
//! - Flags and memberships are given and taken only by somebody who manages people and holds what they give.
//! - A new password, and a deactivation, end whatever was alive before: sessions, and the grants of applications.
//!
//! Usernames are as in Django: at most 150 letters, digits and `@ . + - _`, told apart by case when logging in. Two that
//! differ only in case are nevertheless refused, because people do not tell them apart.

use std::collections::BTreeSet;

use entities::{
    accounts::{membership, user, user_profile},
    oauth::grant,
};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DbErr, IntoActiveModel as _, PaginatorTrait as _, QueryOrder as _, QuerySelect as _,
    prelude::*,
    sea_query::{Expr, ExprTrait as _, Func},
};

use super::{
    author::{Author, Problems, Refusal},
    group as groups, owner,
    password_rules::{self, About},
    session,
};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    db::{self, Tx, Violation},
    scope::{Action, Scope},
    secret,
};

/// Stored where nobody can log in with a password.
pub const UNUSABLE_PASSWORD: &str = "!";

/// An account to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Login name.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Email address, or empty.
    pub email: String,
    /// May not log in, for now.
    pub is_inactive: bool,
    /// Staff.
    pub is_staff: bool,
    /// Superuser.
    pub is_superuser: bool,
    /// The groups to be in.
    pub groups: BTreeSet<i32>,
}

/// A change of an account; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Login name.
    pub username: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Email address, or empty. A new one is not verified.
    pub email: Option<String>,
    /// Whether they may log in.
    pub is_active: Option<bool>,
    /// Staff.
    pub is_staff: Option<bool>,
    /// Superuser.
    pub is_superuser: Option<bool>,
    /// The groups to be in, exactly.
    pub groups: Option<BTreeSet<i32>>,
}

/// A password that has been checked and hashed, ready to be stored.
#[derive(Clone)]
pub struct Hashed(String);

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(..)")
    }
}

/// Makes an account; without a password nobody can log in to it yet.
pub async fn create(ctx: &Ctx, author: &Author, new: New, password: Option<&str>) -> Result<user::Model, Refusal> {
    author.must_manage(Action::Add)?;
    let about =
        About { username: &new.username, email: &new.email, first_name: &new.first_name, last_name: &new.last_name };
    let password = match password {
        Some(password) => Some(hashed(ctx, password, about).await?),
        None => None,
    };
    ctx.db.write(|tx| async move { insert(ctx, &tx, author, new, password).await }).await
}

/// Checks a new password against the rules and hashes it.
pub async fn hashed(ctx: &Ctx, password: &str, about: About<'_>) -> Result<Hashed, Refusal> {
    let mut problems = Problems::default();
    for problem in password_rules::problems(&ctx.config.password, password, about) {
        problems.add("password", problem);
    }
    problems.settle()?;
    Ok(Hashed(ctx.passwords.hash(password).await?))
}

/// Makes the rows of an account, inside a transaction of the caller's (the first administrator, an import).
pub async fn insert(
    ctx: &Ctx,
    tx: &Tx,
    author: &Author,
    new: New,
    password: Option<Hashed>,
) -> Result<user::Model, Refusal> {
    let author = &author.again(tx).await?;
    author.must_manage(Action::Add)?;
    if new.is_superuser && !author.is_superuser() {
        return Err(Refusal::Forbidden("Only a superuser can make a superuser."));
    }
    if new.is_staff && !author.holds(Scope::Staff) {
        return Err(Refusal::forbidden());
    }
    let mut problems = Problems::default();
    check_username(&mut problems, &new.username);
    check_text(&mut problems, "first_name", &new.first_name, 150);
    check_text(&mut problems, "last_name", &new.last_name, 150);
    check_email(&mut problems, &new.email);
    problems.settle()?;
    must_be_free(tx, &new.username, None).await?;

    let now = ctx.clock.now();
    let New { username, first_name, last_name, email, is_inactive, is_staff, is_superuser, groups } = new;
    let person = user::ActiveModel {
        sub: Set(secret::hex(&ctx.rng.bytes::<16>())),
        username: Set(username),
        password: Set(password.map_or_else(|| UNUSABLE_PASSWORD.to_owned(), |hashed| hashed.0)),
        first_name: Set(first_name),
        last_name: Set(last_name),
        email: Set(email),
        email_verified: Set(false),
        is_active: Set(!is_inactive),
        is_staff: Set(is_staff),
        is_superuser: Set(is_superuser),
        date_joined: Set(now),
        last_login: Set(None),
        credentials_changed_at: Set(now),
        ..Default::default()
    };
    let person = person.insert(&**tx).await.map_err(name_taken)?;
    empty_profile(person.id, now).insert(&**tx).await?;
    owner::of_person(tx, person.id).await?;
    groups::set_memberships(tx, author, person.id, &groups).await?;
    Ok(person)
}

/// A profile that tells nothing yet.
pub fn empty_profile(user_id: i32, now: Timestamp) -> user_profile::ActiveModel {
    user_profile::ActiveModel {
        user_id: Set(user_id),
        updated_at: Set(now),
        phone_number_verified: Set(false),
        active: Set(true),
        kind: Set("internal".to_owned()),
        ..Default::default()
    }
}

/// Changes an account. A value that is given but is what it was asks for no privilege.
pub async fn update(ctx: &Ctx, author: &Author, id: i32, change: Change) -> Result<user::Model, Refusal> {
    ctx.db
        .write(|tx| async move {
            let author = &author.again(&tx).await?;
            let target = locked(&tx, id).await?;
            let Change { username, first_name, last_name, email, is_active, is_staff, is_superuser, groups } = change;
            let is_active = is_active.filter(|value| *value != target.is_active);
            let is_staff = is_staff.filter(|value| *value != target.is_staff);
            let is_superuser = is_superuser.filter(|value| *value != target.is_superuser);

            let manages = author.manages(Action::Change) && (!target.is_superuser || author.is_superuser());
            if !manages && !author.is(id) {
                return Err(Refusal::forbidden());
            }
            // Privileges are not one's own affair.
            if (is_active.is_some() || is_staff.is_some() || is_superuser.is_some() || groups.is_some()) && !manages {
                return Err(Refusal::forbidden());
            }
            if is_superuser.is_some() && !author.is_superuser() {
                return Err(Refusal::Forbidden("Only a superuser can make or unmake a superuser."));
            }
            if is_staff.is_some() && !author.holds(Scope::Staff) {
                return Err(Refusal::forbidden());
            }
            if is_active == Some(false) || is_superuser == Some(false) {
                must_not_be_the_last(&tx, &target).await?;
            }

            let mut problems = Problems::default();
            let username = username.filter(|name| *name != target.username);
            if let Some(name) = &username {
                check_username(&mut problems, name);
            }
            for (field, value) in [("first_name", &first_name), ("last_name", &last_name)] {
                check_text(&mut problems, field, value.as_deref().unwrap_or_default(), 150);
            }
            let email = email.filter(|email| *email != target.email);
            check_email(&mut problems, email.as_deref().unwrap_or_default());
            problems.settle()?;
            if let Some(name) = &username {
                must_be_free(&tx, name, Some(id)).await?;
            }
            if let Some(groups) = &groups {
                groups::set_memberships(&tx, author, id, groups).await?;
            }

            let now = ctx.clock.now();
            let mut person = target.into_active_model();
            if let Some(email) = email {
                person.email = Set(email);
                person.email_verified = Set(false);
            }
            set(&mut person.username, username);
            set(&mut person.first_name, first_name);
            set(&mut person.last_name, last_name);
            set(&mut person.is_active, is_active);
            set(&mut person.is_staff, is_staff);
            set(&mut person.is_superuser, is_superuser);
            if is_active == Some(false) {
                // Should they come back, what was alive before does not.
                person.credentials_changed_at = Set(now);
                end_everything(&tx, id, now).await?;
            }
            // Always changed by this, so that an update without a change is not an error.
            let touched = user_profile::ActiveModel { user_id: Set(id), updated_at: Set(now), ..Default::default() };
            user_profile::Entity::update_many()
                .set(touched)
                .filter(user_profile::Column::UserId.eq(id))
                .exec(&*tx)
                .await?;
            if !person.is_changed() {
                return locked(&tx, id).await;
            }
            person.update(&*tx).await.map_err(name_taken)
        })
        .await
}

fn set<T: Into<sea_orm::Value>>(field: &mut sea_orm::ActiveValue<T>, value: Option<T>) {
    if let Some(value) = value {
        *field = Set(value);
    }
}

/// Lets a person log in again, or no longer.
pub async fn set_active(ctx: &Ctx, author: &Author, id: i32, is_active: bool) -> Result<user::Model, Refusal> {
    update(ctx, author, id, Change { is_active: Some(is_active), ..Change::default() }).await
}

/// Gives a person a new password: their own, or, for a superuser, anybody's. With `weak` the rules for passwords are
/// waived, which only a superuser can.
pub async fn set_password(ctx: &Ctx, author: &Author, id: i32, password: &str, weak: bool) -> Result<(), Refusal> {
    if !author.is(id) && !author.is_superuser() {
        return Err(Refusal::forbidden());
    }
    let person = user::Entity::find_by_id(id).one(ctx.db.reader()).await?.ok_or(Refusal::NotFound)?;
    let about = About {
        username: &person.username,
        email: &person.email,
        first_name: &person.first_name,
        last_name: &person.last_name,
    };
    let password = if weak && author.is_superuser() && !password.is_empty() {
        if password.len() > crate::password::MAX_BYTES {
            return Err(Refusal::invalid("password", "This password is too long."));
        }
        Hashed(ctx.passwords.hash(password).await?)
    } else {
        hashed(ctx, password, about).await?
    };
    ctx.db
        .write(|tx| async move {
            let author = author.again(&tx).await?;
            if !author.is(id) && !author.is_superuser() {
                return Err(Refusal::forbidden());
            }
            store_password(ctx, &tx, id, password).await
        })
        .await
}

/// Stores a new password, inside a transaction of the caller's: sessions end and grants are revoked with it. Whoever
/// changes it in a browser begins a new session afterwards.
pub async fn store_password(ctx: &Ctx, tx: &Tx, id: i32, password: Hashed) -> Result<(), Refusal> {
    let now = ctx.clock.now();
    let person = user::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Refusal::NotFound)?;
    let mut person = person.into_active_model();
    person.password = Set(password.0);
    person.credentials_changed_at = Set(now);
    person.update(&**tx).await?;
    end_everything(tx, id, now).await?;
    Ok(())
}

/// Deletes an account with all that is its own.
pub async fn delete(ctx: &Ctx, author: &Author, id: i32) -> Result<(), Refusal> {
    ctx.db
        .write(|tx| async move {
            let author = &author.again(&tx).await?;
            let target = locked(&tx, id).await?;
            let manages = author.manages(Action::Delete) && (!target.is_superuser || author.is_superuser());
            if !manages && !author.is(id) {
                return Err(Refusal::forbidden());
            }
            must_not_be_the_last(&tx, &target).await?;
            user::Entity::delete_by_id(id).exec(&*tx).await.map_err(|error| match db::violation(&error) {
                Some(Violation::ForeignKey) => Refusal::invalid(
                    "non_field_errors",
                    "Cannot delete this user as there are records of what they did.",
                ),
                _ => error.into(),
            })?;
            Ok(())
        })
        .await
}

/// A change of a profile. The columns that are not set stay; `user_id` and the verified flag are never taken from it.
pub async fn update_profile(
    ctx: &Ctx,
    user_id: i32,
    mut change: user_profile::ActiveModel,
) -> Result<user_profile::Model, Refusal> {
    ctx.db
        .write(|tx| async move {
            if let Set(Some(group_id)) = change.primary_group {
                let member = membership::Entity::find_by_id((user_id, group_id)).count(&*tx).await? > 0;
                if !member {
                    let message = format!("Invalid pk \"{group_id}\" - object does not exist.");
                    return Err(Refusal::invalid("primary_group", message));
                }
            }
            change.user_id = Set(user_id);
            change.updated_at = Set(ctx.clock.now());
            change.phone_number_verified = match change.phone_number {
                Set(_) => Set(false),
                _ => sea_orm::ActiveValue::NotSet,
            };
            Ok(change.update(&*tx).await?)
        })
        .await
}

/// The person of that name, exactly.
pub async fn by_username(db: &impl ConnectionTrait, username: &str) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find().filter(user::Column::Username.eq(username)).one(db).await
}

/// The person with that id.
pub async fn by_id(db: &impl ConnectionTrait, id: i32) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find_by_id(id).one(db).await
}

/// Everybody, by name.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<user::Model>, DbErr> {
    user::Entity::find().order_by_asc(user::Column::Username).all(db).await
}

/// Whether anybody can administer this server.
pub async fn has_superuser(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(active_superusers().count(db).await? > 0)
}

fn active_superusers() -> sea_orm::Select<user::Entity> {
    user::Entity::find().filter(user::Column::IsSuperuser.eq(true)).filter(user::Column::IsActive.eq(true))
}

/// A person, locked. The superusers are locked first, in one order for everybody: of two who demote each other, the
/// second waits, and then sees that there is nobody left. (On SQLite there is one writer anyway.)
async fn locked(tx: &Tx, id: i32) -> Result<user::Model, Refusal> {
    active_superusers().order_by_asc(user::Column::Id).lock_exclusive().all(&**tx).await?;
    user::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Refusal::NotFound)
}

/// Somebody must be left who can administer the server.
async fn must_not_be_the_last(tx: &Tx, target: &user::Model) -> Result<(), Refusal> {
    if !target.is_superuser || !target.is_active {
        return Ok(());
    }
    let others = active_superusers().filter(user::Column::Id.ne(target.id)).count(&**tx).await?;
    if others == 0 {
        return Err(Refusal::Forbidden(
            "This is the last active superuser: make another one before you demote, deactivate or delete this one.",
        ));
    }
    Ok(())
}

/// Ends every session and revokes every grant of a person.
async fn end_everything(tx: &Tx, user_id: i32, now: Timestamp) -> Result<(), DbErr> {
    session::end_all(tx, user_id, now).await?;
    grant::Entity::update_many()
        .set(grant::ActiveModel { revoked: Set(Some(now)), ..Default::default() })
        .filter(grant::Column::UserId.eq(user_id))
        .filter(grant::Column::Revoked.is_null())
        .exec(&**tx)
        .await
        .map(drop)
}

async fn must_be_free(tx: &Tx, username: &str, own: Option<i32>) -> Result<(), Refusal> {
    let lower = Expr::expr(Func::lower(Expr::col(user::Column::Username)));
    let mut taken = user::Entity::find().filter(lower.eq(Func::lower(Expr::val(username))));
    if let Some(own) = own {
        taken = taken.filter(user::Column::Id.ne(own));
    }
    if taken.count(&**tx).await? > 0 { Err(taken_name()) } else { Ok(()) }
}

fn taken_name() -> Refusal {
    Refusal::invalid("username", "A user with that username already exists.")
}

fn name_taken(error: DbErr) -> Refusal {
    match db::violation(&error) {
        Some(Violation::Unique(_)) => taken_name(),
        _ => error.into(),
    }
}

pub(super) fn check_username(problems: &mut Problems, username: &str) {
    if username.is_empty() {
        return problems.add("username", "This field may not be blank.");
    }
    check_text(problems, "username", username, 150);
    // Combining marks are not alphanumeric, so a letter has one spelling only.
    if !username.chars().all(|c| c.is_alphanumeric() || "@.+-_".contains(c)) {
        problems.add(
            "username",
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
        );
    }
}

/// Refuses what is too long, and control characters, which no name has.
pub(super) fn check_text(problems: &mut Problems, field: &'static str, text: &str, max: usize) {
    if text.chars().count() > max {
        problems.add(field, format!("Ensure this field has no more than {max} characters."));
    }
    if text.contains('\0') {
        problems.add(field, "Null characters are not allowed.");
    } else if text.chars().any(char::is_control) {
        problems.add(field, "Control characters are not allowed.");
    }
}

/// Refuses what is no email address; empty is none at all.
fn check_email(problems: &mut Problems, email: &str) {
    if !email.is_empty() && !is_email(email) {
        problems.add("email", "Enter a valid email address.");
    }
}

/// RFC 5321 section 4.1.2 without quoted names and address literals, which nobody has and which are often abused.
pub fn is_email(email: &str) -> bool {
    let Some((name, domain)) = email.rsplit_once('@') else { return false };
    let atom =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c));
    let label = |text: &str| {
        text.len() <= 63
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.is_empty()
            && text.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    email.chars().count() <= 254
        && name.len() <= 64
        && name.split('.').all(atom)
        && (domain == "localhost" || domain.contains('.'))
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_as_in_django() {
        let problems = |name: &str| {
            let mut problems = Problems::default();
            check_username(&mut problems, name);
            problems.iter().count()
        };
        for good in ["ann", "Ann.O'x".replace('\'', "").as_str(), "a+b@c-d_e", "jürgen", "用户", &"x".repeat(150)] {
            assert_eq!(problems(good), 0, "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "a\0", "e\u{301}", "a\u{200b}b", "<script>", "a:b", &"x".repeat(151)] {
            assert_ne!(problems(bad), 0, "{bad:?}");
        }
    }

    #[test]
    fn an_email_address_looks_like_one() {
        for good in ["a@b.co", "first.last+tag@sub.example.com", "x@localhost", "jürgen@münchen.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a@-b.co",
            "a@b.co\r\nBcc: x@y.z",
            "\"a\"@b.co",
            "a@[127.0.0.1]",
            "a@b.co\0",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
