//! Calls on one key, which lies at the start of the scratch buffer.

use wasm_bindgen::prelude::*;

use super::code::{self, MALFORMED, MISS, REFERENCES, UNFINISHED};
use super::engine::Engine;
use super::options;
use crate::cache::{Given, SetOptions};

#[wasm_bindgen]
impl Engine {
    /// The value's kind or a miss; the result block holds its number, or its address and length. The
    /// address of a value that lies in several pieces is NaN, and the entry's id stands behind it:
    /// [`pieces`](Self::pieces) tells where they are. Of a reference nothing but its id is read.
    pub fn get(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let Some(found) = cache.look_up_hot(key, now as u64) else { return MISS };
            result[2] = f64::from(found.id);
            if cache.is_reference(found.place) {
                return REFERENCES + found.id as i32;
            }
            let (kind, number, len) = code::found(cache, found);
            (result[0], result[1]) = (number, len);
            kind
        })
    }

    /// Writes address and length of each piece of an entry's value to the table; gives how many there
    /// are. They stay where they are until the next call that writes.
    pub fn pieces(&mut self, cache: u32, id: u32) -> i32 {
        let Some(cache) = self.caches.get(cache as usize).and_then(Option::as_ref) else {
            return MALFORMED;
        };
        self.table.clear();
        for piece in cache.value_pieces(id) {
            self.table.extend([piece.as_ptr() as usize as f64, piece.len() as f64]);
        }
        (self.table.len() / 2) as i32
    }

    /// 1 if the key is present.
    pub fn has(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| i32::from(cache.has(key, now as u64)))
    }

    /// Stores a value: a number, or the bytes behind the key. 1 if it was stored; the result block has
    /// the entry's id then. `write_only_if` is as [`options::only`] reads it. If only the key is there
    /// (`later`), room is made for the value, and [`pieces`](Self::pieces) tells where to write it.
    /// UNFINISHED, which forgets the options too: only where a large value is stored and events are watched.
    #[allow(clippy::too_many_arguments)] // numbers only, on the hot path
    pub fn set(
        &mut self,
        cache: u32,
        key_len: u32,
        kind: u32,
        value_len: u32,
        number: f64,
        ttl_ms: f64,
        write_only_if: u32,
        later: bool,
        now: f64,
    ) -> i32 {
        let pending = self.pending.take();
        let sent = if later { 0 } else { value_len };
        let Some(len) = key_len.checked_add(sent) else { return MALFORMED };
        self.call(cache, len, |cache, input, result| {
            let (key, bytes) = input.split_at(key_len as usize);
            let Some(value) = code::value(kind, number, bytes) else { return MALFORMED };
            let given = Given { key, value, unfilled: (value_len - sent) as usize };
            let only = options::only(write_only_if);
            let stored = match pending {
                Some(pending) => {
                    pending.with(ttl_ms, only, |options| cache.store(given, options, now as u64))
                }
                None => {
                    let ttl = code::ttl(ttl_ms);
                    let options = SetOptions { ttl, only, ..SetOptions::default() };
                    cache.store(given, &options, now as u64)
                }
            };
            match stored {
                Err(error) => code::of(error),
                Ok(None) if cache.is_unfinished() => UNFINISHED,
                Ok(None) => 0,
                Ok(Some(id)) => {
                    result[0] = f64::from(id);
                    1
                }
            }
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
