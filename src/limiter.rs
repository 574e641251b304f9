//! The one limiter of guesses. **Every** place that checks a credential (login form, Basic, client secret, token lookup,
//! change of password) asks it first and tells it the outcome, per account and per address, so that no side door is left.
//!
//! A locked account answers exactly as a wrong password does. The state is per process: a second node doubles the guesses,
//! which the lock-out can bear, and a restart forgives.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

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
    /// At the secret of this `client_id`.
    Client(String),
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
            Self::Account(_) | Self::Client(_) => 1,
            Self::Address(_) => 10,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Counts failures and locks for a while.
#[derive(Debug, Clone)]
pub struct Limiter {
    clock: Clock,
    max_failures: u32,
    lockout: i64,
    failures: Arc<Mutex<HashMap<Guess, Failures>>>,
}

/// Too many failures; try again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failures; locked for {0} s")]
pub struct Locked(pub i64);

impl Limiter {
    /// A limiter with the configured patience.
    pub fn new(clock: Clock, config: &config::Password) -> Self {
        Self { clock, max_failures: config.max_failures, lockout: config.lockout_seconds, failures: Arc::default() }
    }

    /// Whether these guesses may be made now.
    pub fn check(&self, guesses: &[Guess]) -> Result<(), Locked> {
        let now = self.clock.now();
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = guesses
            .iter()
            .filter_map(|guess| Some((guess, failures.get(guess)?)))
            .filter(|(guess, seen)| seen.count >= self.max_failures.saturating_mul(guess.allowance()))
            .map(|(_, seen)| seen.last + self.lockout - now)
            .max();
        match wait {
            Some(seconds) if seconds > 0 => Err(Locked(seconds)),
            _ => Ok(()),
        }
    }

    /// A guess was wrong.
    pub fn failed(&self, guesses: &[Guess]) {
        let now = self.clock.now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= CAPACITY {
            let horizon = now - self.lockout;
            failures.retain(|_, seen| seen.last > horizon);
            if failures.len() >= CAPACITY {
                failures.clear();
            }
        }
        for guess in guesses {
            let seen = failures.entry(guess.clone()).or_insert(Failures { count: 0, last: now });
            if now - seen.last >= self.lockout {
                seen.count = 0;
            }
            *seen = Failures { count: seen.count.saturating_add(1), last: now };
        }
    }

    /// A guess was right: the account starts afresh. The address does not, or one good account would buy a thousand
    /// guesses at others.
    pub fn succeeded(&self, guesses: &[Guess]) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for guess in guesses.iter().filter(|guess| !matches!(guess, Guess::Address(_))) {
            failures.remove(guess);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(clock: &Clock) -> Limiter {
        let config = config::Password { max_failures: 3, lockout_seconds: 60, ..config::Password::default() };
        Limiter::new(clock.clone(), &config)
    }

    #[test]
    fn an_account_is_locked_after_so_many_failures_and_free_after_the_lockout() {
        let clock = Clock::default();
        let (limiter, ann) = (limiter(&clock), [Guess::account("Ann")]);
        for _ in 0..3 {
            assert_eq!(limiter.check(&ann), Ok(()));
            limiter.failed(&ann);
        }
        assert!(limiter.check(&[Guess::account(" ann ")]).is_err());
        assert_eq!(limiter.check(&[Guess::account("bob")]), Ok(()));
        clock.advance(61);
        assert_eq!(limiter.check(&ann), Ok(()));
    }

    #[test]
    fn a_success_forgives_the_account_but_not_the_address() {
        let clock = Clock::default();
        let limiter = limiter(&clock);
        let both = [Guess::account("ann"), Guess::address("192.0.2.1".parse().unwrap())];
        for _ in 0..30 {
            limiter.failed(&both);
            limiter.succeeded(&both);
        }
        assert_eq!(limiter.check(&both[..1]), Ok(()));
        assert!(limiter.check(&both[1..]).is_err());
    }

    #[test]
    fn ipv6_is_counted_by_its_64_bit_network_and_mapped_ipv4_as_ipv4() {
        let a = Guess::address("2001:db8::1".parse().unwrap());
        assert_eq!(a, Guess::address("2001:db8::ffff".parse().unwrap()));
        assert_ne!(a, Guess::address("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(Guess::address("::ffff:192.0.2.1".parse().unwrap()), Guess::address("192.0.2.1".parse().unwrap()));
    }
}
