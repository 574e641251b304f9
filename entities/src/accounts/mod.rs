//! People, groups, rights and the credentials of people.

pub mod api_token;
pub mod group;
pub mod membership;
pub mod owner;
pub mod recovery_code;
pub mod rule_set;
pub mod session;
pub mod user;
pub mod user_profile;
