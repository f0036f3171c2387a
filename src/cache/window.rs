//! What share of the cache W-TinyLFU's window is to have, found by hill climbing.
//!
//! After a few requests for each entry the hit ratio is compared with the one before: while it does
//! not fall the share keeps moving the way it went, else it turns round. Steps start at a sixteenth of
//! the cache and shrink by a tenth each; when the ratio jumps by five points the requests have
//! changed and steps are long again. The share starts at half a hundredth, as loops and scans want it, and
//! where that is wrong the climb is soon above it. Small caches take longer samples for their size: a
//! few hundred requests tell nothing. Einziger, Eytan, Friedman, Manes: "Adaptive software cache
//! management" (Middleware 2018).
//!
//! The constants were chosen by a random search over 76 points of real traces for the mean hit ratio
//! and for the distance to the better of two references at the worst of them (docs/policies.md).

const FIRST_SHARE: f32 = 0.005;
const LEAST_SHARE: f32 = 0.001;
const MOST_SHARE: f32 = 0.8;
const STEP: f32 = 0.0625;
const SHRINKS_TO: f32 = 0.9;
/// A change of the hit ratio after which steps are long again.
const JUMP: f32 = 0.05;
/// Requests for each entry between two steps.
const SAMPLE: usize = 2;
const MIN_SAMPLE: usize = 4_000;

/// A hill climber.
pub(super) struct Window {
    share: f32,
    step: f32,
    hits: usize,
    requests: usize,
    /// The hit ratio of the sample before.
    ratio: f32,
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { share: FIRST_SHARE, step: -STEP, hits: 0, requests: 0, ratio: 0.0 }
    }

    /// The window's part of a bound; at least 1.
    pub(super) fn part(&self, limit: u64) -> u64 {
        ((limit as f64 * f64::from(self.share)) as u64).max(1)
    }

    /// A request, in a cache of so many entries; O(1).
    pub(super) fn note(&mut self, hit: bool, entries: usize) {
        self.hits += usize::from(hit);
        self.requests += 1;
        if self.requests >= (SAMPLE * entries).max(MIN_SAMPLE) {
            let ratio = self.hits as f32 / self.requests as f32;
            self.climb(ratio - self.ratio);
            (self.ratio, self.hits, self.requests) = (ratio, 0, 0);
        }
    }

    fn climb(&mut self, change: f32) {
        let step = if change >= 0.0 { self.step } else { -self.step };
        let jumped = change.abs() >= JUMP;
        self.step = if jumped { STEP.copysign(step) } else { step * SHRINKS_TO };
        self.share = (self.share + step).clamp(LEAST_SHARE, MOST_SHARE);
    }
}
