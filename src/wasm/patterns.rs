//! Calls on all keys that match a glob. The scratch buffer holds the scope, then the glob.

use wasm_bindgen::prelude::*;

use super::code::{self, INVALID_PATTERN, MALFORMED};
use super::engine::Engine;
use crate::cache::{Cache, Pattern, Reason};

/// How many bytes of keys a page holds, more or less.
const PAGE: usize = 32 << 10;

#[wasm_bindgen]
impl Engine {
    /// 0, with the number of matching entries in the result block, or an error.
    pub fn count_keys(&mut self, cache: u32, scope_len: u32, len: u32, now: f64) -> i32 {
        self.on_pattern(cache, scope_len, len, |cache, pattern| {
            cache.count_keys(pattern, now as u64)
        })
    }

    /// 0, with the number of removed entries in the result block and behind it the cursor to go on from,
    /// or an error. The first cursor is 0; -1: there is no more, as always where nobody watches.
    pub fn delete_pattern(
        &mut self,
        cache: u32,
        scope_len: u32,
        len: u32,
        cursor: u32,
        cleared: bool,
        now: f64,
    ) -> i32 {
        let reason = if cleared { Reason::Clear } else { Reason::Delete };
        let mut next = None;
        let code = self.on_pattern(cache, scope_len, len, |cache, pattern| {
            let removed;
            (removed, next) = cache.delete_some(pattern, cursor, reason, now as u64);
            removed
        });
        self.result[1] = next.map_or(-1.0, f64::from);
        code
    }

    /// Removes everything; 0, with the numbers of [`delete_pattern`](Self::delete_pattern).
    pub fn clear(&mut self, cache: u32, cursor: u32, now: f64) -> i32 {
        self.call(cache, 0, |cache, _, result| {
            let (removed, next) = cache.clear_some(cursor, now as u64);
            (result[0], result[1]) = (removed as f64, next.map_or(-1.0, f64::from));
            0
        })
    }

    /// Writes a page of keys, without the scope, to the output: `u32` length and bytes each. 0, with
    /// the cursor of the next page (-1: there is none) in the result block, or an error.
    pub fn keys(&mut self, cache: u32, scope_len: u32, len: u32, cursor: u32, now: f64) -> i32 {
        let mut out = core::mem::take(&mut self.out);
        out.clear();
        let scope = scope_len as usize;
        let code = self.call(cache, len, |cache, input, result| {
            let pattern = match read(input, scope) {
                Ok(pattern) => pattern,
                Err(code) => return code,
            };
            let next = cache.keys(&pattern, cursor, now as u64, |key| {
                push_key(&mut out, key.get(scope..).unwrap_or_default())
            });
            result[0] = next.map_or(-1.0, f64::from);
            0
        });
        self.out = out;
        code
    }

    /// The same for the entries with a tag, which stands behind the scope; keys outside the scope are
    /// left out. The first cursor is -1.
    pub fn tagged_keys(
        &mut self,
        cache: u32,
        scope_len: u32,
        len: u32,
        cursor: f64,
        now: f64,
    ) -> i32 {
        let mut out = core::mem::take(&mut self.out);
        out.clear();
        let after = (cursor >= 0.0).then_some(cursor as u32);
        let code = self.call(cache, len, |cache, input, result| {
            let Some((scope, tag)) = input.split_at_checked(scope_len as usize) else {
                return MALFORMED;
            };
            let next = cache.tagged_keys(tag, after, now as u64, |key| {
                key.strip_prefix(scope).is_none_or(|key| push_key(&mut out, key))
            });
            result[0] = next.map_or(-1.0, f64::from);
            0
        });
        self.out = out;
        code
    }
}

impl Engine {
    fn on_pattern(
        &mut self,
        cache: u32,
        scope_len: u32,
        len: u32,
        f: impl FnOnce(&mut Cache, &Pattern) -> u64,
    ) -> i32 {
        self.call(cache, len, |cache, input, result| match read(input, scope_len as usize) {
            Ok(pattern) => {
                result[0] = f(cache, &pattern) as f64;
                0
            }
            Err(code) => code,
        })
    }
}

/// Writes a key to a page; false: the page is full.
#[inline(never)]
fn push_key(page: &mut Vec<u8>, key: &[u8]) -> bool {
    page.extend_from_slice(&(key.len() as u32).to_le_bytes());
    page.extend_from_slice(key);
    page.len() < PAGE
}

fn read(input: &[u8], scope_len: usize) -> Result<Pattern, i32> {
    let (scope, glob) = input.split_at_checked(scope_len).ok_or(MALFORMED)?;
    let glob = core::str::from_utf8(glob).map_err(|_| INVALID_PATTERN)?;
    Pattern::within(scope, glob).map_err(code::of)
}
