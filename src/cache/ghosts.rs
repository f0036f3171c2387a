//! Ghosts: hashes of entries that were evicted not long ago, in a queue in which each can be found.
//!
//! A ring of hashes in the order of eviction, and a table from hash to place in the ring. A ghost that
//! is taken leaves the table; its place in the ring passes out with time, and the ring is kept below
//! two places for each ghost there may be. About 12 bytes a ghost, all O(1) amortised. Two entries
//! whose 32-bit hashes are equal share a ghost: one chance in four thousand million for each pair.
//!
//! Rejected: a table of (hash, time of eviction) in which ghosts grow old by themselves and no ring is
//! needed, as the S3-FIFO paper has it. Ghosts that were taken then still count as others' successors,
//! and on one of 79 points (a loop) that cost 1.6 points of hit ratio.

use hashbrown::HashTable;
use std::collections::VecDeque;

/// A bounded queue of hashes.
pub(super) struct Ghosts {
    ring: VecDeque<u32>,
    /// The number of the ring's first place; places are numbered on, and around.
    first: u32,
    /// Numbers of places.
    table: HashTable<u32>,
}

impl Ghosts {
    pub(super) const fn new() -> Self {
        Self { ring: VecDeque::new(), first: 0, table: HashTable::new() }
    }

    /// Adds a hash, and forgets the oldest beyond `limit`.
    pub(super) fn add(&mut self, hash: u32, limit: usize) {
        let Self { ring, first, table } = self;
        while table.len() >= limit.max(1) || ring.len() >= 2 * limit.max(1) {
            let Some(oldest) = ring.pop_front() else { break };
            if let Ok(place) = table.find_entry(spread(oldest), |place| place == first) {
                place.remove();
            }
            *first = first.wrapping_add(1);
        }
        let place = first.wrapping_add(ring.len() as u32);
        ring.push_back(hash);
        let hash_at = |&place: &u32| spread(ring[place.wrapping_sub(*first) as usize]);
        table.insert_unique(spread(hash), place, hash_at);
    }

    /// What ring and table take of memory; O(1).
    pub(super) fn bytes(&self) -> usize {
        self.ring.capacity() * size_of::<u32>() + self.table.allocation_size()
    }

    /// Whether a hash was there; it no longer is.
    pub(super) fn take(&mut self, hash: u32) -> bool {
        let same = |&place: &u32| self.ring[place.wrapping_sub(self.first) as usize] == hash;
        let found = self.table.find_entry(spread(hash), same);
        found.is_ok_and(|place| {
            place.remove();
            true
        })
    }
}

/// The table reads both ends of a hash: spread the 32 bits over all 64, and over the low 32 that
/// wasm32 uses.
pub(super) const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
