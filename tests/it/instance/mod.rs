//! What the server says of itself.

mod root;
mod settings;
