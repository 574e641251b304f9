//! `/o/...`

mod application;
mod applications;
mod authorized_tokens;
