//! Calls on many keys in one crossing.
//!
//! The scratch buffer holds, little-endian and unaligned, either
//!
//! - keys: `u32` how many, the `u32` length of each, the bytes of all (JavaScript encodes them in one
//!   call); nothing at all for none; or
//! - entries to store, one behind the other: `u32` key length, `u32` kind, `u32` value length, `f64` time to live as
//!   [`code::ttl`] reads it, `f64` number, key, value.
//!
//! All of it is read once before the first entry changes, so that a malformed batch changes nothing.

use wasm_bindgen::prelude::*;

use super::code::{self, MALFORMED, MISS, NUMBER, REFUSED, UNFINISHED};
use super::engine::Engine;
use super::options::Pending;
use crate::cache::{Cache, Only, Value};

#[wasm_bindgen]
impl Engine {
    /// Writes kind, number or address, and length of each value to the table; gives how many. A value
    /// that lies in several pieces has -1 - its id for an address.
    pub fn get_many(&mut self, cache: u32, len: u32, now: f64) -> i32 {
        let mut table = core::mem::take(&mut self.table);
        table.clear();
        let count = self.each_key(cache, len, |cache, key| {
            let (kind, number, len) = match cache.look_up(key, now as u64) {
                None => (MISS, 0.0, 0.0),
                Some(entry) => match code::found(cache, entry) {
                    (kind, number, len) if number.is_nan() && kind < NUMBER as i32 => {
                        (kind, -1.0 - f64::from(entry.id), len)
                    }
                    found => found,
                },
            };
            table.extend([f64::from(kind), number, len]);
            1
        });
        self.table = table;
        count
    }

    /// Writes 1 (present) or 0 for each key to the output; gives how many keys there are.
    pub fn has_many(&mut self, cache: u32, len: u32, now: f64) -> i32 {
        let mut out = core::mem::take(&mut self.out);
        out.clear();
        let count = self.each_key(cache, len, |cache, key| {
            out.push(u8::from(cache.has(key, now as u64)));
            1
        });
        self.out = out;
        count
    }

    /// How many of the keys were present and are gone.
    pub fn delete_many(&mut self, cache: u32, len: u32, now: f64) -> i32 {
        self.each_key(cache, len, |cache, key| i32::from(cache.delete(key, now as u64)))
    }

    /// How many of the entries were stored; for each of them, where references are kept, two
    /// numbers in the table. UNFINISHED: as [`set`](Self::set); only batches of one entry may be made again.
    pub fn set_many(&mut self, cache: u32, len: u32, now: f64) -> i32 {
        let pending = self.pending.take().unwrap_or_default();
        let mut table = core::mem::take(&mut self.table);
        table.clear();
        let stored = self.call(cache, len, |cache, input, _| {
            if Entries(input).any(|entry| entry.is_none_or(|entry| !entry.is_sound())) {
                return MALFORMED;
            }
            let entries = Entries(input).flatten();
            let stored =
                entries.map(|entry| entry.store(cache, &pending, now as u64, &mut table)).sum();
            if cache.is_unfinished() { UNFINISHED } else { stored }
        });
        self.table = table;
        stored
    }
}

#[wasm_bindgen]
impl Engine {
    /// Writes what each key's number would be, after the entry's number was added, and whether the key is
    /// there (1 or 0) to the table. Gives how many numbers it wrote, or an error and in the result block
    /// which entry met it. Changes nothing.
    pub fn sums(&mut self, cache: u32, len: u32, initial: f64, now: f64) -> i32 {
        let mut table = core::mem::take(&mut self.table);
        table.clear();
        let code = self.call(cache, len, |cache, input, result| {
            for entry in Entries(input) {
                let Some(entry) = entry else { return MALFORMED };
                result[0] = (table.len() / 2) as f64;
                match cache.sum(entry.key, entry.number, initial, now as u64) {
                    Ok(sum) => {
                        table.extend([sum, f64::from(u8::from(cache.has(entry.key, now as u64)))])
                    }
                    Err(error) => return code::of(error),
                }
            }
            table.len() as i32
        });
        self.table = table;
        code
    }

    /// Makes the numbers what [`sums`](Self::sums) gave, which the entries have now. 0, or an error.
    pub fn set_sums(&mut self, cache: u32, len: u32, ttl_ms: f64, now: f64) -> i32 {
        self.call(cache, len, |cache, input, _| {
            if Entries(input).any(|entry| entry.is_none()) {
                return MALFORMED;
            }
            for entry in Entries(input).flatten() {
                let ttl = code::ttl(ttl_ms);
                if let Err(error) = cache.set_sum(entry.key, entry.number, ttl, now as u64) {
                    return code::of(error);
                }
            }
            0
        })
    }
}

impl Engine {
    /// Sums what `f` gives for each key.
    fn each_key(
        &mut self,
        cache: u32,
        len: u32,
        mut f: impl FnMut(&mut Cache, &[u8]) -> i32,
    ) -> i32 {
        self.call(cache, len, |cache, input, _| {
            let Some(keys) = Keys::of(input) else { return MALFORMED };
            keys.map(|key| f(cache, key)).sum()
        })
    }
}

/// The keys of a batch.
pub(super) struct Keys<'a> {
    lengths: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Keys<'a> {
    /// None: they cannot be read.
    pub(super) fn of(mut input: &'a [u8]) -> Option<Self> {
        if input.is_empty() {
            return Some(Self { lengths: input, bytes: input });
        }
        let count = take_u32(&mut input)?;
        let lengths = take(&mut input, count.checked_mul(4)?)?;
        let all: u64 =
            lengths.as_chunks().0.iter().map(|len| u64::from(u32::from_le_bytes(*len))).sum();
        (all == input.len() as u64).then_some(Self { lengths, bytes: input })
    }
}

impl<'a> Iterator for Keys<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let len = take_u32(&mut self.lengths)?;
        take(&mut self.bytes, len)
    }
}

/// The entries of a batch; None, once, where they cannot be read.
struct Entries<'a>(&'a [u8]);

struct Entry<'a> {
    key: &'a [u8],
    kind: u32,
    ttl_ms: f64,
    number: f64,
    bytes: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Option<Entry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = take_entry(&mut self.0);
        if entry.is_none() {
            self.0 = &[];
        }
        Some(entry)
    }
}

impl Entry<'_> {
    fn value(&self) -> Option<Value<'_>> {
        code::value(self.kind, self.number, self.bytes)
    }

    fn is_sound(&self) -> bool {
        self.kind == REFUSED || self.value().is_some()
    }

    fn store(&self, cache: &mut Cache, pending: &Pending, now: u64, table: &mut Vec<f64>) -> i32 {
        let stored = match self.value() {
            // Key and time to live were checked in JavaScript: what is wrong here is not stored.
            Some(value) => pending.with(self.ttl_ms, Only::Always, |options| {
                cache.set_with(self.key, value, options, now) == Ok(true)
            }),
            None => {
                cache.reject(self.key, now);
                false
            }
        };
        if cache.keeps_journal() {
            let id = if stored { f64::from(cache.id_of_last()) } else { -1.0 };
            table.extend([id, cache.removed() as f64]);
        }
        i32::from(stored)
    }
}

fn take_entry<'a>(input: &mut &'a [u8]) -> Option<Entry<'a>> {
    let (key_len, kind, value_len) = (take_u32(input)?, take_u32(input)?, take_u32(input)?);
    let (ttl_ms, number) = (take_f64(input)?, take_f64(input)?);
    Some(Entry { kind, ttl_ms, number, key: take(input, key_len)?, bytes: take(input, value_len)? })
}

fn take<'a>(input: &mut &'a [u8], len: u32) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(len as usize)?;
    *input = rest;
    Some(taken)
}

fn take_u32(input: &mut &[u8]) -> Option<u32> {
    let (bytes, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(u32::from_le_bytes(*bytes))
}

fn take_f64(input: &mut &[u8]) -> Option<f64> {
    let (bytes, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(f64::from_le_bytes(*bytes))
}
