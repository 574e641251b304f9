//! The authorization server: applications, grants, tokens and keys.

pub mod access_token;
pub mod application;
pub mod application_secret;
pub mod authorization_code;
pub mod client_document;
pub mod consent;
pub mod decoupled_request;
pub mod grant;
pub mod initial_access_token;
pub mod logo;
pub mod logout_notice;
pub mod pushed_request;
pub mod redirect_mismatch;
pub mod refresh_token;
pub mod registration;
pub mod replay;
pub mod signing_key;
