//! The one integration binary. The tree of modules is the tree of URLs; a test's name is the rule that it proves.

#![recursion_limit = "256"]
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access;
mod accounts;
mod administration;
mod authz_matrix;
mod contract;
mod db;
mod directory;
mod floors;
mod instance;
mod inventory;
mod oauth;
mod openapi;
mod schema;
mod signing;
mod support;
