//! `/o/...`

mod application;
