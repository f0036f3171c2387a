//! Opening a cache, and its statistics: numbers here too.
//!
//! serde-wasm-bindgen was tried for both and lost: reading options brought 13 KiB (gzipped) of error
//! texts and float formatting, writing statistics 2 KiB; and an exported function that returns an
//! object crashes Node 20, whose optimising compiler inlines the call and cannot undo that
//! ("Deoptimizer::DoComputeBuiltinContinuation: unreachable code").

use wasm_bindgen::prelude::*;

use super::code::{self, MALFORMED};
use super::engine::Engine;
use crate::cache::{Cache, Options, PolicyKind, Stats};

/// As many entries as there are ids: no bound.
const UNBOUNDED: u32 = u32::MAX - 1;

#[wasm_bindgen]
impl Engine {
    /// Opens a cache: its number, or an error. NaN stands for an option that was not given; the
    /// seed comes in two halves; `policy` is a place in [`PolicyKind::ALL`].
    #[allow(clippy::too_many_arguments)] // one for each option
    pub fn open(
        &mut self,
        max_bytes: f64,
        max_entries: f64,
        max_entry_bytes: f64,
        default_ttl_ms: f64,
        seed_low: u32,
        seed_high: u32,
        policy: u32,
        ttl_jitter: f64,
        max_idle_ms: f64,
    ) -> i32 {
        let given = |number: f64| (!number.is_nan()).then_some(number as u64);
        let defaults = Options::default();
        let options = Options {
            max_bytes: given(max_bytes).unwrap_or(defaults.max_bytes),
            max_entries: given(max_entries).map_or(UNBOUNDED, clamp_u32),
            max_entry_bytes: given(max_entry_bytes),
            default_ttl_ms: given(default_ttl_ms),
            ttl_jitter,
            max_idle_ms: given(max_idle_ms),
            policy: PolicyKind::ALL.get(policy as usize).copied().unwrap_or_default(),
            ..defaults
        };
        match Cache::new(options, u64::from(seed_high) << 32 | u64::from(seed_low)) {
            Ok(cache) => self.keep(cache),
            Err(error) => code::of(error),
        }
    }

    /// Writes the statistics of a cache to the table, in the order that `js/embedded.ts` reads; gives
    /// how many there are, or an error.
    pub fn stats(&mut self, cache: u32) -> i32 {
        let Some(cache) = self.caches.get(cache as usize).and_then(Option::as_ref) else {
            return MALFORMED;
        };
        self.table.clear();
        self.table.extend(figures(cache.stats(), cache.options()));
        self.table.len() as i32
    }

    /// Sets new bounds; NaN leaves one as it is. 0, or an error; 1 where it is watched and is to be called
    /// again, as events fill a page.
    pub fn resize(&mut self, cache: u32, max_bytes: f64, max_entries: f64, now: f64) -> i32 {
        let given = |number: f64| (!number.is_nan()).then_some(number as u64);
        let entries = given(max_entries).map(clamp_u32);
        self.call(cache, 0, |cache, _, _| {
            let done = cache.resize_some(given(max_bytes), entries, now as u64);
            done.map_or_else(code::of, |done| i32::from(!done))
        })
    }

    /// What one entry may cost at most, in bytes.
    pub fn max_entry_bytes(&mut self, cache: u32) -> f64 {
        self.cache(cache).map_or(0.0, |cache| cache.max_entry_bytes() as f64)
    }

    /// Sets all counts to zero.
    pub fn reset_stats(&mut self, cache: u32) {
        if let Some(cache) = self.cache(cache) {
            cache.reset_stats();
        }
    }
}

impl Engine {
    fn keep(&mut self, cache: Cache) -> i32 {
        let free = self.caches.iter().position(Option::is_none);
        let at = free.unwrap_or_else(|| {
            self.caches.push(None);
            self.caches.len() - 1
        });
        self.caches[at] = Some(cache);
        at as i32
    }
}

/// More entries than ids is as good as no bound.
fn clamp_u32(entries: u64) -> u32 {
    entries.min(u64::from(UNBOUNDED)) as u32
}

fn figures(stats: Stats, options: &Options) -> [f64; 12] {
    let max_entries = match options.max_entries {
        UNBOUNDED => f64::NAN,
        bound => f64::from(bound),
    };
    [
        stats.hits as f64,
        stats.misses as f64,
        stats.sets as f64,
        stats.deletes as f64,
        stats.rejections as f64,
        stats.evictions as f64,
        stats.expirations as f64,
        stats.entries as f64,
        stats.bytes as f64,
        options.max_bytes as f64,
        max_entries,
        stats.invalidations as f64,
    ]
}
