//! Trees: each row keeps its parent and the path of ids from the root, so that a subtree is a range of paths.

use poem_openapi::Object;
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use serde::Serialize;

use crate::db::Tx;

/// A deeper tree is refused, so that paths stay short enough for an index.
pub(super) const MAX_DEPTH: i32 = 50;

/// Separates names in a sort key. No name holds a control character, and it sorts before everything that a name may hold.
pub(super) const SEPARATOR: char = '\u{1}';

/// One step of the way from the root.
#[derive(Debug, Clone, Object, Serialize)]
pub(super) struct TreePath {
    /// Its primary key
    pub(super) pk: i32,
    /// Its name
    pub(super) name: String,
    /// Its icon, if it has one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    pub(super) icon: Option<String>,
}

/// The end of the range of paths that begins with this one: `/1/3/` to `/1/30`, since `0` follows `/`.
pub(super) fn end(path: &str) -> String {
    format!("{}0", path.trim_end_matches('/'))
}

/// The ids on a path.
pub(super) fn ids(path: &str) -> impl Iterator<Item = i32> + '_ {
    path.split('/').filter_map(|id| id.parse().ok())
}

/// Serialises whatever changes the shape of the category tree or relies on it, on PostgreSQL; on SQLite writers queue
/// anyway. `exclusive`: to change it.
pub(super) async fn lock(tx: &Tx, exclusive: bool) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let function = if exclusive { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" };
    // An arbitrary number that nothing else in this database uses.
    tx.execute_unprepared(&format!("SELECT {function}(7203001)")).await.map(drop)
}
