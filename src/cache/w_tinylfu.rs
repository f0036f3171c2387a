//! W-TinyLFU: an LRU window, and a main part into which one comes only by being used more often than
//! whoever would have to go for it.
//!
//! New entries live in the window. When it must give room, its oldest stands against main's oldest:
//! a sketch estimates how often each key was asked for lately, whether it was present or not, and
//! the rarer of the two is evicted. One use more is noise where both were used before: two are asked
//! for there. Under a byte bound the candidate stands against the sum of all who would have to go for
//! it, at most fifteen, so that one large entry does not push out many useful ones; and one who won
//! goes to the end of its list, so that candidates of other sizes meet others. Main is a segmented
//! LRU: a hit in probation leads to the protected six tenths, and what no longer fits there goes
//! back. `window.rs` finds the window's share, `sketch.rs` counts.
//! Einziger, Friedman, Manes: "TinyLFU" (ACM ToS 2017); Einziger, Eytan, Friedman, Manes:
//! "Lightweight robust size aware cache management" (ACM ToS 2022).
//!
//! All O(1) amortised; a halving of the sketch is O(n) once in 10 n requests. A hit counts in the
//! sketch and moves a link: dearer than the others. It is worst where what was popular stops being
//! so, until the counters are halved. Ties go against the candidate, or loops would never settle.
//! Rejected: ties by chance, for good or while the cache is new (a loop that is being kept is torn, and
//! how badly hangs on the seed: 0.2 points less on average, 8 at lirs_gli with 500 entries), or by the
//! victim's age (loops lose); learning from who of two comes back first (0.3 points less on average); a
//! winner's move to the end of its list under a bound by entries (loops lose).

use super::links::{Links, List};
use super::pages::Pages;
use super::policy::{Bound, Facts, Policy};
use super::sketch::Sketch;
use super::window::Window;

const WINDOW: u8 = 0;
const PROBATION: u8 = 1;
const PROTECTED: u8 = 2;

/// From so many uses on a victim is beaten only by two uses more.
const SURE: u32 = 2;

/// W-TinyLFU.
pub(super) struct WTinyLfu {
    links: Links,
    /// The window, probation and protected.
    lists: [List; 3],
    /// By id: the list it is in.
    places: Pages<u8>,
    sketch: Sketch,
    window: Window,
    /// The cost of the entry that is about to come.
    coming: u64,
    /// The bound that was reached last; at first the one that probably will be.
    bound: Bound,
    /// Whether a bound was ever reached.
    full: bool,
}

impl WTinyLfu {
    pub(super) const fn new(bound: Bound) -> Self {
        Self {
            links: Links::new(),
            lists: [const { List::new() }; 3],
            places: Pages::new(),
            sketch: Sketch::new(),
            window: Window::new(),
            coming: 0,
            bound,
            full: false,
        }
    }

    /// Counts a request.
    fn note(&mut self, hash: u32, hit: bool) {
        let entries = self.entries();
        self.sketch.add(hash, entries);
        if self.full {
            self.window.note(hit, entries);
        }
    }

    fn entries(&self) -> usize {
        self.lists.iter().map(|list| list.len() as usize).sum()
    }

    fn window_part(&self) -> u64 {
        self.window.part(self.bound.limit())
    }

    fn oldest(&self, list: u8) -> Option<u32> {
        self.lists[list as usize].oldest()
    }

    fn move_to(&mut self, id: u32, to: u8, facts: Facts) {
        let from = core::mem::replace(self.places.get_mut(id), to);
        let cost = facts.cost(id);
        self.lists[from as usize].remove(&mut self.links, id, cost);
        self.lists[to as usize].push(&mut self.links, id, cost);
    }

    /// Moves the oldest of a list to probation until the list takes no more than `part` of the
    /// bound; the last stays.
    fn spill(&mut self, list: u8, part: u64, facts: Facts) {
        let at = list as usize;
        while self.lists[at].len() > 1 && self.lists[at].weight(self.bound) > part {
            let Some(id) = self.oldest(list) else { return };
            self.move_to(id, PROBATION, facts);
        }
    }

    /// Whether the candidate was asked for more often than all who would have to go for it; each of
    /// them counts for one at least, which bounds the walk.
    fn admits(&self, candidate: u32, first: u32, facts: Facts) -> bool {
        let worth = self.sketch.estimate(facts.hash(candidate));
        let needed = self.bound.weigh(facts.cost(candidate));
        let (mut freed, mut lost, mut next) = (0, 0, Some(first));
        while let Some(id) = next {
            lost += self.sketch.estimate(facts.hash(id)).max(1);
            freed += self.bound.weigh(facts.cost(id));
            if lost > worth || freed >= needed {
                break;
            }
            next = self.links.newer(id);
        }
        worth > lost + u32::from(lost >= SURE)
    }
}

impl Policy for WTinyLfu {
    fn prepare(&mut self, hash: u32, cost: u64) {
        self.coming = cost;
        self.note(hash, false);
    }

    fn insert(&mut self, id: u32, facts: Facts) {
        self.links.reserve(id);
        self.places.cover(id, WINDOW);
        *self.places.get_mut(id) = WINDOW;
        self.lists[WINDOW as usize].push(&mut self.links, id, facts.cost(id));
        self.spill(WINDOW, self.window_part(), facts);
    }

    fn hit(&mut self, id: u32, facts: Facts) {
        self.note(facts.hash(id), true);
        let place = *self.places.get(id);
        if place == PROBATION {
            self.move_to(id, PROTECTED, facts);
            let main = self.bound.limit() - self.window_part();
            self.spill(PROTECTED, main / 10 * 6, facts);
        } else {
            self.lists[place as usize].touch(&mut self.links, id);
        }
    }

    fn resize(&mut self, id: u32, from: u64, facts: Facts) {
        let place = *self.places.get(id);
        self.lists[place as usize].resize(from, facts.cost(id));
    }

    fn remove(&mut self, id: u32, facts: Facts) {
        let place = *self.places.get(id);
        self.lists[place as usize].remove(&mut self.links, id, facts.cost(id));
    }

    fn victim(&mut self, bound: Bound, facts: Facts) -> Option<u32> {
        (self.bound, self.full) = (bound, true);
        let candidate = self.oldest(WINDOW);
        let victim = self.oldest(PROBATION).or_else(|| self.oldest(PROTECTED));
        let (Some(candidate), Some(victim)) = (candidate, victim) else {
            return candidate.or(victim);
        };
        let window = self.lists[WINDOW as usize].weight(bound);
        if window + bound.weigh(self.coming) > self.window_part() {
            if !self.admits(candidate, victim, facts) {
                if matches!(bound, Bound::Bytes(_)) {
                    let place = *self.places.get(victim);
                    self.lists[place as usize].touch(&mut self.links, victim);
                }
                return Some(candidate);
            }
            self.move_to(candidate, PROBATION, facts);
        }
        Some(victim)
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, facts: Facts) -> u32 {
        self.sketch.estimate(facts.hash(id))
    }

    /// Probation, then the window, then protected.
    fn order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        for list in [PROBATION, WINDOW, PROTECTED] {
            self.lists[list as usize].append_to(&self.links, &mut order);
        }
        order
    }

    fn bytes(&self) -> usize {
        self.links.bytes() + self.places.bytes() + self.sketch.bytes()
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, facts: Facts) -> Vec<u32> {
        let lists = [WINDOW, PROBATION, PROTECTED].map(|place| {
            let ids = self.lists[place as usize].validate(&self.links, facts);
            assert!(ids.iter().all(|&id| *self.places.get(id) == place));
            ids
        });
        lists.concat()
    }
}
