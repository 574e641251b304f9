//! `/o/applications/...`

mod changes;
mod pages;
mod rules;
mod secrets;
