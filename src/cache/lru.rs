//! Exact least recently used: one list, and the entry at its end goes.
//!
//! Every operation is O(1) whatever happens. A loop that is one entry longer than the cache never
//! hits, and one scan empties it of all that was useful: what the other policies are for.

use super::links::{Links, List};
use super::policy::{Bound, Facts, Policy};

/// Exact LRU.
pub(super) struct Lru {
    links: Links,
    list: List,
}

impl Lru {
    pub(super) const fn new() -> Self {
        Self { links: Links::new(), list: List::new() }
    }

    /// From the least to the most recently used. O(n).
    pub(super) fn order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        self.list.append_to(&self.links, &mut order);
        order
    }
}

/// The list is told no costs (0): nothing here asks for them, and a hit touches no record.
impl Policy for Lru {
    fn insert(&mut self, id: u32, _: Facts) {
        self.links.reserve(id);
        self.list.push(&mut self.links, id, 0);
    }

    fn hit(&mut self, id: u32, _: Facts) {
        self.list.touch(&mut self.links, id);
    }

    fn remove(&mut self, id: u32, _: Facts) {
        self.list.remove(&mut self.links, id, 0);
    }

    fn victim(&mut self, _: Bound, _: Facts) -> Option<u32> {
        self.list.oldest()
    }

    /// From the least to the most recently used.
    fn order(&self) -> Vec<u32> {
        Self::order(self)
    }

    fn bytes(&self) -> usize {
        self.links.bytes()
    }

    /// In the order of victims.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, _: Facts) -> Vec<u32> {
        self.order()
    }
}
