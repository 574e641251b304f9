//! `/o/applications/...`

mod changes;
mod effects;
mod pages;
mod rules;
mod secrets;
