//! Clients that others wrote, against a server that listens.

mod inventree;
mod openid;
