//! The one exported struct: all caches of the program and the buffers they share.

use wasm_bindgen::prelude::*;

use super::code::MALFORMED;
use super::options::Pending;
use super::snapshot::Snapshot;
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
    /// Three numbers for each key read in a batch: kind, number or address, length. Two for each
    /// entry written: its id (-1: not stored), and how many references had gone when it was.
    pub(super) table: Vec<f64>,
    /// The ids of references that went.
    removed: Vec<u32>,
    /// The answer of a call: two numbers that are the method's, whether any entry has a deadline,
    /// and how many references went that were not asked for yet.
    pub(super) result: Box<[f64; 6]>,
    /// The options of the next write.
    pub(super) pending: Option<Pending>,
    /// The snapshot that is being written or read.
    pub(super) snapshot: Snapshot,
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
            removed: Vec::new(),
            result: Box::new([0.0; 6]),
            pending: None,
            snapshot: Snapshot::default(),
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
        self.removed = Vec::new();
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

    /// How many numbers the table holds.
    pub fn table_len(&self) -> u32 {
        self.table.len() as u32
    }

    /// Turns the journal of removed references on.
    pub fn journal(&mut self, cache: u32) {
        if let Some(cache) = self.cache(cache) {
            cache.journal(true);
        }
    }

    /// Puts out the ids of the references that went since this was last called; gives the address.
    pub fn take_removed(&mut self, cache: u32) -> u32 {
        let removed = self.cache(cache).map(|cache| cache.take_removed().collect());
        self.removed = removed.unwrap_or_default();
        self.result[5] = 0.0;
        self.removed.as_ptr() as u32
    }

    /// Turns the journal of events on or off.
    pub fn watch(&mut self, cache: u32, on: bool) {
        if let Some(cache) = self.cache(cache) {
            cache.watch_in_steps(on);
        }
    }

    /// Puts out the next page of events; gives its length, below 0 when there are more pages, and 0 when
    /// there is none. Leaves the result block as it is.
    pub fn take_events(&mut self, cache: u32) -> i32 {
        let cache = self.caches.get_mut(cache as usize).and_then(Option::as_mut);
        let more = cache.and_then(|cache| cache.take_event_page(&mut self.out));
        let len = self.out.len() as i32;
        more.map_or(0, |more| if more { -len } else { len })
    }

    /// Closes a cache and frees what it holds.
    pub fn close(&mut self, cache: u32) {
        if let Some(slot) = self.caches.get_mut(cache as usize) {
            *slot = None;
        }
    }

    /// Removes what has expired, at most `limit` entries: how many. Where it is watched, perhaps fewer:
    /// until it gives 0.
    pub fn purge_expired(&mut self, cache: u32, limit: f64, now: f64) -> f64 {
        let purge = |cache: &mut Cache, _: &[u8], _: &mut [f64; 6]| {
            cache.purge_some(limit as usize, now as u64) as i32
        };
        f64::from(self.call(cache, 0, purge).max(0))
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
        f: impl FnOnce(&mut Cache, &[u8], &mut [f64; 6]) -> i32,
    ) -> i32 {
        let cache = self.caches.get_mut(cache as usize).and_then(Option::as_mut);
        let input = self.scratch.get(..len as usize);
        match (cache, input) {
            (Some(cache), Some(input)) => {
                let code = f(cache, input, &mut self.result);
                self.result[4] = f64::from(u8::from(cache.has_deadlines()));
                self.result[5] = cache.removed() as f64;
                code
            }
            _ => MALFORMED,
        }
    }
}
