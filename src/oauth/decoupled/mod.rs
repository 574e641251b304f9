//! Requests that a person decides elsewhere than where they were made: a device shows a code (RFC 8628), or an application
//! names the person (CIBA core). What both have in common: asked, decided, polled, redeemed once.

mod decide;
mod poll;
mod show;

use entities::oauth::decoupled_request;

use crate::{clock::Timestamp, scope::Scopes};

pub(super) use decide::{Decision, Outcome, decide};
pub(super) use poll::{Approved, poll};
pub(super) use show::{Shown, shown};

/// How often an application may ask, in seconds, until it is told to slow down (RFC 8628 section 3.2, CIBA core 7.3).
pub(super) const INTERVAL: i32 = 5;

/// By which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Device,
    Ciba,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Ciba => "ciba",
        }
    }
}

/// Whether it can still be decided.
pub(super) fn is_pending(row: &decoupled_request::Model, now: Timestamp) -> bool {
    row.decided.is_none() && row.expires > now
}

/// What it asks for.
pub(super) fn scopes(row: &decoupled_request::Model) -> Scopes {
    Scopes::parse_known(&row.scope).map(|(scopes, _)| scopes).unwrap_or_default()
}
