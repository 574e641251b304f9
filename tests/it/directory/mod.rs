//! People and groups: the rules behind `/api/user/...`, and its operations.

mod group;
mod groups;
mod me;
mod owner;
mod people;
mod ruleset;
mod tokens;
mod user;
