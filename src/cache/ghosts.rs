//! Ghosts: hashes of entries that were evicted not long ago, in a queue in which each can be found.
//!
//! A ring of hashes in the order of eviction, and a table from hash to place in the ring. A ghost that
//! is taken leaves the table; its place in the ring passes out with time, and the ring is kept below
//! two places for each ghost there may be. About 16 bytes a ghost, all O(1) amortised. Two entries
//! whose 32-bit hashes are equal share a ghost: one chance in four thousand million for each pair.
//!
//! Rejected: a table of (hash, time of eviction) in which ghosts grow old by themselves and no ring is
//! needed, as the S3-FIFO paper has it. Ghosts that were taken then still count as others' successors,
//! and on one of 79 points (a loop) that cost 1.6 points of hit ratio.

use std::collections::VecDeque;

use super::table::Table;

/// The bits of a place's number.
const NUMBERS: u32 = u32::MAX >> 1;

/// A bounded queue of hashes.
pub(super) struct Ghosts {
    ring: VecDeque<u32>,
    /// The number of the ring's first place; places are numbered on, and around.
    first: u32,
    /// Numbers of places.
    table: Table,
}

impl Ghosts {
    pub(super) const fn new() -> Self {
        Self { ring: VecDeque::new(), first: 0, table: Table::new() }
    }

    /// Adds a hash, and forgets the oldest beyond `limit`.
    pub(super) fn add(&mut self, hash: u32, limit: usize) {
        let Self { ring, first, table } = self;
        while table.len() >= limit.max(1) || ring.len() >= 2 * limit.max(1) {
            if ring.is_empty() {
                break;
            }
            table.remove(*first, hash_in(ring, *first));
            ring.pop_front();
            *first = (*first + 1) & NUMBERS;
        }
        if ring.len() < ring.capacity() / 8 {
            ring.shrink_to(2 * ring.len());
        }
        if ring.len() == ring.capacity() {
            // By a quarter: doubling would take more than the table saves.
            ring.reserve_exact(ring.len() / 4 + 8);
        }
        ring.push_back(hash);
        table.insert((*first + ring.len() as u32 - 1) & NUMBERS, hash_in(ring, *first));
    }

    /// What ring and table take of memory; O(1).
    pub(super) fn bytes(&self) -> usize {
        self.ring.capacity() * size_of::<u32>() + self.table.bytes()
    }

    /// Whether a hash was there; it no longer is.
    pub(super) fn take(&mut self, hash: u32) -> bool {
        let Self { ring, first, table } = self;
        let hash_of = hash_in(ring, *first);
        let found = table.find(hash, |place| hash_of(place) == hash);
        found.is_some_and(|place| table.remove(place, hash_of))
    }
}

/// The hash at the place of a number.
fn hash_in(ring: &VecDeque<u32>, first: u32) -> impl Fn(u32) -> u32 {
    move |place| ring[(place.wrapping_sub(first) & NUMBERS) as usize]
}
