//! Who goes when room must be made: what a policy is told, and what it is asked.

use super::records::Records;
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
pub(super) struct Facts<'a>(pub(super) &'a Records);

impl Facts<'_> {
    /// What the entry costs, in bytes.
    pub(super) fn cost(self, id: u32) -> u64 {
        self.0.cost(id)
    }

    /// The seeded hash of its key.
    pub(super) fn hash(self, id: u32) -> u32 {
        self.0.hash_at(self.0.place(id))
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
    /// All ids, from the first victim to the last.
    fn order(&self) -> Vec<u32>;
    /// The bounds are others from now on.
    fn resize_bounds(&mut self, _options: &Options) {}
    /// Recounts and gives all ids known, in any order that the policy likes.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    fn validate(&self, facts: Facts) -> Vec<u32>;
}
