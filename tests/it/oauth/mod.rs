//! `/o/...`

mod application;
mod applications;
mod authorize;
mod authorized_tokens;
mod client;
mod code;
mod consent;
mod discovery;
mod logout;
mod logs;
mod par;
mod refresh;
mod replay;
mod sweep;
mod tokens;
