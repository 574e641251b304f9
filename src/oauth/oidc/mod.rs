//! `OpenID` Connect: who somebody is, told to an application.

pub mod acr;
pub mod claims;
pub mod discovery;
pub mod id_token;
pub(super) mod logout;
pub(super) mod userinfo;
