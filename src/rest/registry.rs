//! The registry of poem-openapi, from which the document is made. It is hidden from that crate's documentation, so its
//! version is pinned and its names come in here alone (and in `access`, which stands below).

pub(crate) use poem_openapi::registry::*;
