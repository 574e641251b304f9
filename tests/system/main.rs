//! The real binary on a real port, used as people and other programs use it: by Chromium (`browser`), by clients that
//! others wrote (`clients`), and by an operator who starts, stops and kills it (`process`). `tests/run` runs it.

mod browser;
mod clients;
mod process;
mod support;
