//! Calls on one key, which lies at the start of the scratch buffer.

use wasm_bindgen::prelude::*;

use super::code::{self, MALFORMED};
use super::engine::Engine;

#[wasm_bindgen]
impl Engine {
    /// The value's kind, which one it is for a reference, or a miss; the result block holds its
    /// number or what it costs, or its address and length.
    pub fn get(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let (kind, number, len) = code::parts(cache.get(key, now as u64));
            (result[0], result[1]) = (number, len);
            code::found(kind, cache)
        })
    }

    /// As [`get`](Self::get), without using the entry.
    pub fn peek(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let (kind, number, len) = code::parts(cache.peek(key, now as u64));
            (result[0], result[1]) = (number, len);
            code::found(kind, cache)
        })
    }

    /// 1 if the key is present.
    pub fn has(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| i32::from(cache.has(key, now as u64)))
    }

    /// Stores a value: a number, the bytes behind the key, or a reference that costs `number`. 1 if it
    /// was stored, with the entry's id in the result block.
    #[allow(clippy::too_many_arguments)] // numbers only, on the hot path
    pub fn set(
        &mut self,
        cache: u32,
        key_len: u32,
        kind: u32,
        value_len: u32,
        number: f64,
        ttl_ms: f64,
        if_absent: bool,
        now: f64,
    ) -> i32 {
        let Some(len) = key_len.checked_add(value_len) else { return MALFORMED };
        self.call(cache, len, |cache, input, result| {
            let (key, bytes) = input.split_at(key_len as usize);
            let Some(value) = code::value(kind, number, bytes) else { return MALFORMED };
            let (ttl, now) = (code::ttl(ttl_ms), now as u64);
            let stored = code::of_bool(match if_absent {
                true => cache.set_if_absent(key, value, ttl, now),
                false => cache.set(key, value, ttl, now),
            });
            result[0] = f64::from(cache.id_of_last());
            stored
        })
    }

    /// Refuses a value that is too large to be sent; what was under the key goes.
    pub fn reject(&mut self, cache: u32, key_len: u32, now: f64) {
        self.call(cache, key_len, |cache, key, _| {
            cache.reject(key, now as u64);
            0
        });
    }

    /// 1 if there was an entry and it is gone.
    pub fn delete(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| i32::from(cache.delete(key, now as u64)))
    }

    /// 0, with the sum in the result block, or an error.
    pub fn increment(
        &mut self,
        cache: u32,
        key_len: u32,
        by: f64,
        initial: f64,
        ttl_ms: f64,
        now: f64,
    ) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            match cache.increment(key, by, initial, code::ttl(ttl_ms), now as u64) {
                Ok(sum) => {
                    result[0] = sum;
                    0
                }
                Err(error) => code::of(error),
            }
        })
    }

    /// 1, with the remaining milliseconds in the result block; 0 if absent or without expiry.
    pub fn ttl(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let left = cache.ttl(key, now as u64);
            result[0] = left.unwrap_or(0) as f64;
            i32::from(left.is_some())
        })
    }

    /// 1 if the key was present and lives for `ttl_ms` from now on.
    pub fn expire(&mut self, cache: u32, key_len: u32, ttl_ms: f64, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| {
            code::of_bool(cache.expire_in(key, code::ttl(ttl_ms), now as u64))
        })
    }

    /// 1 if the key was to expire and now never does.
    pub fn persist(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| i32::from(cache.persist(key, now as u64)))
    }
}
