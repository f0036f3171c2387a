//! Making room: what has expired goes first, then the policy's victims.

use super::Cache;
use super::options::{NO_DEADLINE, Options};
use super::policy::{Bound, Facts, Policy};

/// How many expired entries a write takes away beyond those it must: keeps dead bytes few under a
/// steady stream of writes, at a bounded price for each.
const EXPIRE_PER_WRITE: usize = 2;

impl Cache {
    /// Makes room as [`evict_until_fits`](Self::evict_until_fits) does. `keep` is not evicted: where
    /// the policy would have it go, it leaves the policy's lists and comes back as a new one.
    pub(super) fn make_room(&mut self, bytes: u64, entries: u32, keep: Option<u32>) {
        if let Some(id) = self.evict_until_fits(bytes, entries, keep) {
            self.policy.prepare(self.records.get(id).hash, self.records.cost(id));
            self.policy.insert(id, Facts(&self.records));
        }
    }

    /// Removes entries until `bytes` and `entries` more fit. The caller has checked that `bytes` is
    /// within the bound for one entry, so this ends. Amortised O(log n) for each entry removed.
    /// Gives `keep` if the policy no longer knows it.
    fn evict_until_fits(&mut self, bytes: u64, entries: u32, keep: Option<u32>) -> Option<u32> {
        let mut parted = None;
        while let Some(bound) = self.exceeded(bytes, entries) {
            if let Some(id) = self.deadlines.due(self.now) {
                self.expire(id);
                continue;
            }
            let Some(id) = self.policy.victim(bound, Facts(&self.records)) else { break };
            if keep == Some(id) {
                self.policy.remove(id, Facts(&self.records));
                parted = keep;
            } else {
                self.remove(id);
                self.stats.evictions += 1;
            }
        }
        parted
    }

    /// The bound that so many bytes and entries more would exceed.
    fn exceeded(&self, bytes: u64, entries: u32) -> Option<Bound> {
        let Options { max_bytes, max_entries, .. } = self.options;
        if self.bytes + bytes > max_bytes {
            return Some(Bound::Bytes(max_bytes));
        }
        let full = self.records.len() + entries > max_entries;
        full.then_some(Bound::Entries(u64::from(max_entries)))
    }

    /// The bounded expiry work of a write.
    pub(super) fn expire_some(&mut self) {
        self.expire_due(EXPIRE_PER_WRITE);
    }

    /// Removes up to `limit` expired entries, soonest deadline first: how many. O(log n) each.
    pub(super) fn expire_due(&mut self, limit: usize) -> u64 {
        let mut removed = 0;
        while removed < limit {
            let Some(id) = self.deadlines.due(self.now) else { break };
            self.expire(id);
            removed += 1;
        }
        removed as u64
    }

    pub(super) fn expire(&mut self, id: u32) {
        self.remove(id);
        self.stats.expirations += 1;
    }

    /// Takes a record out of every part. Counts nothing: the reason is the caller's.
    pub(super) fn remove(&mut self, id: u32) {
        let Some(record) = self.records.find(id) else { return };
        self.index.remove(record.hash, id);
        self.journal.note(id, &record.value());
        self.policy.remove(id, Facts(&self.records));
        self.deadlines.remove(id);
        self.bytes -= self.records.cost(id);
        self.records.remove(id);
    }

    /// Tells the deadlines of a record's new one.
    pub(super) fn note_deadline(&mut self, id: u32, deadline: u64) {
        match deadline {
            NO_DEADLINE => self.deadlines.remove(id),
            _ => self.deadlines.set(id, deadline),
        }
    }
}
