//! Shadow caches: how other policies would do, seen on a sample of the requests.
//!
//! A shadow holds hashes and costs, no keys and no values, and is run by the same code as the cache
//! it stands for. A key belongs to the sample if a mix of its hash is below a threshold, so of each
//! sampled key all requests are seen, and a bound scaled by the sample's share behaves as the whole
//! does. The sample starts as everything and shrinks by an eighth whenever the shadows hold more
//! than a fixed number of keys and a hundredth of the cache's: small caches are watched exactly,
//! large ones cheaply. Waldspurger, Saemundsson, Ahmad, Park: "Cache modeling and optimization using
//! miniature simulations" (USENIX ATC 2017).
//!
//! All shadows share one table of keys (a shade), each with a bit for every shadow that holds it. A
//! request outside the sample costs a multiplication and a comparison, one in it about as much as
//! four operations of a cache. Deletions and expiry are not seen: they are the same for all. At most
//! 64 KiB and a byte for each entry of the cache.

use super::policies::Policies;
use super::policy::{Bound, Facts, Policy};
use super::table::Table;
use super::{Options, PolicyKind};

/// The policies that are watched. SIEVE is not: wherever it was best, another came within a point.
pub(super) const KINDS: [PolicyKind; 4] =
    [PolicyKind::WTinyLfu, PolicyKind::Lru, PolicyKind::S3Fifo, PolicyKind::Gdsf];

/// So many keys are watched in any cache, and one more for each [`ENTRIES_PER_SHADE`] entries.
const SHADES: usize = 512;
const ENTRIES_PER_SHADE: usize = 100;
/// Sampled requests between two comparisons.
const PERIOD: u32 = 64;
/// What a policy must be ahead to be called better: so many hits, and this part of the requests.
const LEAD: f32 = 8.0;
const LEAD_SHARE: f32 = 0.005;
/// Older hits fade when so many requests were seen for each entry of a shadow.
const MEMORY: f32 = 60.0;
const MIN_MEMORY: f32 = 1_920.0;

/// What is known of a sampled key.
#[derive(Clone, Copy)]
pub(super) struct Shade {
    pub(super) hash: u32,
    /// In bytes, at most `u32::MAX`.
    pub(super) cost: u32,
    /// A bit for each shadow that holds it.
    held: u8,
}

struct Shadow {
    policy: Policies,
    bytes: u64,
    entries: u32,
    /// Hits, older ones faded.
    hits: f32,
}

/// A shadow cache for each of [`KINDS`].
pub(super) struct Shadows {
    shades: Vec<Shade>,
    free: Vec<u32>,
    /// Positions in `shades` of those that are held.
    table: Table,
    shadows: [Shadow; KINDS.len()],
    /// The highest mixed hash in the sample.
    threshold: u32,
    options: Options,
    /// The same bounds, for the sample.
    scaled: Options,
    /// Sampled requests, older ones faded as the hits are.
    requests: f32,
    /// Sampled requests since the last comparison.
    fresh: u32,
    /// Whether a shadow ever was full.
    full: bool,
}

impl Shadows {
    pub(super) fn new(options: &Options) -> Self {
        let shadow = |policy| Shadow {
            policy: Policies::new(&Options { policy, ..*options }),
            bytes: 0,
            entries: 0,
            hits: 0.0,
        };
        Self {
            shades: Vec::new(),
            free: Vec::new(),
            table: Table::new(),
            shadows: KINDS.map(shadow),
            threshold: u32::MAX,
            options: *options,
            scaled: *options,
            requests: 0.0,
            fresh: 0,
            full: false,
        }
    }

    /// Whether a hash is in the sample; O(1).
    pub(super) const fn sample(&self, hash: u32) -> bool {
        hash.wrapping_mul(0x9E37_79B1) <= self.threshold
    }

    /// A sampled key was asked for, in a cache of so many entries; as dear as an operation on each
    /// policy. Rarely O(shades).
    pub(super) fn request(&mut self, hash: u32, cost: u64, entries: usize) {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let at = self.shade(hash, cost);
        self.recost(at, cost);
        for which in 0..KINDS.len() {
            if self.holds(which, at) {
                let shadow = &mut self.shadows[which];
                shadow.hits += 1.0;
                shadow.policy.hit(at, Facts::of_shades(&self.shades));
            } else {
                self.miss(which, at);
            }
        }
        self.forget_unheld(at);
        self.requests += 1.0;
        self.fresh += 1;
        while self.table.len() > SHADES + entries / ENTRIES_PER_SHADE {
            self.shrink();
        }
    }

    /// Which of [`KINDS`] does best, if it is well ahead of `leader` and it is time to compare; O(1).
    pub(super) fn better_than(&mut self, leader: usize) -> Option<usize> {
        if self.fresh < PERIOD {
            return None;
        }
        self.fresh = 0;
        let hits = |which: &usize| self.shadows[*which].hits;
        let best = (0..KINDS.len()).max_by(|a, b| hits(a).total_cmp(&hits(b)))?;
        let ahead = hits(&best) - hits(&leader) > LEAD + LEAD_SHARE * self.requests;
        self.fade();
        (ahead && self.full).then_some(best)
    }

    /// The bounds of the cache are others now; O(shades).
    pub(super) fn rebound(&mut self, options: &Options) {
        self.options = *options;
        let part = |limit| (u128::from(limit) * (u128::from(self.threshold) + 1)) >> 32;
        self.scaled.max_bytes = (part(options.max_bytes) as u64).max(1);
        self.scaled.max_entries = (part(u64::from(options.max_entries)) as u32).max(1);
        for shadow in &mut self.shadows {
            shadow.policy.rebound(&self.scaled);
        }
    }

    /// What it all takes of memory now; O(1).
    pub(super) fn bytes(&self) -> usize {
        let policies: usize = self.shadows.iter().map(|shadow| shadow.policy.bytes()).sum();
        let shades = self.shades.capacity() * size_of::<Shade>();
        let free = self.free.capacity() * size_of::<u32>();
        shades + free + self.table.bytes() + policies
    }

    /// Where the shade of a hash is; a new one is held by nobody.
    fn shade(&mut self, hash: u32, cost: u32) -> u32 {
        if let Some(at) = self.table.find(hash, |at| self.shades[at as usize].hash == hash) {
            return at;
        }
        let shade = Shade { hash, cost, held: 0 };
        let at = self.free.pop().unwrap_or(self.shades.len() as u32);
        match self.shades.get_mut(at as usize) {
            Some(place) => *place = shade,
            None => self.shades.push(shade),
        }
        self.table.insert(at, |at| self.shades[at as usize].hash);
        at
    }

    fn holds(&self, which: usize, at: u32) -> bool {
        self.shades[at as usize].held >> which & 1 == 1
    }

    /// A key costs something else now: room for it is made with the next that comes.
    fn recost(&mut self, at: u32, cost: u32) {
        let from = core::mem::replace(&mut self.shades[at as usize].cost, cost);
        if from == cost {
            return;
        }
        for which in 0..KINDS.len() {
            if self.holds(which, at) {
                let shadow = &mut self.shadows[which];
                shadow.bytes = shadow.bytes - u64::from(from) + u64::from(cost);
                shadow.policy.resize(at, u64::from(from), Facts::of_shades(&self.shades));
            }
        }
    }

    /// What a miss is: a set. A key that is larger than the whole shadow stays out.
    fn miss(&mut self, which: usize, at: u32) {
        let Shade { hash, cost, .. } = self.shades[at as usize];
        let cost = u64::from(cost);
        if cost > self.scaled.max_bytes {
            return;
        }
        self.shadows[which].policy.prepare(hash, cost);
        while let Some(bound) = self.exceeded(which, cost) {
            let facts = Facts::of_shades(&self.shades);
            let Some(victim) = self.shadows[which].policy.victim(bound, facts) else { break };
            self.full = true;
            self.evict(which, victim);
            self.forget_unheld(victim);
        }
        let shadow = &mut self.shadows[which];
        shadow.policy.insert(at, Facts::of_shades(&self.shades));
        shadow.bytes += cost;
        shadow.entries += 1;
        self.shades[at as usize].held |= 1 << which;
    }

    fn exceeded(&self, which: usize, cost: u64) -> Option<Bound> {
        let Options { max_bytes, max_entries, .. } = self.scaled;
        let Shadow { bytes, entries, .. } = self.shadows[which];
        if bytes + cost > max_bytes {
            return Some(Bound::Bytes(max_bytes));
        }
        (entries >= max_entries).then_some(Bound::Entries(u64::from(max_entries)))
    }

    fn evict(&mut self, which: usize, at: u32) {
        let shadow = &mut self.shadows[which];
        shadow.policy.remove(at, Facts::of_shades(&self.shades));
        let shade = &mut self.shades[at as usize];
        shadow.bytes -= u64::from(shade.cost);
        shadow.entries -= 1;
        shade.held &= !(1 << which);
    }

    fn forget_unheld(&mut self, at: u32) {
        let hash_of = |at: u32| self.shades[at as usize].hash;
        if self.shades[at as usize].held == 0 && self.table.remove(at, hash_of) {
            self.free.push(at);
        }
    }

    /// Takes an eighth of the keys out of the sample.
    fn shrink(&mut self) {
        self.threshold -= self.threshold / 8;
        let outside = |at: &u32| !self.sample(self.shades[*at as usize].hash);
        let gone: Vec<u32> = self.table.numbers().filter(outside).collect();
        for at in gone {
            for which in 0..KINDS.len() {
                if self.holds(which, at) {
                    self.evict(which, at);
                }
            }
            self.forget_unheld(at);
        }
        let options = self.options;
        self.rebound(&options);
    }

    fn fade(&mut self) {
        let entries = self.shadows.iter().map(|shadow| shadow.entries).max().unwrap_or(0);
        let memory = (MEMORY * entries as f32).max(MIN_MEMORY);
        if self.requests > memory {
            let part = memory / self.requests;
            self.requests = memory;
            for shadow in &mut self.shadows {
                shadow.hits *= part;
            }
        }
    }

    /// Recounts everything.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self) {
        let facts = Facts::of_shades(&self.shades);
        let mut all: Vec<u32> = self.table.numbers().collect();
        all.sort_unstable();
        assert_eq!(all.len() + self.free.len(), self.shades.len());
        assert!(all.iter().all(|&at| self.shades[at as usize].held != 0));
        for (which, shadow) in self.shadows.iter().enumerate() {
            let mut known = shadow.policy.validate(facts);
            known.sort_unstable();
            let held = all.iter().copied().filter(|&at| self.holds(which, at));
            assert_eq!(known, held.collect::<Vec<u32>>());
            assert_eq!(known.len(), shadow.entries as usize);
            assert_eq!(known.iter().map(|&at| facts.cost(at)).sum::<u64>(), shadow.bytes);
        }
    }
}
