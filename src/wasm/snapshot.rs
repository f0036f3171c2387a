//! Snapshots, in pieces: linear memory would keep the peak of a whole one.
//!
//! One at a time, and nothing else is called between its pieces.

use wasm_bindgen::prelude::*;

use super::code::{self, MALFORMED};
use super::engine::Engine;
use crate::cache::{SnapshotCheck, SnapshotReader, SnapshotWriter};

/// How many bytes a piece has at most.
const PIECE: usize = 64 << 10;

/// How far a snapshot has come.
#[derive(Default)]
pub(super) enum Snapshot {
    #[default]
    Idle,
    Writing(SnapshotWriter),
    Checking(SnapshotCheck),
    Reading(SnapshotReader),
}

#[wasm_bindgen]
impl Engine {
    /// Begins to write a snapshot: 0, or an error.
    pub fn snapshot(&mut self, cache: u32, now: f64) -> i32 {
        let Some(cache) = self.cache(cache) else { return MALFORMED };
        let writer = SnapshotWriter::new(cache, now as u64);
        self.snapshot = Snapshot::Writing(writer);
        0
    }

    /// Writes the next piece of the snapshot to the output: how long it is, 0 at the end, or an error.
    pub fn snapshot_piece(&mut self, cache: u32) -> i32 {
        let cache = self.caches.get(cache as usize).and_then(Option::as_ref);
        let (Some(cache), Snapshot::Writing(writer)) = (cache, &mut self.snapshot) else {
            return MALFORMED;
        };
        self.out.resize(PIECE, 0);
        let filled = writer.fill(cache, &mut self.out);
        self.out.truncate(filled);
        if filled == 0 {
            self.snapshot = Snapshot::Idle;
        }
        filled as i32
    }

    /// Begins to restore a snapshot, whose pieces come twice, through the scratch buffer: first all of
    /// them are checked, then they are taken over. 0, or an error.
    pub fn restore(&mut self, cache: u32, now: f64) -> i32 {
        let Some(cache) = self.cache(cache) else { return MALFORMED };
        let check = SnapshotCheck::new(cache, now as u64);
        self.snapshot = Snapshot::Checking(check);
        0
    }

    /// The next piece: 0, or an error, after which nothing more is to come.
    pub fn restore_piece(&mut self, cache: u32, len: u32) -> i32 {
        let mut state = core::mem::take(&mut self.snapshot);
        let code = self.call(cache, len, |cache, piece, _| {
            let read = match &mut state {
                Snapshot::Checking(check) => check.feed(cache, piece),
                Snapshot::Reading(reader) => reader.feed(cache, piece),
                _ => return MALFORMED,
            };
            read.map_or_else(code::of, |()| 0)
        });
        if code == 0 {
            self.snapshot = state;
        }
        code
    }

    /// After the last piece: 0, or an error. The first time, what follows is to be taken over; the
    /// second time the result block says how many entries were.
    pub fn restore_end(&mut self, cache: u32) -> i32 {
        let state = core::mem::take(&mut self.snapshot);
        let mut next = Snapshot::Idle;
        let code = self.call(cache, 0, |cache, _, result| match state {
            Snapshot::Checking(check) => match check.finish(cache) {
                Ok(reader) => {
                    next = Snapshot::Reading(reader);
                    0
                }
                Err(error) => code::of(error),
            },
            Snapshot::Reading(reader) => match reader.finish() {
                Ok(taken) => {
                    result[0] = taken as f64;
                    0
                }
                Err(error) => code::of(error),
            },
            _ => MALFORMED,
        });
        self.snapshot = next;
        code
    }
}
