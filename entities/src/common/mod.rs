//! What belongs to no one area: settings.

pub mod setting;
pub mod user_setting;
