//! What every handler needs, in one argument.

use std::{ops::Deref, sync::Arc};

use crate::{
    clock::{Clock, Rng},
    config::Config,
    db::Db,
    limiter::Limiter,
    password::{BadCost, Passwords},
    secret::ServerKey,
};

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
    /// The password pool.
    pub passwords: Passwords,
    /// The limiter of guesses.
    pub limiter: Limiter,
}

impl Ctx {
    /// Puts the parts together.
    pub fn new(config: Config, db: Db, key: ServerKey, clock: Clock, rng: Rng) -> Result<Self, BadCost> {
        let passwords = Passwords::new(&config.password, rng)?;
        let limiter = Limiter::new(clock.clone(), &config.password);
        Ok(Self(Arc::new(Parts { db, clock, rng, config, key, passwords, limiter })))
    }
}

impl Deref for Ctx {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
