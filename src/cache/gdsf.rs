//! Greedy-Dual-Size-Frequency: many small entries are worth more than a large one.
//!
//! An entry's rank is its number of uses divided by what it costs, plus the rank at which the last
//! eviction took place; the lowest rank goes. The addend is what makes old popularity fade: an entry
//! that is not used stands still while the others' ranks rise past it. Cherkasova: "Improving WWW
//! proxies performance with Greedy-Dual-Size-Frequency caching policy" (HP Labs 1998).
//!
//! A heap that knows where each id stands: a hit or an insertion is O(log n). Ranks are positive
//! `f64`, whose bits order as they do. Uses stop at 255. Of all policies here it has the best request
//! hit ratio under a byte bound and the worst byte hit ratio: it keeps what is small. Where entries and
//! not bytes are what is scarce, all count as one size, and it is LFU with ageing.

use super::deadlines::Deadlines as Ranks;
use super::pages::Pages;
use super::policy::{Bound, Facts, Policy};

/// What a use of an entry of one byte adds to a rank.
const SCALE: f64 = 1e6;
/// What an entry counts as where size does not matter: about what a small one costs.
const UNIT: u64 = 128;

/// GDSF.
pub(super) struct Gdsf {
    ranks: Ranks,
    /// By id: how often it was used, its writing included.
    uses: Pages<u8>,
    /// The rank of the last victim.
    floor: f64,
    by_bytes: bool,
}

impl Gdsf {
    pub(super) const fn new(bound: Bound) -> Self {
        let by_bytes = matches!(bound, Bound::Bytes(_));
        Self { ranks: Ranks::new(), uses: Pages::new(), floor: 0.0, by_bytes }
    }

    fn rank(&mut self, id: u32, facts: Facts) {
        let size = if self.by_bytes { facts.cost(id).max(1) } else { UNIT };
        let rank = self.floor + f64::from(*self.uses.get(id)) * SCALE / size as f64;
        self.ranks.set(id, rank.to_bits());
    }
}

impl Policy for Gdsf {
    fn insert(&mut self, id: u32, facts: Facts) {
        self.uses.cover(id, 0);
        *self.uses.get_mut(id) = 1;
        self.rank(id, facts);
    }

    fn hit(&mut self, id: u32, facts: Facts) {
        let uses = self.uses.get_mut(id);
        *uses = uses.saturating_add(1);
        self.rank(id, facts);
    }

    fn resize(&mut self, id: u32, _: u64, facts: Facts) {
        self.rank(id, facts);
    }

    fn remove(&mut self, id: u32, _: Facts) {
        self.ranks.remove(id);
    }

    fn victim(&mut self, bound: Bound, _: Facts) -> Option<u32> {
        self.by_bytes = matches!(bound, Bound::Bytes(_));
        let (rank, id) = self.ranks.first()?;
        self.floor = f64::from_bits(rank);
        Some(id)
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, _: Facts) -> u32 {
        u32::from(*self.uses.get(id))
    }

    /// O(n log n).
    fn order(&self) -> Vec<u32> {
        self.ranks.soonest_first()
    }

    fn bytes(&self) -> usize {
        self.ranks.bytes() + self.uses.bytes()
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, _: Facts) -> Vec<u32> {
        self.ranks.validate();
        self.ranks.soonest_first()
    }
}
