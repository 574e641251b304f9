//! The one limiter of guesses: what stands between a stranger and a secret that is short or that a person chose.
//!
//! **Every** place that checks such a secret (login form, Basic, change of password, second factor, recovery code, client
//! secret) takes an [`Attempt`] first and tells it the outcome, per account and per address, so that no side
//! door is left. Taking one reserves it: guesses that are made at once never are more than guesses made one by one. Who
//! comes while every guess that is left is being checked waits for an outcome.
//!
//! API tokens, access tokens, session cookies and the setup link are not limited: their 128 random bits and more cannot be guessed, what
//! fails the shape or the checksum is refused without a query, and a lock would only let one bad client at an address shut
//! out every good token there.
//!
//! A locked account answers exactly as a wrong password does. The state is per process: a second node doubles the guesses,
//! which the lock-out can bear, and a restart forgives.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    clock::{Clock, Timestamp},
    config,
};

/// Remember at most this many; the oldest are forgotten first.
const CAPACITY: usize = 100_000;

/// Who is guessing, or at what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Guess {
    /// At the password of this user name.
    Account(String),
    /// At a code of the second factor of the user with this id.
    SecondFactor(i32),
    /// At the secret of this `client_id`.
    Client(String),
    /// At the code that a device shows, by this person.
    UserCode(i32),
    /// From this address; IPv6 by its /64, which is one customer.
    Address(IpAddr),
}

impl Guess {
    /// An address as the limiter counts it.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => IpAddr::V4(v4),
                None => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
            },
        })
    }

    /// An account as the limiter counts it: names that a database might treat as one count as one.
    pub fn account(username: &str) -> Self {
        Self::Account(username.trim().to_lowercase().chars().take(150).collect())
    }

    /// One address may stand for many people, so it gets more tries than one account.
    const fn allowance(&self) -> u32 {
        match self {
            Self::Account(_) | Self::SecondFactor(_) | Self::Client(_) | Self::UserCode(_) => 1,
            Self::Address(_) => 10,
        }
    }
}

impl Guess {
    /// A lock lasts so many times the configured one. A code has six digits only, and whoever guesses at it has the
    /// password: at ten an hour it takes a week to come to one chance in two hundred, and the log tells of it.
    const fn severity(&self) -> i64 {
        match self {
            Self::SecondFactor(_) => 12,
            Self::Account(_) | Self::Client(_) | Self::UserCode(_) | Self::Address(_) => 1,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    failures: u32,
    /// When the last failure was.
    last: Timestamp,
    /// Guesses that are being checked.
    pending: u32,
}

impl Seen {
    /// How many failures count, at a time.
    const fn counted(&self, now: Timestamp, lockout: i64) -> u32 {
        if now - self.last < lockout { self.failures } else { 0 }
    }
}

/// Counts failures and locks for a while.
#[derive(Debug, Clone)]
pub struct Limiter(Arc<State>);

#[derive(Debug)]
struct State {
    clock: Clock,
    max_failures: u32,
    lockout: i64,
    seen: Mutex<HashMap<Guess, Seen>>,
    /// An outcome was told.
    settled: Notify,
}

/// Too many failures; try again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failures; locked for {0} s")]
pub struct Locked(pub i64);

/// The leave to check one guess. Dropped without an outcome (the database failed, the client hung up and heard nothing)
/// it is as if it had not been taken.
#[derive(Debug)]
#[must_use = "the outcome has to be told"]
pub struct Attempt {
    state: Arc<State>,
    guesses: Vec<Guess>,
}

enum Turn {
    Taken,
    Locked(Locked),
    /// So many are being checked that one more could be one too many.
    Wait,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, HashMap<Guess, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allowed(&self, guess: &Guess) -> u32 {
        self.max_failures.saturating_mul(guess.allowance())
    }

    fn lockout(&self, guess: &Guess) -> i64 {
        self.lockout.saturating_mul(guess.severity())
    }

    fn locked(&self, seen: &HashMap<Guess, Seen>, guesses: &[Guess]) -> Option<Locked> {
        let now = self.clock.now();
        let known = guesses.iter().filter_map(|guess| Some((guess, seen.get(guess)?)));
        known
            .filter(|(guess, seen)| seen.failures >= self.allowed(guess))
            .map(|(guess, seen)| Locked(seen.last + self.lockout(guess) - now))
            .filter(|locked| locked.0 > 0)
            .max_by_key(|locked| locked.0)
    }

    fn take(&self, guesses: &[Guess]) -> Turn {
        let now = self.clock.now();
        let mut seen = self.lock();
        if let Some(locked) = self.locked(&seen, guesses) {
            return Turn::Locked(locked);
        }
        let full = |guess: &Guess| {
            seen.get(guess).is_some_and(|seen| {
                let failures = seen.counted(now, self.lockout(guess));
                seen.pending > 0 && failures.saturating_add(seen.pending) >= self.allowed(guess)
            })
        };
        if guesses.iter().any(full) {
            return Turn::Wait;
        }
        if seen.len() >= CAPACITY {
            seen.retain(|guess, seen| seen.pending > 0 || seen.counted(now, self.lockout(guess)) > 0);
            if seen.len() >= CAPACITY {
                // Under such an attack what is being checked is all that can be kept.
                seen.retain(|_, seen| seen.pending > 0);
            }
        }
        for guess in guesses {
            seen.entry(guess.clone()).or_default().pending += 1;
        }
        Turn::Taken
    }
}

impl Limiter {
    /// A limiter with the configured patience.
    pub fn new(clock: Clock, config: &config::Password) -> Self {
        let (max_failures, lockout) = (config.max_failures.max(1), config.lockout_seconds);
        Self(Arc::new(State { clock, max_failures, lockout, seen: Mutex::default(), settled: Notify::new() }))
    }

    /// The leave to check a guess at all of these, as soon as there is one.
    pub async fn attempt(&self, guesses: &[Guess]) -> Result<Attempt, Locked> {
        loop {
            let settled = self.0.settled.notified();
            tokio::pin!(settled);
            // From here on no outcome is missed.
            settled.as_mut().enable();
            match self.0.take(guesses) {
                Turn::Taken => return Ok(Attempt { state: self.0.clone(), guesses: guesses.to_vec() }),
                Turn::Locked(locked) => return Err(locked),
                Turn::Wait => settled.await,
            }
        }
    }

    /// Whether one of these is locked now; for what was proved before and is only recognised.
    pub fn is_locked(&self, guesses: &[Guess]) -> bool {
        self.0.locked(&self.0.lock(), guesses).is_some()
    }
}

impl Attempt {
    /// The guess was wrong.
    pub fn wrong(self) {
        let now = self.state.clock.now();
        let mut seen = self.state.lock();
        for guess in &self.guesses {
            let seen = seen.entry(guess.clone()).or_default();
            seen.failures = seen.counted(now, self.state.lockout(guess)).saturating_add(1);
            seen.last = now;
        }
    }

    /// The guess was right: the account starts afresh. The address does not, or one good account would buy a thousand
    /// guesses at others.
    pub fn right(self) {
        let mut seen = self.state.lock();
        for guess in self.guesses.iter().filter(|guess| !matches!(guess, Guess::Address(_))) {
            if let Some(seen) = seen.get_mut(guess) {
                seen.failures = 0;
            }
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut seen = self.state.lock();
        for guess in &self.guesses {
            if let Some(entry) = seen.get_mut(guess) {
                entry.pending = entry.pending.saturating_sub(1);
                if entry.pending == 0 && entry.failures == 0 {
                    seen.remove(guess);
                }
            }
        }
        drop(seen);
        self.state.settled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(clock: &Clock) -> Limiter {
        let config = config::Password { max_failures: 3, lockout_seconds: 60, ..config::Password::default() };
        Limiter::new(clock.clone(), &config)
    }

    #[tokio::test]
    async fn an_account_is_locked_after_so_many_failures_and_free_after_the_lockout() {
        let clock = Clock::default();
        let (limiter, ann) = (limiter(&clock), [Guess::account("Ann")]);
        for _ in 0..3 {
            limiter.attempt(&ann).await.unwrap().wrong();
        }
        assert!(limiter.attempt(&[Guess::account(" ann ")]).await.is_err());
        assert!(limiter.attempt(&[Guess::account("bob")]).await.is_ok());
        clock.advance(61);
        assert!(limiter.attempt(&ann).await.is_ok());
    }

    #[tokio::test]
    async fn a_success_forgives_the_account_but_not_the_address() {
        let clock = Clock::default();
        let limiter = limiter(&clock);
        let both = [Guess::account("ann"), Guess::address("192.0.2.1".parse().unwrap())];
        for _ in 0..30 {
            limiter.attempt(&both).await.unwrap().wrong();
            limiter.attempt(&both[..1]).await.unwrap().right();
        }
        assert!(!limiter.is_locked(&both[..1]));
        assert!(limiter.attempt(&both[1..]).await.is_err());
    }

    #[tokio::test]
    async fn guesses_at_once_are_no_more_than_guesses_one_by_one() {
        let clock = Clock::default();
        let limiter = limiter(&clock);
        let wrong = |_| {
            let limiter = limiter.clone();
            tokio::spawn(async move {
                let Ok(attempt) = limiter.attempt(&[Guess::account("ann")]).await else { return 0 };
                tokio::task::yield_now().await;
                attempt.wrong();
                1
            })
        };
        let mut checked = 0;
        for task in (0..50).map(wrong).collect::<Vec<_>>() {
            checked += task.await.unwrap();
        }
        assert_eq!(checked, 3);
    }

    #[tokio::test]
    async fn many_right_guesses_at_once_are_all_checked() {
        let clock = Clock::default();
        let limiter = limiter(&clock);
        let right = |_| {
            let limiter = limiter.clone();
            tokio::spawn(async move {
                let attempt = limiter.attempt(&[Guess::account("ann")]).await.unwrap();
                tokio::task::yield_now().await;
                attempt.right();
            })
        };
        for task in (0..50).map(right).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_attempt_that_was_given_up_counts_for_nothing_and_nothing_is_remembered_of_it() {
        let clock = Clock::default();
        let limiter = limiter(&clock);
        for _ in 0..10 {
            drop(limiter.attempt(&[Guess::account("ann")]).await.unwrap());
        }
        assert!(limiter.0.lock().is_empty());
    }

    #[test]
    fn ipv6_is_counted_by_its_64_bit_network_and_mapped_ipv4_as_ipv4() {
        let a = Guess::address("2001:db8::1".parse().unwrap());
        assert_eq!(a, Guess::address("2001:db8::ffff".parse().unwrap()));
        assert_ne!(a, Guess::address("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(Guess::address("::ffff:192.0.2.1".parse().unwrap()), Guess::address("192.0.2.1".parse().unwrap()));
    }
}
