//! Snapshots as one slice of bytes.

use super::{SnapshotCheck, SnapshotWriter};
use crate::cache::{Cache, Error};

const PIECE: usize = 64 << 10;

impl Cache {
    /// All live entries as bytes, the same on every platform; docs/snapshot.md has the format.
    /// Deadlines are in it as they are, so whoever restores must count `now` from the same moment.
    /// Neither uses entries nor counts. O(n + bytes).
    pub fn snapshot(&mut self, now: u64) -> Vec<u8> {
        let mut writer = SnapshotWriter::new(self, now);
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            bytes.resize(start + PIECE, 0);
            let filled = writer.fill(self, &mut bytes[start..]);
            bytes.truncate(start + filled);
            if filled < PIECE {
                return bytes;
            }
        }
    }

    /// Adds the entries of a snapshot to what is there: how many. A key in both takes the
    /// snapshot's entry. Left out is what has expired at `now`, what costs more than
    /// [`Options::max_entry_bytes`](crate::cache::Options::max_entry_bytes), and what does not fit
    /// beside the rest without an eviction, of which what was used last is kept first. The snapshot
    /// may come from a cache of other bounds and another policy. Counts no writes. O(n + bytes).
    ///
    /// Fails with [`Error::SnapshotCorrupt`] when the bytes are not a whole and undamaged snapshot
    /// of a version that can be read, and then has changed nothing.
    pub fn restore(&mut self, bytes: &[u8], now: u64) -> Result<u64, Error> {
        let mut check = SnapshotCheck::new(self, now);
        check.feed(self, bytes)?;
        let mut reader = check.finish(self)?;
        reader.feed(self, bytes)?;
        reader.finish()
    }
}
