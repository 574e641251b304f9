//! Turns: what two writers must not do at the same time on PostgreSQL. On SQLite writers queue anyway. The numbers are
//! arbitrary, and nothing else's in this database (see also `tree`).

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};

use crate::db::Tx;

/// To rely on an internal part number's being free.
pub(super) const IPN: i32 = 7_203_002;
/// To change what parts are built of.
pub(super) const BOM: i32 = 7_203_003;
/// To relate two parts.
pub(super) const RELATION: i32 = 7_203_004;
/// To name a test.
pub(super) const TEST: i32 = 7_203_005;

/// To say on what a barcode stands.
pub(super) const BARCODE: i32 = 7_203_006;

/// Waits until nobody else has this turn; it ends with the transaction.
pub(super) async fn take(tx: &Tx, number: i32) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({number})")).await.map(drop)
}
