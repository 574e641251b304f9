//! The database: who reads, who writes, and what a violated constraint means.
//!
//! Reads use [`Db::reader`]. Every write is [`Db::write`]: one closure, one transaction, the only way to change a row, so
//! that how it commits can change here alone. On SQLite that is one connection that begins `IMMEDIATE`: writers queue in
//! the process instead of meeting "database is locked", those who wait together are committed together, and
//! `synchronous=FULL` makes an acknowledged commit survive a power cut. On PostgreSQL it is a pool.
//!
//! An error rolls back. A refusal that must be remembered (a replayed refresh token ends its family) is therefore an
//! `Ok` of the closure that carries the refusal.

mod group;

use std::{
    future::Future,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqlErr,
    TransactionTrait,
};

/// A handle to the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// On SQLite: who writes, one after another.
    line: Option<Arc<group::Line>>,
    writes: Arc<AtomicU64>,
    statements: Arc<AtomicU64>,
}

/// The transaction inside [`Db::write`].
#[derive(Debug, Clone)]
pub struct Tx(Arc<DatabaseTransaction>);

impl Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Db {
    /// Opens the database, creating a SQLite file that does not exist yet. Does not migrate.
    pub async fn connect(url: &str) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let (mut reader, mut writer) = if url.starts_with("sqlite:") {
            create_private(url).map_err(|e| DbErr::Custom(format!("{url}: {e}")))?;
            // The writer first: it is the one that switches the file to WAL.
            let writer = Database::connect(sqlite(url, 1)).await?;
            (Database::connect(sqlite(url, 4)).await?, writer)
        } else {
            let mut options = ConnectOptions::new(url);
            // Long enough for a database that starts together with this server, short enough to hear why it does not.
            options.max_connections(16).acquire_timeout(Duration::from_secs(10)).sqlx_logging(false);
            // The pool answers a broken connection by itself; a round trip per checkout would double a read's cost.
            options.test_before_acquire(false);
            let pool = Database::connect(options).await?;
            (pool.clone(), pool)
        };
        for connection in [&mut reader, &mut writer] {
            let counter = statements.clone();
            connection.set_metric_callback(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
        }
        let epoch = Arc::<AtomicU64>::default();
        let sqlite = writer.get_database_backend() == DbBackend::Sqlite;
        let line = sqlite.then(|| group::Line::new(writer.clone(), epoch.clone()));
        Ok(Self { reader, writer, line, writes: epoch, statements })
    }

    /// Where to read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The connection on which migrations run, before anything else does.
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Waits until no other instance on this PostgreSQL database prepares it; others wait until what is returned is
    /// dropped. (Instances on one SQLite file share a folder, and lock a file in it.)
    pub async fn turn(&self) -> Result<Option<DatabaseTransaction>, DbErr> {
        if self.is_sqlite() {
            return Ok(None);
        }
        let tx = self.writer.begin().await?;
        // Any number will do, if it is always the same: "stockade" in base 36, cut to 31 bits.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(1873022157)").await?;
        Ok(Some(tx))
    }

    /// Runs a closure in one transaction: its `Ok` commits, its `Err` (or being dropped midway) rolls back.
    pub async fn write<T, E, F, Fut>(&self, change: F) -> Result<T, E>
    where
        E: From<DbErr>,
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.commit(change, true).await
    }

    /// [`Self::write`] of a row from which nothing that is kept in memory was read, so that all of it stays good.
    pub async fn note<T, E, F, Fut>(&self, change: F) -> Result<T, E>
    where
        E: From<DbErr>,
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.commit(change, false).await
    }

    /// Runs and commits a closure; whether what is kept in memory is stale then.
    async fn commit<T, E, F, Fut>(&self, change: F, stale: bool) -> Result<T, E>
    where
        E: From<DbErr>,
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(line) = &self.line {
            return line.write(change, stale).await;
        }
        let (outcome, tx) = run(self.writer.begin().await?, change).await?;
        if outcome.is_ok() {
            tx.commit().await?;
            self.writes.fetch_add(u64::from(stale), Ordering::Release);
        } else {
            tx.rollback().await?;
        }
        outcome
    }

    /// Lets SQLite look at its tables where they have changed much, so that it knows which index leads to few rows: it never
    /// does by itself, and without it a page of a million rows is sorted whole. PostgreSQL has a process for that.
    pub async fn tend(&self) -> Result<(), DbErr> {
        if self.is_sqlite() {
            // 0x10000: also tables that no statement of this connection has read; 0x02: as its documentation advises, by samples.
            self.writer.execute_unprepared("PRAGMA optimize=0x10002").await?;
        }
        Ok(())
    }

    /// How many writes this process has committed: whatever was read before the number changed may be stale.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    /// How many statements this process has sent.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        self.reader.get_database_backend() == DbBackend::Sqlite
    }
}

/// Runs a write in a transaction, and gives back what it lent.
async fn run<T, E, F, Fut>(
    transaction: DatabaseTransaction,
    change: F,
) -> Result<(Result<T, E>, DatabaseTransaction), DbErr>
where
    F: FnOnce(Tx) -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let tx = Tx(Arc::new(transaction));
    let outcome = change(tx.clone()).await;
    let transaction = Arc::try_unwrap(tx.0)
        .map_err(|_| DbErr::Custom("a clone of the transaction outlived its closure".to_owned()))?;
    Ok((outcome, transaction))
}

/// Makes the SQLite file readable by its owner only; what SQLite puts beside it inherits that.
fn create_private(url: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or(path);
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).min_connections(1).sqlx_logging(false).test_before_acquire(false);
    options.acquire_timeout(Duration::from_secs(30));
    options.map_sqlx_sqlite_opts(move |sqlite| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .with_regexp()
            // Another process, such as `stockade keys rotate`, may hold the file for a moment.
            .busy_timeout(Duration::from_secs(20))
            .pragma("mmap_size", "268435456")
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "memory")
    });
    options
}

/// What a violated constraint means for the person who caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// These columns together must be unique. Empty where the database does not say which.
    Unique(Vec<String>),
    /// A referenced row does not exist, or is still referred to.
    ForeignKey,
}

/// The constraint behind an error, if that is what it is.
pub fn violation(error: &DbErr) -> Option<Violation> {
    // SQLite has another code for `ON DELETE RESTRICT`, which sea-orm does not know.
    if error.to_string().contains("FOREIGN KEY constraint failed") {
        return Some(Violation::ForeignKey);
    }
    match error.sql_err()? {
        SqlErr::UniqueConstraintViolation(message) => Some(Violation::Unique(columns(&message))),
        SqlErr::ForeignKeyConstraintViolation(_) => Some(Violation::ForeignKey),
        _ => None,
    }
}

/// SQLite names the columns (`UNIQUE constraint failed: user.name, user.kind`); PostgreSQL names the index, which our
/// migrations call `<table>-<column>-<column>`.
fn columns(message: &str) -> Vec<String> {
    if let Some((_, list)) = message.rsplit_once("failed: ") {
        return list.split(',').filter_map(|name| name.trim().rsplit('.').next()).map(str::to_owned).collect();
    }
    let index = message.split('"').nth(1).unwrap_or_default();
    index.split('-').skip(1).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_violation_names_the_same_columns_on_both_databases() {
        assert_eq!(columns("UNIQUE constraint failed: user.username"), ["username"]);
        assert_eq!(columns("UNIQUE constraint failed: part.name, part.ipn"), ["name", "ipn"]);
        assert_eq!(columns("duplicate key value violates unique constraint \"part-name-ipn\""), ["name", "ipn"]);
    }
}
