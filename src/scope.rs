//! The vocabulary of rights: what a token may carry, what an operation may ask, how both are spelled.
//!
//! A scope is parsed, printed, listed and described here and nowhere else: the consent page, the token endpoint, the
//! application form, the API guard and the `OpenAPI` document all speak through these types.
//! Grammar: RFC 6749 section 3.3 for the list; `OpenID` Connect Core 5.4 and 11 for the identity scopes;
//! `InvenTree`'s `g:read`, `a:staff`, `a:superuser`, `r:<view|add|change|delete>:<role>` for the rest.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// What may be done to the things a role covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read.
    View,
    /// Create.
    Add,
    /// Modify.
    Change,
    /// Remove.
    Delete,
}

impl Action {
    /// Every action, in the order in which `InvenTree` lists them.
    pub const ALL: [Self; 4] = [Self::View, Self::Add, Self::Change, Self::Delete];

    /// The word that a person reads.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Add => "Create",
            Self::Change => "Change",
            Self::Delete => "Delete",
        }
    }

    /// The word used in scopes and in `me/roles/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Add => "add",
            Self::Change => "change",
            Self::Delete => "delete",
        }
    }
}

/// An area of the inventory over which rights are given: `InvenTree`'s eleven rule sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Users, groups, templates and settings.
    Admin,
    /// Part categories.
    PartCategory,
    /// Parts.
    Part,
    /// Bills of material.
    Bom,
    /// Stock locations.
    StockLocation,
    /// Stock items.
    Stock,
    /// Build orders.
    Build,
    /// Purchase orders, suppliers.
    PurchaseOrder,
    /// Sales orders, customers.
    SalesOrder,
    /// Return orders.
    ReturnOrder,
    /// Transfer orders.
    TransferOrder,
}

impl Role {
    /// Every role, in `InvenTree`'s order.
    pub const ALL: [Self; 11] = [
        Self::Admin,
        Self::PartCategory,
        Self::Part,
        Self::Bom,
        Self::StockLocation,
        Self::Stock,
        Self::Build,
        Self::PurchaseOrder,
        Self::SalesOrder,
        Self::ReturnOrder,
        Self::TransferOrder,
    ];

    /// The word used in scopes and rule sets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::PartCategory => "part_category",
            Self::Part => "part",
            Self::Bom => "bom",
            Self::StockLocation => "stock_location",
            Self::Stock => "stock",
            Self::Build => "build",
            Self::PurchaseOrder => "purchase_order",
            Self::SalesOrder => "sales_order",
            Self::ReturnOrder => "return_order",
            Self::TransferOrder => "transfer_order",
        }
    }

    /// What a person calls the things of this role.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "users, groups and settings",
            Self::PartCategory => "part categories",
            Self::Part => "parts",
            Self::Bom => "bills of material",
            Self::StockLocation => "stock locations",
            Self::Stock => "stock items",
            Self::Build => "build orders",
            Self::PurchaseOrder => "purchase orders",
            Self::SalesOrder => "sales orders",
            Self::ReturnOrder => "return orders",
            Self::TransferOrder => "transfer orders",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// One right that a token may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `openid`: the request is an `OpenID` Connect one.
    OpenId,
    /// `profile`: the standard profile claims.
    Profile,
    /// `email`: `email` and `email_verified`.
    Email,
    /// `address`: the postal address.
    Address,
    /// `phone`: `phone_number` and `phone_number_verified`.
    Phone,
    /// `offline_access`: a refresh token that outlives the session.
    OfflineAccess,
    /// `g:read`: what every authenticated caller may read.
    Read,
    /// `a:staff`: operations for staff.
    Staff,
    /// `a:superuser`: operations for superusers.
    Superuser,
    /// `r:<action>:<role>`: an action on the things of one role.
    Role(Action, Role),
}

/// Not a scope that this server knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope")]
pub struct UnknownScope;

impl Scope {
    const PLAIN: [(Self, &'static str); 9] = [
        (Self::OpenId, "openid"),
        (Self::Profile, "profile"),
        (Self::Email, "email"),
        (Self::Address, "address"),
        (Self::Phone, "phone"),
        (Self::OfflineAccess, "offline_access"),
        (Self::Read, "g:read"),
        (Self::Staff, "a:staff"),
        (Self::Superuser, "a:superuser"),
    ];

    /// Every scope there is, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = Self::PLAIN.into_iter().map(|(scope, _)| scope);
        plain.chain(Role::ALL.into_iter().flat_map(|role| Action::ALL.map(|action| Self::Role(action, role))))
    }

    /// What the holder may do, in words for the consent page and the `OpenAPI` document.
    pub fn describe(self) -> String {
        match self {
            Self::OpenId => "Know who you are: a stable identifier for your account".into(),
            Self::Profile => "See your profile: name, username, language and picture".into(),
            Self::Email => "See your email address".into(),
            Self::Address => "See your postal address".into(),
            Self::Phone => "See your phone number".into(),
            Self::OfflineAccess => "Keep this access while you are away, until you revoke it".into(),
            Self::Read => "Read general information: your account, settings and shared lists".into(),
            Self::Staff => "Act with your staff rights".into(),
            Self::Superuser => "Act with your superuser rights: full administration".into(),
            Self::Role(action, role) => format!("{} {}", action.verb(), role.label()),
        }
    }

    /// Whether the scope gives power beyond reading, so that the consent page should stress it.
    pub fn is_sensitive(self) -> bool {
        matches!(self, Self::Staff | Self::Superuser | Self::OfflineAccess)
            || matches!(self, Self::Role(action, _) if action != Action::View)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Role(action, role) = self {
            return write!(f, "r:{}:{}", action.name(), role.name());
        }
        f.write_str(Self::PLAIN.iter().find(|(scope, _)| scope == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        if let Some((scope, _)) = Self::PLAIN.iter().find(|(_, name)| *name == text) {
            return Ok(*scope);
        }
        let (action, role) = text.strip_prefix("r:").and_then(|rest| rest.split_once(':')).ok_or(UnknownScope)?;
        let action = Action::ALL.into_iter().find(|a| a.name() == action).ok_or(UnknownScope)?;
        Ok(Self::Role(action, Role::from_name(role).ok_or(UnknownScope)?))
    }
}

/// A set of scopes, as an authorization request asks for and a token carries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scopes(BTreeSet<Scope>);

/// Why a `scope` value was refused (`invalid_scope`). The offending text is for the log, never echoed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub enum ScopesError {
    /// More than [`Scopes::MAX_TOKENS`] words.
    TooMany,
    /// A character outside RFC 6749's `scope-token`, or an empty word.
    Malformed,
    /// A well-formed word that is no scope of this server.
    Unknown(String),
}

impl ScopesError {
    /// What whoever asked is told.
    pub const fn description(&self) -> &'static str {
        match self {
            Self::TooMany => "The scope has too many values.",
            Self::Malformed => "The scope is malformed.",
            Self::Unknown(_) => "The scope contains a value that this server does not know.",
        }
    }
}

impl Scopes {
    /// A list longer than this is refused before it is looked at: there are not that many scopes.
    pub const MAX_TOKENS: usize = 100;

    /// No scope at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every scope there is.
    pub fn all() -> Self {
        Scope::all().collect()
    }

    /// Parses a space-delimited list (RFC 6749 section 3.3). Order and repetition do not matter; an unknown value does.
    pub fn parse(text: &str) -> Result<Self, ScopesError> {
        Self::parse_known(text).and_then(|(scopes, unknown)| match unknown.into_iter().next() {
            None => Ok(scopes),
            Some(word) => Err(ScopesError::Unknown(word)),
        })
    }

    /// Parses a list whose unknown values are reported instead of refused, as `OpenID` Connect Core 3.1.2.1 asks.
    pub fn parse_known(text: &str) -> Result<(Self, Vec<String>), ScopesError> {
        let mut scopes = Self::default();
        let mut unknown = Vec::new();
        for (n, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if n >= Self::MAX_TOKENS {
                return Err(ScopesError::TooMany);
            }
            // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
            if !word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\') {
                return Err(ScopesError::Malformed);
            }
            match word.parse() {
                Ok(scope) => _ = scopes.0.insert(scope),
                Err(UnknownScope) => unknown.push(word.to_owned()),
            }
        }
        Ok((scopes, unknown))
    }

    /// Whether the set holds the scope.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether every scope of this set is also in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scopes in both sets: the only way in which rights are combined.
    #[must_use]
    pub fn narrowed_to(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// The scopes in either set: of two that were granted; never of one that was only asked for.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    /// The scopes that pass a test.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(Scope) -> bool) -> Self {
        self.iter().filter(|scope| keep(*scope)).collect()
    }

    /// The scopes, in display order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{scope}")?;
        }
        Ok(())
    }
}

/// What an operation asks of its caller; declared once per operation, in its `#[oai(scope = ...)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Any authenticated caller (`g:read`).
    Read,
    /// Staff (`a:staff`).
    Staff,
    /// A superuser (`a:superuser`).
    Superuser,
    /// The action on any one of the roles (`r:<action>:<role>`).
    Role(Action, &'static [Role]),
}

impl Need {
    /// The alternatives, one of which the token must carry and the user must hold.
    pub fn alternatives(self) -> Vec<Scope> {
        match self {
            Self::Read => vec![Scope::Read],
            Self::Staff => vec![Scope::Staff],
            Self::Superuser => vec![Scope::Superuser],
            Self::Role(action, roles) => roles.iter().map(|role| Scope::Role(action, *role)).collect(),
        }
    }
}

/// What somebody is allowed: the left side of "role AND scope", from their flags and groups or, for an application that
/// acts for itself, from what a superuser allowed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Staff operations.
    pub staff: bool,
    /// Everything.
    pub superuser: bool,
    roles: BTreeSet<(Role, Action)>,
}

impl Rights {
    /// The rights of a person with these flags and no role yet.
    pub fn of_person(staff: bool, superuser: bool) -> Self {
        Self { staff, superuser, roles: BTreeSet::new() }
    }

    /// Adds one right.
    pub fn grant(&mut self, role: Role, action: Action) {
        self.roles.insert((role, action));
    }

    /// The rights that an application which acts for itself has through its allowed scopes.
    pub fn of_application(allowed: &Scopes) -> Self {
        let mut rights = Self {
            staff: allowed.contains(Scope::Staff),
            superuser: allowed.contains(Scope::Superuser),
            ..Self::default()
        };
        for scope in allowed.iter() {
            if let Scope::Role(action, role) = scope {
                rights.grant(role, action);
            }
        }
        rights
    }

    /// Whether the holder may do this to the things of this role.
    pub fn allows(&self, action: Action, role: Role) -> bool {
        self.superuser || self.roles.contains(&(role, action))
    }

    /// Whether a scope would give its holder nothing beyond these rights.
    pub fn covers(&self, scope: Scope) -> bool {
        match scope {
            Scope::Superuser => self.superuser,
            // Staff and superuser are separate flags in InvenTree, yet a superuser may do everything.
            Scope::Staff => self.staff || self.superuser,
            Scope::Role(action, role) => self.allows(action, role),
            Scope::OpenId
            | Scope::Profile
            | Scope::Email
            | Scope::Address
            | Scope::Phone
            | Scope::OfflineAccess
            | Scope::Read => true,
        }
    }

    /// The actions held on a role, in order.
    pub fn actions(&self, role: Role) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.allows(*action, role)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_exactly_the_scopes_of_inventree_and_of_openid() {
        assert_eq!(Scope::all().count(), 9 + 44);
    }

    #[test]
    fn every_scope_survives_a_round_trip_through_text() {
        for scope in Scope::all() {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn a_list_is_a_set_whose_order_and_repetition_do_not_matter() {
        assert_eq!(Scopes::parse("g:read openid g:read"), Scopes::parse(" openid  g:read "));
    }

    #[test]
    fn an_unknown_or_malformed_scope_is_refused() {
        assert_eq!(Scopes::parse("openid admin"), Err(ScopesError::Unknown("admin".into())));
        for text in ["r:view:", "r:view", "r::part", "r:view:part:x", "R:view:part", "r:VIEW:part", "g:*", "r:*:part"] {
            assert!(Scopes::parse(text).is_err(), "{text}");
        }
        for text in ["a\tb", "a\nb", "\"", "\\", "\u{e9}", "\0"] {
            assert_eq!(Scopes::parse(text), Err(ScopesError::Malformed), "{text:?}");
        }
        assert_eq!(Scopes::parse(&"x ".repeat(101)), Err(ScopesError::TooMany));
    }

    #[test]
    fn a_right_on_one_role_covers_no_other_scope() {
        let mut rights = Rights::default();
        rights.grant(Role::Part, Action::View);
        let covered: Vec<_> = Scope::all().filter(|s| matches!(s, Scope::Role(..)) && rights.covers(*s)).collect();
        assert_eq!(covered, [Scope::Role(Action::View, Role::Part)]);
        assert!(!rights.covers(Scope::Staff) && !rights.covers(Scope::Superuser));
    }

    proptest::proptest! {
        #[test]
        fn narrowing_never_widens(a in subset(), b in subset()) {
            let both = a.narrowed_to(&b);
            assert!(both.is_subset(&a) && both.is_subset(&b));
        }

        #[test]
        fn parsing_never_yields_a_scope_that_was_not_written(text in "[a-z:_ ]{0,60}") {
            if let Ok(scopes) = Scopes::parse(&text) {
                for scope in scopes.iter() {
                    assert!(text.split(' ').any(|word| word == scope.to_string()));
                }
            }
        }
    }

    fn subset() -> impl proptest::strategy::Strategy<Value = Scopes> {
        let all: Vec<Scope> = Scope::all().collect();
        let len = all.len();
        proptest::strategy::Strategy::prop_map(proptest::sample::subsequence(all, 0..=len), |s| s.into_iter().collect())
    }
}
