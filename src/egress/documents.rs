//! Documents of others that are needed again and again, such as the key sets of applications, kept in memory for a while.
//!
//! Whoever sends a token with an unknown key makes this server fetch; so one address is asked by one request at a time, a
//! second look within half a minute is refused, and after a failure there is a pause.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use super::{Egress, EgressError, Limits, UNREACHABLE};
use crate::clock::{Clock, Timestamp};

/// How many documents are kept: at most 64 kB each.
const CAPACITY: usize = 500;

/// How long a document is believed, in seconds. A key that its owner withdraws is dead after it.
pub const FRESH: i64 = 300;

/// The shortest time between two looks at one address because something was missing in the first.
pub const AGAIN: i64 = 30;

/// The pause after a failure.
const PAUSE: i64 = 10;

#[derive(Debug, Default)]
struct Kept {
    body: Option<(Timestamp, Arc<[u8]>)>,
    tried: Option<Timestamp>,
}

/// The documents in memory.
pub struct Documents {
    egress: Egress,
    clock: Clock,
    kept: Cache<String, Arc<Mutex<Kept>>>,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Documents(..)")
    }
}

impl Documents {
    /// None yet.
    pub fn new(egress: Egress, clock: Clock) -> Self {
        Self { egress, clock, kept: Cache::new(CAPACITY) }
    }

    /// The document at an address, kept or fetched.
    pub async fn get(&self, url: &str) -> Result<Arc<[u8]>, EgressError> {
        self.look(url, FRESH).await
    }

    /// The document at an address, fetched unless that was done a moment ago: something was missing in the one before.
    pub async fn get_again(&self, url: &str) -> Result<Arc<[u8]>, EgressError> {
        self.look(url, AGAIN).await
    }

    async fn look(&self, url: &str, fresh: i64) -> Result<Arc<[u8]>, EgressError> {
        self.egress.check(url)?;
        let entry = self.kept.get_or_insert_with(url, || Ok::<_, EgressError>(Arc::default()))?;
        // Held while fetching: whoever comes meanwhile waits for the same answer.
        let mut kept = entry.lock().await;
        let now = self.clock.now();
        if let Some((fetched, body)) = &kept.body
            && (0..fresh).contains(&(now - fetched))
        {
            return Ok(body.clone());
        }
        if kept.tried.is_some_and(|tried| (0..PAUSE).contains(&(now - tried))) {
            return Err(EgressError::new(UNREACHABLE, "failed a moment ago"));
        }
        kept.tried = Some(now);
        let body: Arc<[u8]> = self.egress.get(url, &Limits::DOCUMENT).await?.ok()?.into();
        *kept = Kept { body: Some((now, body.clone())), tried: None };
        Ok(body)
    }
}
