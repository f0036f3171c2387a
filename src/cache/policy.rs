//! Who goes when room must be made: what a policy is told, and what it is asked.

use super::records::Records;
#[cfg(feature = "auto")]
use super::shadows::Shade;
use super::{ENTRY_OVERHEAD, Options};

/// The bound that forces an eviction. What a policy divides among its lists, it divides in this unit.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// So many entries at most.
    Entries(u64),
    /// So many bytes at most.
    Bytes(u64),
}

impl Bound {
    /// The bound, in its own unit.
    pub(super) const fn limit(self) -> u64 {
        match self {
            Self::Entries(limit) | Self::Bytes(limit) => limit,
        }
    }

    /// How much of the bound an entry of this cost takes.
    pub(super) const fn weigh(self, cost: u64) -> u64 {
        match self {
            Self::Entries(_) => 1,
            Self::Bytes(_) => cost,
        }
    }

    /// The bound that these options make likely to be reached first.
    pub(super) fn likely(options: &Options) -> Self {
        let entries = u64::from(options.max_entries);
        if entries.saturating_mul(ENTRY_OVERHEAD as u64) < options.max_bytes {
            Self::Entries(entries)
        } else {
            Self::Bytes(options.max_bytes)
        }
    }
}

/// All that a policy may know of an entry; never its bytes.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a>(Source<'a>);

/// A policy works alike on entries and on the shadows of entries.
#[derive(Clone, Copy)]
enum Source<'a> {
    Records(&'a Records),
    #[cfg(feature = "auto")]
    Shades(&'a [Shade]),
}

impl<'a> Facts<'a> {
    /// The facts of a cache's entries.
    pub(super) const fn of(records: &'a Records) -> Self {
        Self(Source::Records(records))
    }

    /// The facts of shadows, by position.
    #[cfg(feature = "auto")]
    pub(super) const fn of_shades(shades: &'a [Shade]) -> Self {
        Self(Source::Shades(shades))
    }

    /// What the entry costs, in bytes.
    pub(super) fn cost(self, id: u32) -> u64 {
        match self.0 {
            Source::Records(records) => records.cost(id),
            #[cfg(feature = "auto")]
            Source::Shades(shades) => u64::from(shades[id as usize].cost),
        }
    }

    /// The seeded hash of its key.
    pub(super) fn hash(self, id: u32) -> u32 {
        match self.0 {
            Source::Records(records) => records.hash_at(records.place(id)),
            #[cfg(feature = "auto")]
            Source::Shades(shades) => shades[id as usize].hash,
        }
    }
}

/// A policy sees ids, costs and hashes. Every id it knows was given to `insert` and not yet to
/// `remove`, and has a record at each call. Methods are O(1) amortised unless a policy says otherwise.
pub(super) trait Policy {
    /// A new entry is about to come; room is made for it next.
    fn prepare(&mut self, _hash: u32, _cost: u64) {}
    /// An entry came.
    fn insert(&mut self, id: u32, facts: Facts);
    /// An entry was used.
    fn hit(&mut self, id: u32, facts: Facts);
    /// An entry that had cost `from` bytes was replaced: its facts are the new ones.
    fn resize(&mut self, _id: u32, _from: u64, _facts: Facts) {}
    /// An entry is about to go, for whatever reason.
    fn remove(&mut self, id: u32, facts: Facts);
    /// Who is to go next, because `bound` is reached; the caller removes it. None only when there
    /// is no entry.
    fn victim(&mut self, bound: Bound, facts: Facts) -> Option<u32>;
    /// The bounds of the cache are others now.
    fn rebound(&mut self, _options: &Options) {}
    /// About how often an entry was used lately, its writing included, if the policy counts; O(1).
    #[cfg(feature = "auto")]
    fn uses(&self, _id: u32, _facts: Facts) -> u32 {
        1
    }
    /// All ids known, from the first victim to the last as things stand: exact for LRU, elsewhere
    /// what later requests do not change. O(n).
    fn order(&self) -> Vec<u32>;
    /// What the policy's tables take of memory now, free places included. O(1).
    fn bytes(&self) -> usize;
    /// Recounts and gives all ids known, in any order that the policy likes.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, facts: Facts) -> Vec<u32>;
}
