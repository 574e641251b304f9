//! The program as its operator meets it.

mod demo;
mod durability;
mod refusals;
mod shutdown;
mod wire;
