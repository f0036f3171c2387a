//! S3-FIFO: a small queue that tries new entries out, a main queue for those that were used again,
//! and ghosts of those that were not.
//!
//! New entries go through the small queue, a tenth of the bound. Whoever was used twice by the end of
//! it moves to main; the others are evicted and leave a ghost, and one that comes back while its
//! ghost is there goes straight to main. Main is a queue in which an entry gets another round for
//! each use since the last, up to three. A hit adds to a counter of two bits and moves nothing. Yang,
//! Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction" (SOSP 2023).
//!
//! One eviction is O(n) at worst, O(1) amortised: each step was paid for by a hit or by an
//! insertion. While the cache fills, what no longer fits into the small queue goes to main: a loop
//! longer than the cache then finds a main queue that nothing pushes out. The queues are measured in
//! the unit of the bound that is reached. An entry larger than the small queue is tried like any
//! other (libCacheSim never admits it): small is drained because main is within its share, not
//! because small is above its own. What it does badly: a second use soon after the first that is also
//! the last counts as popularity, and where the second use always comes just after the small queue
//! and its ghosts have ended (a zigzag), it is far below LRU.

use super::Options;
use super::ghosts::Ghosts;
use super::links::{Links, List};
use super::pages::Pages;
use super::policy::{Bound, Facts, Policy};

/// Uses, up to [`MAX_USES`], in the low bits of a mark.
const USES: u8 = 3;
const MAX_USES: u8 = 3;
/// Uses in the small queue that lead to main.
const PROMOTED_AT: u8 = 2;
/// The bit of a mark that says which queue an entry is in.
const IN_MAIN: u8 = 4;

/// S3-FIFO.
pub(super) struct S3Fifo {
    links: Links,
    small: List,
    main: List,
    ghosts: Ghosts,
    /// By id.
    marks: Pages<u8>,
    /// Whether the entry that is about to come has a ghost.
    returns: bool,
    /// A tenth of each bound.
    small_share: [Bound; 2],
    /// Until the first eviction.
    filling: bool,
}

impl S3Fifo {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            links: Links::new(),
            small: List::new(),
            main: List::new(),
            ghosts: Ghosts::new(),
            marks: Pages::new(),
            returns: false,
            small_share: small_share(options),
            filling: true,
        }
    }

    /// As many ghosts as main is to hold entries.
    fn ghost_limit(&self) -> usize {
        let entries = (self.small.len() + self.main.len()) as usize;
        entries - entries / 10
    }

    fn small_is_full(&self) -> bool {
        self.small_share.iter().any(|&share| self.small.weight(share) >= share.limit())
    }

    fn list(&mut self, id: u32) -> &mut List {
        if *self.marks.get(id) & IN_MAIN == 0 { &mut self.small } else { &mut self.main }
    }

    fn small_victim(&mut self, facts: Facts) -> Option<u32> {
        while let Some(id) = self.small.oldest() {
            let mark = self.marks.get_mut(id);
            if *mark < PROMOTED_AT {
                self.ghosts.add(facts.hash(id), self.ghost_limit());
                return Some(id);
            }
            *mark = IN_MAIN;
            self.small.remove(&mut self.links, id, facts.cost(id));
            self.main.push(&mut self.links, id, facts.cost(id));
        }
        None
    }

    fn main_victim(&mut self) -> Option<u32> {
        loop {
            let id = self.main.oldest()?;
            let mark = self.marks.get_mut(id);
            if *mark & USES == 0 {
                return Some(id);
            }
            *mark -= 1;
            self.main.touch(&mut self.links, id);
        }
    }
}

fn small_share(options: &Options) -> [Bound; 2] {
    let entries = u64::from(options.max_entries) / 10;
    [Bound::Entries(entries), Bound::Bytes(options.max_bytes / 10)]
}

impl Policy for S3Fifo {
    fn prepare(&mut self, hash: u32, _: u64) {
        self.returns = self.ghosts.take(hash);
    }

    fn insert(&mut self, id: u32, facts: Facts) {
        self.links.reserve(id);
        self.marks.cover(id, 0);
        let mut to_main = core::mem::take(&mut self.returns);
        to_main |= self.filling && self.small_is_full();
        *self.marks.get_mut(id) = if to_main { IN_MAIN } else { 0 };
        if to_main {
            self.main.push(&mut self.links, id, facts.cost(id));
        } else {
            self.small.push(&mut self.links, id, facts.cost(id));
        }
    }

    fn hit(&mut self, id: u32, _: Facts) {
        let mark = self.marks.get_mut(id);
        if *mark & USES < MAX_USES {
            *mark += 1;
        }
    }

    fn resize(&mut self, id: u32, from: u64, facts: Facts) {
        self.list(id).resize(from, facts.cost(id));
    }

    fn remove(&mut self, id: u32, facts: Facts) {
        if *self.marks.get(id) & IN_MAIN == 0 {
            self.small.remove(&mut self.links, id, facts.cost(id));
        } else {
            self.main.remove(&mut self.links, id, facts.cost(id));
        }
    }

    fn victim(&mut self, bound: Bound, facts: Facts) -> Option<u32> {
        self.filling = false;
        let main_share = bound.limit() - bound.limit() / 10;
        let from_small = self.main.weight(bound) <= main_share;
        let victim = if from_small { self.small_victim(facts) } else { None };
        victim.or_else(|| self.main_victim()).or_else(|| self.small_victim(facts))
    }

    fn rebound(&mut self, options: &Options) {
        self.small_share = small_share(options);
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, _: Facts) -> u32 {
        1 + u32::from(*self.marks.get(id) & USES)
    }

    /// The small queue, then main.
    fn order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        self.small.append_to(&self.links, &mut order);
        self.main.append_to(&self.links, &mut order);
        order
    }

    fn bytes(&self) -> usize {
        self.links.bytes() + self.marks.bytes() + self.ghosts.bytes()
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, facts: Facts) -> Vec<u32> {
        let (small, main) =
            (self.small.validate(&self.links, facts), self.main.validate(&self.links, facts));
        assert!(small.iter().all(|&id| *self.marks.get(id) & IN_MAIN == 0));
        assert!(main.iter().all(|&id| *self.marks.get(id) & IN_MAIN != 0));
        [small, main].concat()
    }
}
