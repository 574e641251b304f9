//! Who makes a change to people and groups, and why a change was refused.
//!
//! The rule behind every check here: **nobody gives, takes or touches a privilege that they do not hold themselves**,
//! through their roles and, where they come with a token, through its scopes as well.

use entities::accounts::user;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};

use super::rights;
use crate::{
    db::Tx,
    password::Busy,
    scope::{Action, Rights, Role, Scope, Scopes},
};

/// Who makes a change, with what they may do.
#[derive(Debug, Clone)]
pub struct Author {
    /// The person, if it is one.
    id: Option<i32>,
    rights: Rights,
    /// The scopes of the token by which they came; none where nothing limits them.
    scopes: Option<Scopes>,
    /// The person whose rights these are, to be read again; none where they are nobody's.
    holder: Option<i32>,
}

impl Author {
    /// The operator, at the server's own console: may do everything.
    pub fn operator() -> Self {
        Self { id: None, rights: Rights::of_person(true, true), scopes: None, holder: None }
    }

    /// A caller: the person if there is one, their rights, and the scopes of their token if they use one.
    pub const fn new(id: Option<i32>, rights: Rights, scopes: Option<Scopes>) -> Self {
        Self { id, rights, scopes, holder: None }
    }

    /// The rights are this person's, also where they do not act as themselves.
    #[must_use]
    pub fn held_by(self, holder: Option<i32>) -> Self {
        Self { holder, ..self }
    }

    /// The author as of now, inside the transaction of the change: what was taken from them since they were let in, they
    /// do not hold any more.
    pub(super) async fn again(&self, tx: &Tx) -> Result<Self, DbErr> {
        let Some(holder) = self.holder else { return Ok(self.clone()) };
        let rights = match user::Entity::find_by_id(holder).one(&**tx).await? {
            Some(user) => rights::of_user(&**tx, &user).await?,
            None => Rights::default(),
        };
        Ok(Self { rights, ..self.clone() })
    }

    /// A person whom nothing limits but their own rights, as in their browser.
    pub async fn of_user(db: &impl ConnectionTrait, user: &user::Model) -> Result<Self, DbErr> {
        let rights = rights::of_user(db, user).await?;
        Ok(Self { id: Some(user.id), rights, scopes: None, holder: Some(user.id) })
    }

    /// A person in what concerns only themselves: no rights over anybody else.
    pub fn oneself(id: i32) -> Self {
        Self { id: Some(id), rights: Rights::default(), scopes: None, holder: None }
    }

    /// Whether this is the person with that id.
    pub fn is(&self, user_id: i32) -> bool {
        self.id == Some(user_id)
    }

    /// Whether they hold what a scope stands for: by their rights, and by their token.
    pub fn holds(&self, scope: Scope) -> bool {
        self.rights.covers(scope) && self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope))
    }

    /// Whether they act as a superuser.
    pub fn is_superuser(&self) -> bool {
        self.holds(Scope::Superuser)
    }

    /// Whether they may give or take a right over the things of a role. One who may make superusers may give any.
    pub fn may_grant(&self, action: Action, role: Role) -> bool {
        self.is_superuser() || self.holds(Scope::Role(action, role))
    }

    /// Whether they manage people and groups: staff (`a:staff`) with that action in the role `admin`.
    pub fn manages(&self, action: Action) -> bool {
        self.holds(Scope::Staff) && self.rights.allows(action, Role::Admin)
    }

    /// As [`Author::manages`], as a refusal.
    pub(super) fn must_manage(&self, action: Action) -> Result<(), Refusal> {
        if self.manages(action) { Ok(()) } else { Err(Refusal::forbidden()) }
    }
}

/// Fields and what is wrong with each, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// Something is wrong with a field.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push((field, message.into()));
    }

    /// Each field with a message.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_str()))
    }

    /// A refusal, if anything is wrong.
    pub fn settle(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self)) }
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, (field, message)) in self.iter().enumerate() {
            write!(f, "{}{field}: {message}", if n > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

/// Why a change to people or groups was not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Values that do not fit.
    #[error("{0}")]
    Invalid(Problems),
    /// The author does not hold what it takes.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such person or group.
    #[error("not found")]
    NotFound,
    /// Too many passwords are being hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl Refusal {
    /// Without a particular reason.
    pub const fn forbidden() -> Self {
        Self::Forbidden("You do not have permission to perform this action.")
    }

    /// One field does not fit.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(Problems(vec![(field, message.into())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_superuser_with_a_token_holds_only_what_the_token_carries() {
        let rights = Rights::of_person(true, true);
        let by_session = Author::new(Some(1), rights.clone(), None);
        assert!(by_session.is_superuser() && by_session.manages(Action::Add));
        let by_token = Author::new(Some(1), rights.clone(), Some(Scopes::parse("a:staff r:view:part").unwrap()));
        assert!(by_token.manages(Action::Add));
        assert!(!by_token.is_superuser());
        assert!(by_token.may_grant(Action::View, Role::Part));
        assert!(!by_token.may_grant(Action::Delete, Role::Part));
        let reader = Author::new(Some(1), rights, Some(Scopes::parse("g:read").unwrap()));
        assert!(!reader.manages(Action::View));
    }

    #[test]
    fn staff_without_the_admin_role_and_the_admin_role_without_staff_manage_nobody() {
        let staff = Author::new(Some(1), Rights::of_person(true, false), None);
        assert!(!staff.manages(Action::Add));
        let mut rights = Rights::of_person(false, false);
        rights.grant(Role::Admin, Action::Add);
        assert!(!Author::new(Some(1), rights, None).manages(Action::Add));
        assert!(!Author::oneself(1).manages(Action::Change));
    }
}
