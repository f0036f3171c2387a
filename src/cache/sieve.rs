//! SIEVE: a queue with a hand that moves from old to new and takes the first entry nobody used.
//!
//! A hit sets one byte and moves nothing. When room must be made, the hand clears the bytes it finds
//! set and stops at the first that is not: that entry goes. Survivors keep their place in the queue,
//! which is what sets it apart from CLOCK and second chance: new entries are sifted out quickly by a
//! hand that stays among them. Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is Simpler than LRU"
//! (NSDI 2024).
//!
//! One eviction is O(n) at worst (everything was used), O(1) amortised: each byte the hand clears
//! was set by a hit. Like LRU it never hits in a loop longer than the cache. Sizes play no part: many
//! small entries and few large ones are sifted alike under either bound.

use super::links::{Links, List};
use super::pages::Pages;
use super::policy::{Bound, Facts, Policy};

/// SIEVE.
pub(super) struct Sieve {
    links: Links,
    list: List,
    /// By id: whether it was used since it came or since the hand last passed.
    used: Pages<bool>,
    /// Where the hand looks next; None: at the oldest.
    hand: Option<u32>,
}

impl Sieve {
    pub(super) const fn new() -> Self {
        Self { links: Links::new(), list: List::new(), used: Pages::new(), hand: None }
    }
}

impl Policy for Sieve {
    fn insert(&mut self, id: u32, _: Facts) {
        self.links.reserve(id);
        self.used.cover(id, false);
        *self.used.get_mut(id) = false;
        self.list.push(&mut self.links, id, 0);
    }

    fn hit(&mut self, id: u32, _: Facts) {
        *self.used.get_mut(id) = true;
    }

    fn remove(&mut self, id: u32, _: Facts) {
        if self.hand == Some(id) {
            self.hand = self.links.newer(id);
        }
        self.list.remove(&mut self.links, id, 0);
    }

    fn victim(&mut self, _: Bound, _: Facts) -> Option<u32> {
        let mut at = self.hand.or(self.list.oldest())?;
        while core::mem::take(self.used.get_mut(at)) {
            at = self.links.newer(at).or(self.list.oldest())?;
        }
        self.hand = Some(at);
        self.hand
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, _: Facts) -> u32 {
        1 + u32::from(*self.used.get(id))
    }

    /// As the hand goes: first those it would take, then those it would spare.
    fn order(&self) -> Vec<u32> {
        let mut ids = Vec::new();
        self.list.append_to(&self.links, &mut ids);
        let hand = ids.iter().position(|&id| self.hand == Some(id)).unwrap_or(0);
        let mut order = Vec::new();
        for spared in [false, true] {
            for part in [&ids[hand..], &ids[..hand]] {
                order.extend(part.iter().filter(|&&id| *self.used.get(id) == spared));
            }
        }
        order
    }

    fn bytes(&self) -> usize {
        self.links.bytes() + self.used.bytes()
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, _: Facts) -> Vec<u32> {
        let mut ids = Vec::new();
        self.list.append_to(&self.links, &mut ids);
        assert!(self.hand.is_none_or(|hand| ids.contains(&hand)));
        ids
    }
}
