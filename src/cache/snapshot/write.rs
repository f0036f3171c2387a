//! Writing a snapshot, in pieces of any size.

use super::checksum::Checksum;
use super::format::{self, Held};
use super::port::{At, Buffers};
use crate::cache::Cache;

/// A snapshot that is being written. It holds an id for each entry, and no entry.
///
/// The cache must not change between the pieces. Nobody else calls it meanwhile: whoever fills the
/// pieces does so in one go. If it does change all the same, the snapshot may end early, without
/// its trailer, and is then refused by whoever reads it.
pub(crate) struct SnapshotWriter {
    /// Who comes next, the most worth keeping last.
    ids: std::vec::IntoIter<u32>,
    /// What stands between keys and values: written from `at` on.
    pending: Vec<u8>,
    at: usize,
    body: Option<Body>,
    buffers: Buffers,
    sum: Checksum,
    entries: u32,
    ended: bool,
}

/// Key and value of the entry that is being written.
struct Body {
    id: u32,
    at: At,
    written: usize,
    len: usize,
}

impl SnapshotWriter {
    /// O(n).
    pub(crate) fn new(cache: &mut Cache, now: u64) -> Self {
        cache.advance(now);
        Self {
            ids: cache.snapshot_order().into_iter(),
            pending: format::header(cache.now).to_vec(),
            at: 0,
            body: None,
            buffers: Buffers::default(),
            sum: Checksum::new(),
            entries: 0,
            ended: false,
        }
    }

    /// Writes what comes next: how many bytes. Fewer than there is room for: that was the end.
    pub(crate) fn fill(&mut self, cache: &Cache, out: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < out.len() && (self.is_under_way() || self.next(cache)) {
            let count = self.copy_some(cache, &mut out[filled..]);
            self.sum.add(&out[filled..filled + count]);
            filled += count;
        }
        filled
    }

    fn is_under_way(&self) -> bool {
        let in_body = self.body.as_ref().is_some_and(|body| body.written < body.len);
        self.at < self.pending.len() || in_body
    }

    /// Copies some of what is under way, at least one byte unless its entry is gone.
    fn copy_some(&mut self, cache: &Cache, room: &mut [u8]) -> usize {
        if self.at < self.pending.len() {
            return copy(&self.pending[self.at..], room, &mut self.at);
        }
        let Some(body) = &mut self.body else { return 0 };
        let rest = cache.snapshot_body(body.id, &mut body.at);
        let count = copy(&rest[..rest.len().min(body.len - body.written)], room, &mut body.written);
        body.at.byte += count;
        if count == 0 {
            self.abandon();
        }
        count
    }

    /// Prepares the next entry or, after the last, the trailer; false: there is nothing more.
    fn next(&mut self, cache: &Cache) -> bool {
        self.pending.clear();
        self.at = 0;
        self.body = None;
        for id in self.ids.by_ref() {
            let Some(entry) = cache.snapshot_entry(id, &mut self.buffers) else { continue };
            if entry.encode(&mut self.pending) {
                let value_len = if let Held::Bytes { len, .. } = entry.held { len } else { 0 };
                self.body = Some(Body {
                    id,
                    at: At::default(),
                    written: 0,
                    len: entry.key.len() + value_len as usize,
                });
                self.entries += 1;
                return true;
            }
        }
        !core::mem::replace(&mut self.ended, true) && self.push_trailer()
    }

    fn push_trailer(&mut self) -> bool {
        self.pending.push(format::END);
        self.pending.extend_from_slice(&self.entries.to_le_bytes());
        let total = self.sum.len() + (1 + format::TRAILER) as u64;
        self.pending.extend_from_slice(&total.to_le_bytes());
        let mut sum = self.sum.clone();
        sum.add(&self.pending);
        self.pending.extend_from_slice(&sum.value().to_le_bytes());
        true
    }

    /// The entry that is being written went away: no trailer will come.
    fn abandon(&mut self) {
        self.ended = true;
        self.ids = Vec::new().into_iter();
        self.body = None;
    }
}

/// As much of `from` as there is room for.
fn copy(from: &[u8], room: &mut [u8], at: &mut usize) -> usize {
    let count = from.len().min(room.len());
    room[..count].copy_from_slice(&from[..count]);
    *at += count;
    count
}
