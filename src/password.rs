//! Passwords: Argon2id in a bounded pool, and Django's PBKDF2 for people who come with their old hashes.
//!
//! Hashing is the one expensive thing that a stranger can ask for, so a fixed number run at once, a fixed number wait,
//! and the rest are told to come back (503), instead of starving everybody.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use crate::{clock::Rng, config};

/// Longer input is refused before it is hashed.
pub const MAX_BYTES: usize = 512;

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    argon2: Argon2<'static>,
    running: Semaphore,
    admitted: AtomicUsize,
    limit: usize,
    /// Verified against when the user is unknown, so that both cases cost the same.
    decoy: String,
    rng: Rng,
}

/// The pool is full; come back in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Wrong, or there is no usable password.
    Wrong,
    /// Right.
    Right,
    /// Right, and stored in a form or at a cost that should be replaced.
    RightButOutdated,
}

/// The configured costs are outside what Argon2 allows.
#[derive(Debug, thiserror::Error)]
#[error("password cost: {0}")]
pub struct BadCost(argon2::Error);

/// Counts a hash as admitted until dropped.
struct Admitted<'a>(&'a AtomicUsize);

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// A pool with these costs.
    pub fn new(config: &config::Password, rng: Rng) -> Result<Self, BadCost> {
        let params = Params::new(config.memory_kib, config.iterations, 1, None).map_err(BadCost)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let parallel = config.parallel.max(1);
        let decoy = hash(&argon2, rng, "decoy");
        Ok(Self(Arc::new(Pool {
            argon2,
            running: Semaphore::new(parallel),
            admitted: AtomicUsize::new(0),
            limit: parallel.saturating_add(config.queue),
            decoy,
            rng,
        })))
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: &str) -> Result<String, Busy> {
        let password = password.to_owned();
        self.run(move |pool| hash(&pool.argon2, pool.rng, &password)).await
    }

    /// Compares a password with a stored hash; `None` (unknown user) takes as long and is wrong.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict, Busy> {
        if password.len() > MAX_BYTES {
            return Ok(Verdict::Wrong);
        }
        let known = stored.is_some_and(|hash| hash.contains('$'));
        let stored = stored.filter(|_| known).unwrap_or(&self.0.decoy).to_owned();
        let password = password.to_owned();
        let verdict = self.run(move |pool| verify(&pool.argon2, &password, &stored)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Pool) -> T + Send + 'static) -> Result<T, Busy> {
        let pool = self.0.clone();
        if pool.admitted.fetch_add(1, Ordering::Relaxed) >= pool.limit {
            pool.admitted.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        let _admitted = Admitted(&self.0.admitted);
        let _turn = self.0.running.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(move || work(&pool)).await.map_err(|_| Busy)
    }
}

#[expect(clippy::expect_used, reason = "the costs were checked; Argon2 fails on nothing else")]
fn hash(argon2: &Argon2<'_>, rng: Rng, password: &str) -> String {
    argon2.hash_password_with_salt(password.as_bytes(), &rng.bytes::<16>()).expect("hashing").to_string()
}

fn verify(argon2: &Argon2<'_>, password: &str, stored: &str) -> Verdict {
    if let Some(rest) = stored.strip_prefix("pbkdf2_sha256$") {
        return if django(password, rest) { Verdict::RightButOutdated } else { Verdict::Wrong };
    }
    let Ok(parsed) = PasswordHash::new(stored) else { return Verdict::Wrong };
    if argon2.verify_password(password.as_bytes(), &parsed).is_err() {
        return Verdict::Wrong;
    }
    let current = Params::try_from(&parsed).is_ok_and(|params| {
        let ours = argon2.params();
        (params.m_cost(), params.t_cost(), params.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost())
    });
    if current { Verdict::Right } else { Verdict::RightButOutdated }
}

/// `<iterations>$<salt>$<base64 of 32 bytes>`, as Django's default hasher writes it.
fn django(password: &str, rest: &str) -> bool {
    let mut parts = rest.splitn(3, '$');
    let (Some(rounds), Some(salt), Some(expected)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Ok(rounds), Ok(expected)) = (rounds.parse::<u32>(), STANDARD.decode(expected)) else { return false };
    // Ten times Django's present default: a doctored hash must not buy minutes of work.
    if rounds == 0 || rounds > 12_000_000 {
        return false;
    }
    let mut actual = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt.as_bytes(), rounds, &mut actual);
    actual.as_slice().ct_eq(expected.as_slice()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(queue: usize) -> Passwords {
        let costs =
            config::Password { memory_kib: 64, iterations: 1, parallel: 1, queue, ..config::Password::default() };
        Passwords::new(&costs, Rng).unwrap()
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = cheap(8);
        let stored = passwords.hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert_eq!(passwords.verify("correct horse", Some(&stored)).await, Ok(Verdict::Right));
        assert_eq!(passwords.verify("battery staple", Some(&stored)).await, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify("decoy", None).await, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify("", Some("")).await, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify("decoy", Some("!unusable")).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_hash_of_django_verifies_and_is_outdated() {
        // Made with Django 5.2: make_password("inventree", salt="seasalt", hasher="pbkdf2_sha256") at 1,000 rounds.
        let mut out = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(b"inventree", b"seasalt", 1000, &mut out);
        let stored = format!("pbkdf2_sha256$1000$seasalt${}", STANDARD.encode(out));
        let passwords = cheap(8);
        assert_eq!(passwords.verify("inventree", Some(&stored)).await, Ok(Verdict::RightButOutdated));
        assert_eq!(passwords.verify("Inventree", Some(&stored)).await, Ok(Verdict::Wrong));
        for broken in
            ["pbkdf2_sha256$", "pbkdf2_sha256$x$y$z", "pbkdf2_sha256$0$y$eg==", "pbkdf2_sha256$999999999$s$eg=="]
        {
            assert_eq!(passwords.verify("x", Some(broken)).await, Ok(Verdict::Wrong), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_full_pool_sheds_load() {
        let passwords = cheap(0);
        let turn = passwords.0.running.acquire().await.unwrap();
        let waiting = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.hash("first").await }
        });
        tokio::task::yield_now().await;
        assert_eq!(passwords.hash("second").await, Err(Busy));
        drop(turn);
        assert!(waiting.await.unwrap().is_ok());
        assert!(passwords.hash("third").await.is_ok());
    }
}
