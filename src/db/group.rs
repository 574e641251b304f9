//! Group commit: writes that wait together on SQLite are committed together, because what a commit costs there is one
//! `fsync`, whatever stands in it.
//!
//! One write runs at a time, as SQLite has it. Whoever is next finds the transaction still open and runs inside a
//! savepoint of it, so that its failure undoes nothing of the others; the last in the line, or the last that the group
//! takes, has it committed. Everybody is answered only after that, with what the commit said: what is acknowledged is on
//! the disk, and who was refused because of another's write hears so once that write stands. A write that is dropped
//! midway rolls back by itself; the group goes on.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
    error::ConnAcquireErr,
};
use tokio::{runtime::Handle, sync::oneshot};

use super::{Tx, run};

/// A group takes no more writes than this, nor longer than [`LONGEST`], so that the first of it is not kept waiting.
const LARGEST: usize = 64;
/// See [`LARGEST`].
const LONGEST: Duration = Duration::from_millis(5);
/// Nobody waits longer for their turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// The line before the one connection that writes.
#[derive(Debug)]
pub(super) struct Line {
    writer: DatabaseConnection,
    writes: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether somebody has the turn.
    taken: bool,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// What is told to each write of a group: that it stands, or why not.
type Outcome = Result<(), String>;

/// A transaction that several writes share.
#[derive(Debug)]
struct Group {
    transaction: DatabaseTransaction,
    begun: Instant,
    /// Whether what is kept in memory is stale once it is committed.
    stale: bool,
    members: Vec<oneshot::Sender<Outcome>>,
}

/// The right to write, which one at a time has. Dropped, it goes to the next.
#[derive(Debug)]
struct Turn {
    /// None once it has been passed on.
    line: Option<Arc<Line>>,
    /// The group, unless one has yet to begin.
    group: Option<Group>,
}

impl Line {
    pub(super) fn new(writer: DatabaseConnection, epoch: Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self { writer, writes: epoch, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turn(self: &Arc<Self>) -> Result<Turn, DbErr> {
        let turn = {
            let mut state = self.state();
            if state.taken {
                let (next, turn) = oneshot::channel();
                state.waiting.push_back(next);
                turn
            } else {
                state.taken = true;
                return Ok(Turn { line: Some(self.clone()), group: None });
            }
        };
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    /// As [`super::Db::write`]; `stale`: what is kept in memory is stale then.
    pub(super) async fn write<T, E, F, Fut>(self: &Arc<Self>, change: F, stale: bool) -> Result<T, E>
    where
        E: From<DbErr>,
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut turn = self.turn().await?;
        let (outcome, told) = match turn.group.take() {
            None => turn.first(&self.writer, change).await?,
            Some(group) => turn.further(group, change).await?,
        };
        if let Some(group) = &mut turn.group {
            group.stale |= stale && outcome.is_ok();
        }
        drop(turn);
        match told {
            None => outcome,
            Some(told) => match told.await {
                Ok(Ok(())) => outcome,
                Ok(Err(reason)) => Err(DbErr::Custom(format!("the write was not committed: {reason}")).into()),
                Err(_) => Err(DbErr::Custom("the write was not committed: the server stops".to_owned()).into()),
            },
        }
    }
}

/// What a write came to, and where it will be told that it stands; nowhere, if there is nothing of it.
type Written<T, E> = (Result<T, E>, Option<oneshot::Receiver<Outcome>>);

impl Turn {
    /// Begins a group. Nothing stands before this write, so that all of the transaction is its own to roll back.
    async fn first<T, E, F, Fut>(&mut self, writer: &DatabaseConnection, change: F) -> Result<Written<T, E>, DbErr>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = writer.begin_with_options(options).await?;
        let (outcome, transaction) = run(transaction, change).await?;
        if outcome.is_err() {
            transaction.rollback().await?;
            return Ok((outcome, None));
        }
        let (teller, told) = oneshot::channel();
        self.group = Some(Group { transaction, begun: Instant::now(), stale: false, members: vec![teller] });
        Ok((outcome, Some(told)))
    }

    /// Writes inside a savepoint of the group.
    async fn further<T, E, F, Fut>(&mut self, group: Group, change: F) -> Result<Written<T, E>, DbErr>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        // From here on the group is whole whenever this is dropped: the savepoint goes first, and is rolled back.
        let group = self.group.insert(group);
        let written = async {
            let savepoint = group.transaction.begin().await?;
            let (outcome, savepoint) = run(savepoint, change).await?;
            match outcome {
                Ok(_) => savepoint.commit().await?,
                Err(_) => savepoint.rollback().await?,
            }
            Ok(outcome)
        };
        match written.await {
            Ok(outcome) => {
                let (teller, told) = oneshot::channel();
                group.members.push(teller);
                Ok((outcome, Some(told)))
            }
            Err(error) => {
                // The database has given up the whole transaction (a full disk does that): nobody's write stands.
                let broken = self.group.take();
                tell(broken.map(|group| group.members).unwrap_or_default(), &Err(DbErr::to_string(&error)));
                Err(error)
            }
        }
    }

    /// Who writes next, in the same group or after its commit.
    fn pass(line: Arc<Line>, mut group: Option<Group>) {
        let full = group.as_ref().is_some_and(|g| g.members.len() >= LARGEST || g.begun.elapsed() >= LONGEST);
        loop {
            let next = {
                let mut state = line.state();
                let next = if full { None } else { state.waiting.pop_front() };
                state.taken = next.is_some() || group.is_some();
                next
            };
            let Some(next) = next else {
                if let Some(group) = group {
                    commit(line, group);
                }
                return;
            };
            let Err(mut turn) = next.send(Self { line: Some(line.clone()), group }) else { return };
            // That one no longer waits.
            turn.line = None;
            group = turn.group.take();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            Self::pass(line, self.group.take());
        }
    }
}

/// Commits a group in a task of its own, which nobody who hangs up can interrupt.
fn commit(line: Arc<Line>, group: Group) {
    let Group { transaction, stale, members, .. } = group;
    // Without a runtime the server is gone, and everybody who could be told with it.
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(async move {
        let outcome = transaction.commit().await;
        if outcome.is_ok() {
            line.writes.fetch_add(u64::from(stale), Ordering::Release);
        }
        tell(members, &outcome.map_err(|error| error.to_string()));
        Turn::pass(line, None);
    });
}

fn tell(members: Vec<oneshot::Sender<Outcome>>, outcome: &Outcome) {
    for member in members {
        // Who hung up is not told.
        let _ = member.send(outcome.clone());
    }
}
