//! The real binary on a real port, used as people and other programs use it: by Chromium (`browser`), by clients that
//! others wrote (`clients`), and by an operator who starts, stops and kills it (`process`). `tests/run` runs it.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod browser;
mod clients;
mod process;
mod support;
