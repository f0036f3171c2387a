//! What a write may be told besides its key, value and time to live.
//!
//! Few writes have any of it, so it does not travel with each of them: it is left here for the next one.

use wasm_bindgen::prelude::*;

use super::batch::Keys;
use super::code::{self, MALFORMED};
use super::engine::Engine;
use crate::cache::{Only, SetOptions};

/// The options of the next write.
#[derive(Default)]
pub(super) struct Pending {
    keep_ttl: bool,
    modified_ms: Option<u64>,
    stale_ms: Option<u64>,
    /// As a batch of keys.
    tags: Vec<u8>,
}

impl Pending {
    /// Calls `f` with the options of one write.
    pub(super) fn with<T>(&self, ttl_ms: f64, only: Only, f: impl FnOnce(&SetOptions) -> T) -> T {
        let tags: Vec<&[u8]> = Keys::of(&self.tags).into_iter().flatten().collect();
        f(&SetOptions {
            ttl: code::ttl(ttl_ms),
            tags: &tags,
            modified_ms: self.modified_ms,
            keep_ttl: self.keep_ttl,
            stale_ms: self.stale_ms,
            only,
        })
    }
}

/// 0: always, 1: only if the key is absent, 2: only if it is present.
pub(super) const fn only(number: u32) -> Only {
    match number {
        1 => Only::IfAbsent,
        2 => Only::IfPresent,
        _ => Only::Always,
    }
}

#[wasm_bindgen]
impl Engine {
    /// Sets the options of the next call that writes, whatever it is: NaN for what was not given. The
    /// scratch buffer holds tags as a batch of keys. 0, or an error.
    pub fn options(&mut self, keep_ttl: bool, modified_ms: f64, stale_ms: f64, len: u32) -> i32 {
        let given = |number: f64| (!number.is_nan()).then_some(number as u64);
        let Some(tags) = self.scratch.get(..len as usize) else { return MALFORMED };
        if Keys::of(tags).is_none() {
            return MALFORMED;
        }
        self.pending = Some(Pending {
            keep_ttl,
            modified_ms: given(modified_ms),
            stale_ms: given(stale_ms),
            tags: tags.to_vec(),
        });
        0
    }
}
