//! Statistics as an object, by serde-wasm-bindgen: a list of numbers with names is what it is good at.

use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::class::PromiseCache;
use super::js;
use crate::cache::{Options, Stats};

/// As `CacheStats` of the npm package, for what there is here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    hits: u64,
    misses: u64,
    hit_ratio: f64,
    sets: u64,
    deletes: u64,
    rejections: u64,
    evictions: u64,
    expirations: u64,
    loads: u32,
    load_failures: u32,
    entries: u64,
    bytes: u64,
    max_bytes: u64,
    max_entries: Option<u32>,
    memory_bytes: u64,
    policy: &'static str,
}

const PAGE: u64 = 65_536;

#[wasm_bindgen]
impl PromiseCache {
    /// What the cache has done and what it holds; `memoryBytes` is the whole module's linear memory.
    #[wasm_bindgen(
        unchecked_return_type = "Promise<{ hits: number; misses: number; hitRatio: number; sets: number; deletes: number; rejections: number; evictions: number; expirations: number; loads: number; loadFailures: number; entries: number; bytes: number; maxBytes: number; maxEntries: number | null; memoryBytes: number; policy: string }>"
    )]
    pub fn stats(&self) -> Promise {
        js::settled(self.figures())
    }

    fn figures(&self) -> Result<JsValue, JsValue> {
        let cache = self.tick()?;
        let mut figures = figures(cache.stats(), &cache.options());
        figures.loads = self.loads.started.get();
        figures.load_failures = self.loads.failed.get();
        let writer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
        figures.serialize(&writer).map_err(JsValue::from)
    }
}

fn figures(stats: Stats, options: &Options) -> Figures {
    let reads = stats.hits + stats.misses;
    let unbounded = Options::default().max_entries;
    Figures {
        hits: stats.hits,
        misses: stats.misses,
        hit_ratio: if reads == 0 { 0.0 } else { stats.hits as f64 / reads as f64 },
        sets: stats.sets,
        deletes: stats.deletes,
        rejections: stats.rejections,
        evictions: stats.evictions,
        expirations: stats.expirations,
        loads: 0,
        load_failures: 0,
        entries: stats.entries,
        bytes: stats.bytes,
        max_bytes: options.max_bytes,
        max_entries: (options.max_entries != unbounded).then_some(options.max_entries),
        memory_bytes: core::arch::wasm32::memory_size::<0>() as u64 * PAGE,
        policy: options.policy.name(),
    }
}
