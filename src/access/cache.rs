//! Principals that were looked up a moment ago.
//!
//! An entry counts only within the second in which it was read, and only while this process has written nothing since: a
//! revocation works at once on the node that makes it, and within a second on the others. Keys are keyed digests, so that
//! memory holds no credential.

use std::{future::Future, sync::Arc};

use aws_lc_rs::hmac;
use quick_cache::sync::Cache as Entries;

use super::{Principal, Refused};
use crate::{
    clock::{Rng, Timestamp},
    ctx::Ctx,
};

/// Principals by credential.
pub struct Cache {
    key: hmac::Key,
    entries: Entries<[u8; 32], Entry>,
}

#[derive(Clone)]
struct Entry {
    principal: Arc<Principal>,
    read: Timestamp,
    writes: u64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache(..)")
    }
}

impl Cache {
    /// An empty cache.
    pub fn new(rng: Rng) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &rng.bytes::<32>()), entries: Entries::new(10_000) }
    }

    /// The principal of a credential, looked up unless that was done a moment ago. A refusal is never remembered.
    pub async fn get<F>(&self, ctx: &Ctx, credential: &str, look_up: F) -> Result<Arc<Principal>, Refused>
    where
        F: Future<Output = Result<Principal, Refused>>,
    {
        // Both before the look-up: what is written meanwhile makes the entry stale.
        let (read, writes) = (ctx.clock.now(), ctx.db.writes());
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.key, credential.as_bytes()).as_ref());
        if let Some(entry) = self.entries.get(&key)
            && entry.read == read
            && entry.writes == writes
        {
            return Ok(entry.principal);
        }
        let principal = Arc::new(look_up.await?);
        self.entries.insert(key, Entry { principal: principal.clone(), read, writes });
        Ok(principal)
    }
}
