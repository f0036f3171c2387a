//! The cold calls, whose arguments and answers are JavaScript objects.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::code;
use super::engine::Engine;
use crate::cache::{Cache, Options, PolicyKind, Stats};

/// As many entries as there are ids: no bound.
const UNBOUNDED: u32 = u32::MAX - 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    hits: f64,
    misses: f64,
    sets: f64,
    deletes: f64,
    rejections: f64,
    evictions: f64,
    expirations: f64,
    entries: f64,
    bytes: f64,
    max_bytes: f64,
    max_entries: Option<f64>,
    policy: &'static str,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a cache: its number, or an error. NaN stands for an option that was not given; the
    /// seed comes in two halves; `policy` is a place in [`PolicyKind::ALL`]. (Numbers, because reading an object with serde-wasm-bindgen brings
    /// 11 KiB of error texts and float formatting into the binary.)
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
    ) -> i32 {
        let given = |number: f64| (!number.is_nan()).then_some(number as u64);
        let defaults = Options::default();
        let options = Options {
            max_bytes: given(max_bytes).unwrap_or(defaults.max_bytes),
            max_entries: given(max_entries).map_or(UNBOUNDED, clamp_u32),
            max_entry_bytes: given(max_entry_bytes),
            default_ttl_ms: given(default_ttl_ms),
            policy: PolicyKind::ALL.get(policy as usize).copied().unwrap_or_default(),
            ..defaults
        };
        match Cache::new(options, u64::from(seed_high) << 32 | u64::from(seed_low)) {
            Ok(cache) => self.keep(cache),
            Err(error) => code::of(error),
        }
    }

    /// The statistics of a cache as an object; undefined when it is not open.
    pub fn stats(&mut self, cache: u32) -> JsValue {
        let Some(cache) = self.cache(cache) else { return JsValue::UNDEFINED };
        let figures = Figures::new(cache.stats(), cache.options(), cache.policy());
        serde_wasm_bindgen::to_value(&figures).unwrap_or(JsValue::UNDEFINED)
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

impl Figures {
    fn new(stats: Stats, options: &Options, policy: &'static str) -> Self {
        Self {
            hits: stats.hits as f64,
            misses: stats.misses as f64,
            sets: stats.sets as f64,
            deletes: stats.deletes as f64,
            rejections: stats.rejections as f64,
            evictions: stats.evictions as f64,
            expirations: stats.expirations as f64,
            entries: stats.entries as f64,
            bytes: stats.bytes as f64,
            max_bytes: options.max_bytes as f64,
            max_entries: (options.max_entries < UNBOUNDED)
                .then_some(f64::from(options.max_entries)),
            policy,
        }
    }
}
