//! What every handler needs, in one argument.

use std::{ops::Deref, sync::Arc};

use quick_cache::sync::Cache;

use crate::{
    clock::{Clock, Rng, Timestamp},
    config::Config,
    db::Db,
    egress::{Egress, Unusable, documents::Documents},
    limiter::Limiter,
    password::{BadCost, Passwords},
    secret::ServerKey,
    signing::Signing,
    tls,
};

/// How many verified passwords are remembered.
const VERIFIED: usize = 4096;
/// How many lists' counts are remembered.
const COUNTS: usize = 4096;

/// When something was read that may be remembered for a moment. It is still good at an equal stamp: within the same second
/// and while this process has written nothing, so that what this process writes is seen at once, and what another one
/// writes within a second. To be taken before reading: what is written meanwhile then makes it stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    second: Timestamp,
    writes: u64,
}

/// How many settings are remembered.
const SETTINGS: usize = 64;

/// The server's parts; cheap to clone. Handlers take it as `Data<&Ctx>`.
#[derive(Debug, Clone)]
pub struct Ctx(Arc<Parts>);

/// See [`Ctx`].
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub rng: Rng,
    /// What the operator chose.
    pub config: Config,
    /// The server key.
    pub key: ServerKey,
    /// The keys that sign.
    pub signing: Signing,
    /// The password pool.
    pub passwords: Passwords,
    /// The limiter of guesses.
    pub limiter: Limiter,
    /// The client of outgoing HTTP.
    pub egress: Egress,
    /// What it fetched a while ago.
    pub documents: Documents,
    /// The certificates of clients.
    pub tls: tls::Clients,
    /// Marks of passwords that Basic authentication verified, and when (see `accounts::credential`).
    pub verified: Cache<[u8; 32], Timestamp>,
    /// How long lists are, by the digest of the query that counts (see `rest::count`).
    pub counts: Cache<String, (Stamp, u64)>,
    /// Global settings as last read (see `settings::current`).
    pub settings: Cache<&'static str, (Stamp, Option<String>)>,
}

/// Why the parts do not fit together: what the operator configured.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The cost of a password hash.
    #[error(transparent)]
    Cost(#[from] BadCost),
    /// The client of outgoing HTTP.
    #[error(transparent)]
    Egress(#[from] Unusable),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] tls::Unusable),
}

impl Ctx {
    /// Puts the parts together.
    pub fn new(config: Config, db: Db, key: ServerKey, clock: Clock, rng: Rng) -> Result<Self, Unfit> {
        let passwords = Passwords::new(&config.password, rng)?;
        let limiter = Limiter::new(clock.clone(), &config.password);
        let signing = Signing::new(db.clone(), clock.clone(), key.clone());
        let egress = Egress::new(&config.egress)?;
        let documents = Documents::new(egress.clone(), clock.clone());
        let tls = tls::Clients::new(&config.tls)?;
        Ok(Self(Arc::new(Parts {
            db,
            clock,
            rng,
            config,
            key,
            signing,
            passwords,
            limiter,
            egress,
            documents,
            tls,
            verified: Cache::new(VERIFIED),
            counts: Cache::new(COUNTS),
            settings: Cache::new(SETTINGS),
        })))
    }

    /// Now, as what is read from here on may be remembered.
    pub fn stamp(&self) -> Stamp {
        Stamp { second: self.clock.now(), writes: self.db.writes() }
    }
}

impl Deref for Ctx {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
