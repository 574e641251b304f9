//! How `/api` knows its callers, and how it words everything that is not an answer.

mod bad_input;
mod bearer;
mod browse;
mod credentials;
mod guard;
mod idiom;
mod step_up;
