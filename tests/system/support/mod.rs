//! What the modules share: a server, its database, and the two ways to talk to it.

pub(crate) mod flow;
pub(crate) mod listener;
pub(crate) mod server;
pub(crate) mod tls;

/// Runs a test on SQLite and on PostgreSQL: `both! { async fn a_rule(store: Store) { ... } }`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident: Store) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($store: $crate::support::server::Store) $body

            #[tokio::test]
            async fn sqlite() {
                test($crate::support::server::Store::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                test($crate::support::server::Store::Postgres).await;
            }
        }
    )* };
}
pub(crate) use both;
