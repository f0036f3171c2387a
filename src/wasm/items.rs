//! Reading entries in other ways than `get`, and their tags.

use wasm_bindgen::prelude::*;

use super::batch::Keys;
use super::code::{self, MALFORMED, MISS};
use super::engine::Engine;

#[wasm_bindgen]
impl Engine {
    /// As [`get`](Self::get), but neither uses the entry nor counts.
    pub fn peek(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let Some(found) = cache.peek_entry(key, now as u64) else { return MISS };
            let (kind, number, len) = code::found(cache, found);
            (result[0], result[1], result[2]) = (number, len, f64::from(found.id));
            kind
        })
    }

    /// As [`peek`](Self::peek), for an entry that is live or held after its deadline: how many milliseconds
    /// are left until that is the fourth number of the result block, 0 or less for one that is held, and
    /// infinite without a deadline.
    pub fn peek_stale(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, result| {
            let Some(found) = cache.find_stale(key, now as u64) else { return MISS };
            let (kind, number, len) = code::found(cache, found);
            let id = f64::from(found.id);
            result[..4].copy_from_slice(&[number, len, id, cache.left(found.id)]);
            kind
        })
    }

    /// 1 if the key is present; it was used.
    pub fn use_entry(&mut self, cache: u32, key_len: u32, now: f64) -> i32 {
        self.call(cache, key_len, |cache, key, _| i32::from(cache.use_entry(key, now as u64)))
    }

    /// Of the entry that a call has just given the id of: writes when it was modified, what is left of
    /// its time to live (NaN: it never expires), both in milliseconds, and its cost to the table, and
    /// its tags to the output as a batch of keys. 0, or an error.
    pub fn about(&mut self, cache: u32, id: u32) -> i32 {
        let Some(cache) = self.caches.get(cache as usize).and_then(Option::as_ref) else {
            return MALFORMED;
        };
        let about = cache.about(id);
        let ttl = about.ttl_ms.map_or(f64::NAN, |ms| ms as f64);
        self.table.clear();
        self.table.extend([about.modified_ms as f64, ttl, about.cost as f64]);
        self.out.clear();
        for tag in about.tags {
            self.out.extend_from_slice(&(tag.len() as u32).to_le_bytes());
            self.out.extend(tag);
        }
        0
    }

    /// Invalidates the tags that the scratch buffer holds as a batch of keys: 0, or an error.
    pub fn invalidate_tags(&mut self, cache: u32, len: u32) -> i32 {
        self.call(cache, len, |cache, input, _| {
            let Some(tags) = Keys::of(input) else { return MALFORMED };
            for tag in tags {
                if let Err(error) = cache.invalidate_tag(tag) {
                    return code::of(error);
                }
            }
            0
        })
    }

    /// 0, with the generation of the tag in the scratch buffer in the result block.
    pub fn tag_generation(&mut self, cache: u32, len: u32) -> i32 {
        self.call(cache, len, |cache, tag, result| {
            result[0] = cache.tag_generation(tag) as f64;
            0
        })
    }
}
