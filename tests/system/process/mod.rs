//! The program as its operator meets it.

mod durability;
mod refusals;
mod shutdown;
mod wire;
