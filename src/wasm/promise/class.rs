//! The class, and what it does with one key.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::clock::Clock;
use super::encode::encode;
use super::errors::{self, INVALID_OPTION};
use super::loading::Failure;
use super::{args, decode, js, options};
use crate::cache::{Cache, Options, Ttl};
use crate::local::LocalCache;

/// A byte-bounded cache whose methods return promises. Times to live are seconds, the clock is in
/// milliseconds, misses are `undefined`; what is refused rejects with an `Error` that has a `code`.
#[wasm_bindgen]
pub struct PromiseCache {
    options: Options,
    clock: Rc<Clock>,
    /// Made at the first call: see [`options::seed`].
    cache: OnceCell<LocalCache<Failure>>,
    pub(super) loads: Rc<Loads>,
}

/// What the engine does not count.
#[derive(Default)]
pub(super) struct Loads {
    pub(super) started: Cell<u32>,
    pub(super) failed: Cell<u32>,
}

#[wasm_bindgen]
impl PromiseCache {
    /// Options: maxBytes (default 32 MiB), maxEntries, maxEntryBytes (default a quarter of maxBytes),
    /// defaultTtl (seconds), policy, clock (a function that gives milliseconds; default Date.now).
    /// Throws INVALID_OPTION or INVALID_TTL.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(
            unchecked_optional_param_type = "{ maxBytes?: number; maxEntries?: number; maxEntryBytes?: number; defaultTtl?: number | null; policy?: \"lru\" | \"sieve\" | \"s3-fifo\" | \"w-tinylfu\" | \"gdsf\"; clock?: () => number }"
        )]
        options: JsValue,
    ) -> Result<Self, JsValue> {
        let (options, clock): (_, Option<Function>) = options::read(&options)?;
        open(options, 0)?; // so that what the engine refuses is refused here
        let clock = Rc::new(Clock::new(clock));
        Ok(Self { options, clock, cache: OnceCell::new(), loads: Rc::default() })
    }

    /// The value, or undefined.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn get(&self, #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue) -> Promise {
        js::settled(self.value_of(&key))
    }

    fn value_of(&self, key: &JsValue) -> Result<JsValue, JsValue> {
        let key = args::key(key)?;
        let held = self.tick()?.get(&key);
        held.map_or(Ok(JsValue::UNDEFINED), |held| decode::decode(held.value()))
    }

    /// Stores a copy of a value, for `ttlSeconds` (null: for ever). false: it is larger than an entry
    /// may be, and what was under the key is gone.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn set(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue,
        value: JsValue,
        #[wasm_bindgen(js_name = ttlSeconds, unchecked_optional_param_type = "number | null")]
        ttl: JsValue,
    ) -> Promise {
        js::settled(self.store(&key, &value, &ttl))
    }

    fn store(&self, given: &JsValue, value: &JsValue, ttl: &JsValue) -> Result<JsValue, JsValue> {
        let (key, ttl, held) = (args::key(given)?, args::ttl(ttl)?, encode(value)?);
        let stored = self.tick()?.set(&key, held.value(), ttl);
        stored.map(JsValue::from).map_err(|error| errors::of(error, given))
    }

    /// Whether the key is present; does not use the entry.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn has(&self, #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue) -> Promise {
        js::settled(args::key(&key).and_then(|key| Ok(self.tick()?.has(&key).into())))
    }

    /// Whether there was an entry to remove.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn delete(&self, #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue) -> Promise {
        js::settled(args::key(&key).and_then(|key| Ok(self.tick()?.delete(&key).into())))
    }

    /// Remaining seconds; null: the key is absent or never expires.
    #[wasm_bindgen(unchecked_return_type = "Promise<number | null>")]
    pub fn ttl(&self, #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue) -> Promise {
        let seconds = |ms: u64| JsValue::from(ms as f64 / 1_000.0);
        js::settled(
            args::key(&key)
                .and_then(|key| Ok(self.tick()?.ttl(&key).map_or(JsValue::NULL, seconds))),
        )
    }

    /// Adds to a number and gives the sum. An absent key counts as `initial` (default 0) and is made
    /// with `ttl` seconds; a present one keeps its expiry. NOT_A_NUMBER, OUT_OF_RANGE.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn increment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] by: JsValue,
        #[wasm_bindgen(
            unchecked_optional_param_type = "{ ttl?: number | null; initial?: number }"
        )]
        options: JsValue,
    ) -> Promise {
        js::settled(self.add(&key, &by, &options))
    }

    fn add(&self, given: &JsValue, by: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
        let key = args::key(given)?;
        let by = operand("by", by, 1.0)?;
        let initial = operand("initial", &js::member(options, "initial")?, 0.0)?;
        let ttl: Ttl = args::ttl(&js::member(options, "ttl")?)?;
        let sum = self.tick()?.increment(&key, by, initial, ttl);
        sum.map(JsValue::from).map_err(|error| errors::of(error, given))
    }

    /// Asks the clock, and gives the cache: what every method begins with once its arguments are read.
    pub(super) fn tick(&self) -> Result<&LocalCache<Failure>, JsValue> {
        self.clock.tick()?;
        if let Some(cache) = self.cache.get() {
            return Ok(cache);
        }
        let (engine, clock) = (open(self.options, options::seed())?, Rc::clone(&self.clock));
        let cache = LocalCache::new(engine, move || clock.latest());
        Ok(self.cache.get_or_init(|| cache))
    }

    pub(super) fn clock(&self) -> Rc<Clock> {
        Rc::clone(&self.clock)
    }
}

fn open(options: Options, seed: u64) -> Result<Cache, JsValue> {
    Cache::new(options, seed).map_err(|error| errors::of(error, &JsValue::UNDEFINED))
}

/// A finite number, or the default for undefined. Else INVALID_OPTION.
fn operand(name: &str, given: &JsValue, default: f64) -> Result<f64, JsValue> {
    if given.is_undefined() {
        return Ok(default);
    }
    let number = given.as_f64().filter(|number| number.is_finite());
    let refuse = || errors::refused(INVALID_OPTION, &format!("{name} is no finite number"), given);
    number.ok_or_else(refuse)
}
