//! The authorization server: applications, grants, tokens and keys.

pub mod access_token;
pub mod application;
pub mod application_secret;
pub mod authorization_code;
pub mod consent;
pub mod grant;
pub mod redirect_mismatch;
pub mod refresh_token;
pub mod signing_key;
