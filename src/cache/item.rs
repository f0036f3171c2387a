//! Reading more of an entry than its value.

use super::find::Found;
use super::options::NO_DEADLINE;
use super::{Cache, Value};

/// An entry as it was when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    /// Its value.
    pub value: Value<'a>,
    /// What else is known of it.
    pub about: About<'a>,
}

/// What is known of an entry besides its key and value.
#[derive(Clone, Debug, PartialEq)]
pub struct About<'a> {
    /// When the value was last modified, in milliseconds.
    pub modified_ms: u64,
    /// The milliseconds it has left; None: it never expires.
    pub ttl_ms: Option<u64>,
    /// What it costs, in bytes.
    pub cost: u64,
    /// Its tags, in the order in which they were given.
    pub tags: Vec<&'a [u8]>,
}

impl Cache {
    /// The entry of a key; uses it and counts as [`get`](Self::get) does. Expected O(k + value + tags).
    pub fn get_item(&mut self, key: &[u8], now: u64) -> Option<Item<'_>> {
        let Found { id, .. } = self.look_up(key, now)?;
        self.gather(id);
        Some(Item { value: self.gathered_value(id), about: self.about(id) })
    }

    /// The value of a key and whether it is live: one that is not is held after its deadline (see
    /// [`SetOptions::stale_ms`](super::SetOptions::stale_ms)) and counts as a miss. Expected O(k + value).
    pub fn get_stale(&mut self, key: &[u8], now: u64) -> Option<(Value<'_>, bool)> {
        let Found { id, live, .. } = self.look_up_stale(key, now)?;
        self.gather(id);
        Some((self.gathered_value(id), live))
    }

    /// The id of a key's entry, live or held.
    fn look_up_stale(&mut self, key: &[u8], now: u64) -> Option<Found> {
        self.advance(now);
        let (found, _) = self.find(key);
        match found {
            Some(Found { id, live: true, .. }) => {
                self.stats.hits += 1;
                self.touch(id);
            }
            _ => self.stats.misses += 1,
        }
        found
    }

    /// The id of a key's entry, live or held; neither uses it nor counts.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn find_stale(&mut self, key: &[u8], now: u64) -> Option<Found> {
        self.advance(now);
        self.find(key).0
    }

    /// The milliseconds until an entry's deadline, idleness aside: negative once it has passed.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn left(&self, id: u32) -> f64 {
        let deadline = self.records.head(id).deadline();
        if deadline == NO_DEADLINE { f64::INFINITY } else { deadline as f64 - self.now as f64 }
    }

    /// What is known of the entry of an id.
    pub(crate) fn about(&self, id: u32) -> About<'_> {
        let head = self.records.head(id);
        let expiry = self.expiry(id);
        About {
            modified_ms: head.modified(),
            ttl_ms: (expiry != NO_DEADLINE).then(|| expiry.saturating_sub(self.now)),
            cost: self.records.cost(id),
            tags: self.tags.names(head.tags()).collect(),
        }
    }
}
