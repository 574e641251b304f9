//! People and groups: the rules behind `/api/user/...`, and its operations.

mod groups;
mod people;
