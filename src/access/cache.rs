//! Principals that were looked up a moment ago.
//!
//! An entry counts only at the [`Stamp`] at which it was read: a revocation works at once on the node that makes it, and
//! within a second on the others. Keys are keyed digests, so that memory holds no credential.

use std::{future::Future, sync::Arc};

use aws_lc_rs::hmac;
use quick_cache::sync::Cache as Entries;

use super::{Principal, Refused};
use crate::{
    clock::Rng,
    ctx::{Ctx, Stamp},
};

/// Principals by credential.
pub struct Cache {
    key: hmac::Key,
    entries: Entries<[u8; 32], Entry>,
}

#[derive(Clone)]
struct Entry {
    principal: Arc<Principal>,
    read: Stamp,
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
        let read = ctx.stamp();
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.key, credential.as_bytes()).as_ref());
        if let Some(entry) = self.entries.get(&key)
            && entry.read == read
        {
            return Ok(entry.principal);
        }
        let principal = Arc::new(look_up.await?);
        self.entries.insert(key, Entry { principal: principal.clone(), read });
        Ok(principal)
    }
}
