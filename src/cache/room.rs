//! Making room: what has expired goes first, then the policy's victims.

use super::Cache;
use super::options::NO_DEADLINE;
use super::policy::Policy;

/// How many expired entries a write takes away beyond those it must: keeps dead bytes few under a
/// steady stream of writes, at a bounded price for each.
const EXPIRE_PER_WRITE: usize = 2;

impl Cache {
    /// Removes entries until `bytes` and `entries` more fit. The caller has checked that `bytes` is
    /// within the bound for one entry, so this ends. Amortised O(log n) for each entry removed.
    pub(super) fn make_room(&mut self, bytes: u64, entries: u32) {
        while self.bytes + bytes > self.options.max_bytes
            || self.records.len() + entries > self.options.max_entries
        {
            if let Some(id) = self.deadlines.due(self.now) {
                self.expire(id);
            } else if let Some(id) = self.policy.victim() {
                self.remove(id);
                self.stats.evictions += 1;
            } else {
                return;
            }
        }
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
        let Some(record) = self.records.remove(id) else { return };
        self.index.remove(record.hash, id);
        self.policy.remove(id);
        self.deadlines.remove(id);
        self.bytes -= record.cost();
    }

    /// Tells the deadlines of a record's new one.
    pub(super) fn note_deadline(&mut self, id: u32, deadline: u64) {
        match deadline {
            NO_DEADLINE => self.deadlines.remove(id),
            _ => self.deadlines.set(id, deadline),
        }
    }
}
