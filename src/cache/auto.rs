//! Auto: does as whichever policy does best on a sample of the requests.
//!
//! `shadows.rs` runs the others in miniature; one of them has the entries. When another has been
//! ahead by more than chance allows, it takes the entries over in the order in which they would have
//! gone, each as often used as the old one thinks, so that nothing is evicted for the change: O(n),
//! once in many requests. It starts as W-TinyLFU, which has the best mean and loses least where it
//! is wrong for a while.
//!
//! What it cannot do: be better than the best (while it learns it is behind), or see that a policy
//! would do better with the hits counted in bytes: requests are what it counts. Rejected: evicting
//! from the cache what the leading shadow does not hold, which needs a shadow as large as the cache.

use super::Options;
use super::policies::Policies;
use super::policy::{Bound, Facts, Policy};
use super::shadows::{KINDS, Shadows};

/// An entry that is taken over counts as used so often at most.
const MOST_USES: u32 = 4;

/// The policy that follows the best.
pub(super) struct Auto {
    policy: Policies,
    /// Which of [`KINDS`] that is.
    leader: usize,
    shadows: Shadows,
    options: Options,
    entries: usize,
}

impl Auto {
    pub(super) fn new(options: &Options) -> Self {
        let leader = 0;
        Self {
            policy: Policies::new(&Options { policy: KINDS[leader], ..*options }),
            leader,
            shadows: Shadows::new(options),
            options: *options,
            entries: 0,
        }
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) const fn leader(&self) -> super::PolicyKind {
        KINDS[self.leader]
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn shadow_bytes(&self) -> usize {
        self.shadows.bytes()
    }

    fn follow(&mut self, leader: usize, facts: Facts) {
        let mut next = Policies::new(&Options { policy: KINDS[leader], ..self.options });
        for id in self.policy.order() {
            next.prepare(facts.hash(id), facts.cost(id));
            next.insert(id, facts);
            for _ in 1..self.policy.uses(id, facts).min(MOST_USES) {
                next.hit(id, facts);
            }
        }
        (self.policy, self.leader) = (next, leader);
    }
}

impl Policy for Auto {
    fn prepare(&mut self, hash: u32, cost: u64) {
        if self.shadows.sample(hash) {
            self.shadows.request(hash, cost, self.entries);
        }
        self.policy.prepare(hash, cost);
    }

    /// O(n) when the leader changes.
    fn insert(&mut self, id: u32, facts: Facts) {
        self.entries += 1;
        self.policy.insert(id, facts);
        match self.shadows.better_than(self.leader) {
            Some(leader) if leader != self.leader => self.follow(leader, facts),
            _ => {}
        }
    }

    fn hit(&mut self, id: u32, facts: Facts) {
        let hash = facts.hash(id);
        if self.shadows.sample(hash) {
            self.shadows.request(hash, facts.cost(id), self.entries);
        }
        self.policy.hit(id, facts);
    }

    fn resize(&mut self, id: u32, from: u64, facts: Facts) {
        self.policy.resize(id, from, facts);
    }

    fn remove(&mut self, id: u32, facts: Facts) {
        self.entries -= 1;
        self.policy.remove(id, facts);
    }

    fn victim(&mut self, bound: Bound, facts: Facts) -> Option<u32> {
        self.policy.victim(bound, facts)
    }

    fn rebound(&mut self, options: &Options) {
        self.options = *options;
        self.policy.rebound(options);
        self.shadows.rebound(options);
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, facts: Facts) -> u32 {
        self.policy.uses(id, facts)
    }

    fn order(&self) -> Vec<u32> {
        self.policy.order()
    }

    fn bytes(&self) -> usize {
        self.policy.bytes() + self.shadows.bytes()
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, facts: Facts) -> Vec<u32> {
        self.shadows.validate();
        let ids = self.policy.validate(facts);
        assert_eq!(ids.len(), self.entries);
        ids
    }
}
