//! **Stockade**: an OAuth 2 / `OpenID` Connect identity provider fused with the inventory API that its scopes guard.
//!
//! The rule of the house: *right = what the user's roles allow AND what the token's scopes allow*. A scope narrows, never
//! widens.
//!
//! # Floors
//! A module names only modules on lower floors; `tests/it/floors.rs` enforces it from this table.
//! ```text
//! 11 cli
//! 10 server
//! 9 inventory directory instance administration
//! 8 rest
//! 7 access
//! 6 oauth
//! 5 accounts settings
//! 4 ctx
//! 3 signing tls
//! 2 db web password limiter egress
//! 1 config scope secret
//! 0 clock        (entities, migration: separate crates, below all)
//! ```

pub mod access;
pub mod accounts;
pub mod administration;
pub mod cli;
pub mod clock;
pub mod config;
pub mod ctx;
pub mod db;
pub mod directory;
pub mod egress;
pub mod instance;
pub mod inventory;
pub mod limiter;
pub mod oauth;
pub mod password;
pub mod rest;
pub mod scope;
pub mod secret;
pub mod server;
pub mod settings;
pub mod signing;
pub mod tls;
pub mod web;
