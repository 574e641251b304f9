//! The program as its operator meets it.

mod refusals;
