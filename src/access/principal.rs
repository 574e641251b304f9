//! Who calls, with what rights, by which credential; and the one decision on what they may.

use entities::{accounts::user, oauth::application};

use super::Refused;
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    oauth::confirmation::Confirmation,
    scope::{Need, Rights, Scope, Scopes},
};

/// For whom a request acts.
#[expect(clippy::large_enum_variant, reason = "a principal is one, behind an `Arc`")]
#[derive(Debug, Clone)]
pub enum Subject {
    /// A person.
    User(user::Model),
    /// An application, for itself (RFC 6749 section 4.4).
    Application(application::Model),
}

/// By which credential they proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// User name and password (`Authorization: Basic`).
    Password,
    /// An API token (`Authorization: Token`), by its id.
    Token(i32),
    /// A browser session, by its id.
    Session(i32),
    /// An OAuth access token (`Authorization: Bearer` or `DPoP`), by the `client_id` that it was issued to.
    Bearer(String),
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Principal {
    /// For whom the request acts.
    pub subject: Subject,
    /// What they are allowed, whatever the credential.
    pub rights: Rights,
    /// What the credential is limited to; `None` where it is not.
    pub scopes: Option<Scopes>,
    /// The credential.
    pub via: Via,
    /// The key that the credential is bound to: whoever uses it must show that they hold it.
    pub bound: Option<Confirmation>,
    /// When the person logged in to whose login the credential goes back; none where it goes back to none.
    pub auth_time: Option<Timestamp>,
}

/// Why a principal may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The token does not carry this scope, which would do (RFC 6750 section 3.1, `insufficient_scope`).
    Scope(Scope),
    /// They do not have the right.
    Right,
}

impl Principal {
    /// Whether they may do what an operation asks: **the right AND the scope**, both on the same alternative.
    pub fn may(&self, need: Need) -> bool {
        self.decide(&need.alternatives()).is_ok()
    }

    /// Whether one of these scopes is both held as a right and carried by the credential.
    pub fn decide(&self, alternatives: &[Scope]) -> Result<(), Denied> {
        let carried = |scope: Scope| self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope));
        let held = |scope: Scope| self.rights.covers(scope);
        if alternatives.iter().any(|scope| carried(*scope) && held(*scope)) {
            return Ok(());
        }
        // What to ask for next time: a scope that would be of use to them, if there is one.
        let useful = alternatives.iter().find(|scope| held(**scope)).or(alternatives.first());
        match useful {
            Some(scope) if !carried(*scope) => Err(Denied::Scope(*scope)),
            _ => Err(Denied::Right),
        }
    }

    /// Whether their login is recent enough for what gives power away (RFC 9470 section 3).
    ///
    /// A session and a person's bearer go back to a login, which may be repeated. An API token and a password do not:
    /// whoever holds them proves with every request all that they ever will, and scripts that manage people rely on them.
    /// Nor does an application that acts for itself.
    pub fn logged_in_recently(&self, ctx: &Ctx) -> Result<(), Refused> {
        let max_age = ctx.config.session.recent_seconds;
        match self.auth_time {
            Some(at) if ctx.clock.now() - at > max_age => Err(Refused::Login { max_age }),
            _ => Ok(()),
        }
    }

    /// The person, if it is one.
    pub fn user(&self) -> Option<&user::Model> {
        match &self.subject {
            Subject::User(user) => Some(user),
            Subject::Application(_) => None,
        }
    }

    /// The person's id, if it is one.
    pub fn user_id(&self) -> Option<i32> {
        self.user().map(|user| user.id)
    }

    /// Whether they may act as staff here and now, by right and by scope.
    pub fn is_staff(&self) -> bool {
        self.may(Need::Staff)
    }

    /// Whether they may act as a superuser here and now, by right and by scope.
    pub fn is_superuser(&self) -> bool {
        self.may(Need::Superuser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{Action, Role};

    fn principal(rights: Rights, scopes: Option<&str>) -> Principal {
        let application = application::Model {
            id: 1,
            client_id: "x".into(),
            name: String::new(),
            client_type: String::new(),
            grant_types: String::new(),
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            allowed_origins: String::new(),
            algorithm: String::new(),
            scope: String::new(),
            default_scope: String::new(),
            require_pkce: true,
            consent: String::new(),
            access_token_lifetime: 0,
            id_token_lifetime: 0,
            refresh_token_lifetime: 0,
            refresh_token_idle_lifetime: 0,
            client_uri: String::new(),
            logo_uri: String::new(),
            policy_uri: String::new(),
            tos_uri: String::new(),
            metadata: String::new(),
            is_active: true,
            is_default: false,
            origin: "administrator".into(),
            created_by: None,
            created: 0,
            updated: 0,
            resource_identifier: None,
        };
        let scopes = scopes.map(|text| Scopes::parse(text).unwrap());
        Principal {
            subject: Subject::Application(application),
            rights,
            scopes,
            via: Via::Bearer("x".into()),
            bound: None,
            auth_time: None,
        }
    }

    fn viewer(role: Role) -> Rights {
        let mut rights = Rights::default();
        rights.grant(role, Action::View);
        rights
    }

    const PART: Scope = Scope::Role(Action::View, Role::Part);
    const BUILD: Scope = Scope::Role(Action::View, Role::Build);

    #[test]
    fn neither_the_right_nor_the_scope_alone_is_enough() {
        assert_eq!(principal(viewer(Role::Part), Some("r:view:part")).decide(&[PART]), Ok(()));
        assert_eq!(principal(viewer(Role::Part), None).decide(&[PART]), Ok(()));
        assert_eq!(principal(viewer(Role::Part), Some("g:read")).decide(&[PART]), Err(Denied::Scope(PART)));
        assert_eq!(principal(Rights::default(), Some("r:view:part")).decide(&[PART]), Err(Denied::Right));
    }

    #[test]
    fn the_right_and_the_scope_must_be_on_the_same_role() {
        let crossed = principal(viewer(Role::Part), Some("r:view:build"));
        assert_eq!(crossed.decide(&[PART, BUILD]), Err(Denied::Scope(PART)));
    }

    #[test]
    fn a_superusers_token_without_the_scope_is_no_superuser() {
        let root = Rights::of_person(true, true);
        assert!(principal(root.clone(), None).is_superuser());
        assert!(!principal(root.clone(), Some("g:read a:staff")).is_superuser());
        assert!(!principal(root, Some("a:superuser")).is_staff());
    }
}
