//! The sections of subjects, logout, and what an application tells of itself.

use super::{Field, Kind, Section};
use crate::oauth::application::metadata;

/// By which `sub` it knows people.
pub(super) const SUBJECT: Section = Section {
    id: "subject",
    title: "How it knows people",
    lead: "The identifier by which the application knows a person (sub).",
    fields: &[
        Field {
            name: "subject_type",
            label: "Subject type",
            help: "Pairwise: applications of different sites cannot find out that they serve the same person.",
            kind: Kind::Choice(|| {
                vec![("", "Public: the same for every application"), ("pairwise", "Pairwise: its own for each site")]
            }),
        },
        Field {
            name: "sector_identifier_uri",
            label: "Sector identifier URI",
            help: "For pairwise identifiers that several sites share: a JSON list with every redirect URI of theirs.",
            kind: Kind::Line,
        },
    ],
};

/// How it learns of a logout.
pub(super) const LOGOUT: Section = Section {
    id: "logout",
    title: "Logout",
    lead: "How the application learns that a person has logged out here.",
    fields: &[
        Field {
            name: "backchannel_logout_uri",
            label: "Back-channel logout URI",
            help: "This server sends a signed logout token there, again and again for a day if nobody answers.",
            kind: Kind::Line,
        },
        Field {
            name: "backchannel_logout_session_required",
            label: "It needs the session identifier (sid) in logout tokens",
            help: "It is always sent.",
            kind: Kind::Tick,
        },
        Field {
            name: "frontchannel_logout_uri",
            label: "Front-channel logout URI",
            help: "The browser opens it in a frame. On the site of a redirect URI. Browsers that keep sites apart may send it no cookies: prefer the back channel.",
            kind: Kind::Line,
        },
        Field {
            name: "frontchannel_logout_session_required",
            label: "It needs iss and sid there",
            help: "They are always sent.",
            kind: Kind::Tick,
        },
    ],
};

/// What it tells of itself.
pub(super) const ABOUT: Section = Section {
    id: "about",
    title: "About the software",
    lead: "What the application tells of itself. Nothing depends on it.",
    fields: &[
        Field {
            name: "application_type",
            label: "Application type",
            help: "",
            kind: Kind::Choice(|| metadata::about::APPLICATION_TYPES.to_vec()),
        },
        Field {
            name: "initiate_login_uri",
            label: "Login initiation URI",
            help: "Where other sites may send people to begin a login with this application.",
            kind: Kind::Line,
        },
        Field { name: "contacts", label: "Contacts", help: "Email addresses, one a line.", kind: Kind::Lines },
        Field { name: "software_id", label: "Software id", help: "", kind: Kind::Line },
        Field { name: "software_version", label: "Software version", help: "", kind: Kind::Line },
    ],
};
