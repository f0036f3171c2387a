//! The one exported struct: all caches of the program and the buffers they share.

use wasm_bindgen::prelude::*;

use super::code::MALFORMED;
use super::options::Pending;
use crate::cache::Cache;

/// What the scratch buffer shrinks back to after it had to grow.
const SCRATCH: usize = 16 << 10;

/// All caches of a module instance.
#[wasm_bindgen]
pub struct Engine {
    pub(super) caches: Vec<Option<Cache>>,
    /// What JavaScript writes before a call.
    pub(super) scratch: Vec<u8>,
    /// Bytes for JavaScript to read after a call.
    pub(super) out: Vec<u8>,
    /// Three numbers for each key of a batch: kind, number or address, length.
    pub(super) table: Vec<f64>,
    /// The answer of a call on one key.
    pub(super) result: Box<[f64; 4]>,
    /// The options of the next write.
    pub(super) pending: Option<Pending>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine without caches.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // JavaScript's constructor
    pub fn new() -> Self {
        Self {
            caches: Vec::new(),
            scratch: vec![0; SCRATCH],
            out: Vec::new(),
            table: Vec::new(),
            result: Box::new([0.0; 4]),
            pending: None,
        }
    }

    /// Makes the scratch buffer at least so long and gives its address. What it holds is lost.
    pub fn scratch(&mut self, len: u32) -> u32 {
        if self.scratch.len() < len as usize {
            self.scratch = Vec::new();
            self.scratch = vec![0; (len as usize).next_multiple_of(SCRATCH)];
        }
        self.scratch.as_ptr() as u32
    }

    /// Gives the buffers' memory back to the entries after a large call.
    pub fn trim(&mut self) {
        if self.scratch.len() > SCRATCH {
            self.scratch = Vec::new();
            self.scratch = vec![0; SCRATCH];
        }
        self.out = Vec::new();
        self.table = Vec::new();
    }

    /// How long the scratch buffer is.
    pub fn scratch_len(&self) -> u32 {
        self.scratch.len() as u32
    }

    /// The address of the result block.
    pub fn result(&self) -> u32 {
        self.result.as_ptr() as u32
    }

    /// The address of the last answer's bytes.
    pub fn out(&self) -> u32 {
        self.out.as_ptr() as u32
    }

    /// The length of the last answer's bytes.
    pub fn out_len(&self) -> u32 {
        self.out.len() as u32
    }

    /// The address of the last batch's table.
    pub fn table(&self) -> u32 {
        self.table.as_ptr() as u32
    }

    /// Closes a cache and frees what it holds.
    pub fn close(&mut self, cache: u32) {
        if let Some(slot) = self.caches.get_mut(cache as usize) {
            *slot = None;
        }
    }

    /// Removes what has expired, at most `limit` entries: how many.
    pub fn purge_expired(&mut self, cache: u32, limit: f64, now: f64) -> f64 {
        self.cache(cache)
            .map_or(0.0, |cache| cache.purge_expired(limit as usize, now as u64) as f64)
    }
}

impl Engine {
    pub(super) fn cache(&mut self, cache: u32) -> Option<&mut Cache> {
        self.caches.get_mut(cache as usize)?.as_mut()
    }

    /// Calls `f` with a cache, the first `len` bytes of the scratch buffer, and the result block.
    pub(super) fn call(
        &mut self,
        cache: u32,
        len: u32,
        f: impl FnOnce(&mut Cache, &[u8], &mut [f64; 4]) -> i32,
    ) -> i32 {
        let cache = self.caches.get_mut(cache as usize).and_then(Option::as_mut);
        let input = self.scratch.get(..len as usize);
        match (cache, input) {
            (Some(cache), Some(input)) => f(cache, input, &mut self.result),
            _ => MALFORMED,
        }
    }
}
