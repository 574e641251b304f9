//! Tables as sea-orm entities, one file a table and one folder a feature. No rule lives here but what a row is: times are
//! seconds since 1970-01-01 UTC, digests are hexadecimal SHA-256, scope lists are space-delimited.

pub mod accounts;
pub mod common;
pub mod exact;
pub mod inventory;
pub mod oauth;
