//! Time and randomness, the two inputs that a program otherwise takes from nowhere. They are arguments, so that a test
//! can move the clock and a review can see who draws.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDate, Utc};

/// A point in time: whole seconds since 1970-01-01 UTC, as OAuth and JWT write it.
pub type Timestamp = i64;

/// The wall clock, or a test's.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// How far a test has moved the clock, in seconds.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "the one caller of the wall clock")]
    pub fn now(&self) -> Timestamp {
        Utc::now().timestamp().saturating_add(self.offset.load(Ordering::Relaxed))
    }

    /// Today's date, UTC.
    pub fn today(&self) -> NaiveDate {
        datetime(self.now()).date_naive()
    }

    /// Moves this clock and its clones forward; for tests.
    pub fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// The calendar view of a timestamp; one out of chrono's range is the epoch.
pub fn datetime(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or_default()
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rng;

impl Rng {
    /// `N` unpredictable bytes.
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// Fills a buffer with unpredictable bytes.
    #[expect(clippy::expect_used, reason = "a server without a random source must not go on")]
    pub fn fill(self, out: &mut [u8]) {
        use rand::TryRng as _;
        rand::rngs::SysRng.try_fill_bytes(out).expect("the operating system's random source failed");
    }
}
