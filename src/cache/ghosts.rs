//! Ghosts: hashes of entries that were evicted not long ago, in a queue in which each can be found.
//!
//! A ring of hashes in the order of eviction, and a table from hash to place in the ring. A ghost that
//! is taken leaves the table; its place in the ring passes out with time, and the ring is kept below
//! two places for each ghost there may be. About 20 bytes a ghost, all O(1) amortised. Two entries
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
            let Some(oldest) = ring.pop_front() else { break };
            table.remove(oldest, *first);
            *first = (*first + 1) & NUMBERS;
        }
        table.insert(hash, (*first + ring.len() as u32) & NUMBERS);
        ring.push_back(hash);
    }

    /// What ring and table take of memory; O(1).
    pub(super) fn bytes(&self) -> usize {
        self.ring.capacity() * size_of::<u32>() + self.table.bytes()
    }

    /// Whether a hash was there; it no longer is.
    pub(super) fn take(&mut self, hash: u32) -> bool {
        self.table.find(hash, |_| true).is_some_and(|place| self.table.remove(hash, place))
    }
}
