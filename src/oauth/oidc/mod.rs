//! `OpenID` Connect: who somebody is, told to an application.

pub mod claims;
pub mod id_token;
