//! How long entries live.

use super::layout::set_deadline;
use super::options::{NO_DEADLINE, Ttl};
use super::{Cache, Error};

impl Cache {
    /// The milliseconds an entry has left if nobody uses it; None: it is absent or never expires.
    /// Neither uses the entry nor counts. Expected O(k).
    pub fn ttl(&mut self, key: &[u8], now: u64) -> Option<u64> {
        self.advance(now);
        let id = self.find_live(key)?;
        let expiry = self.expiry(id);
        (expiry != NO_DEADLINE).then(|| expiry - self.now)
    }

    /// Gives an entry a new time to live, from now on, and uses it; false: it is absent. Expected O(k + log n).
    ///
    /// Fails with [`Error::InvalidTtl`].
    pub fn expire_in(&mut self, key: &[u8], ttl: Ttl, now: u64) -> Result<bool, Error> {
        let deadline = ttl.deadline(self.options.default_ttl_ms, self.now.max(now))?;
        self.advance(now);
        let Some(id) = self.find_live(key) else { return Ok(false) };
        let deadline = self.jittered(deadline);
        self.touch(id);
        self.set_deadline(id, deadline);
        Ok(true)
    }

    /// Uses an entry as a read does, without reading or counting: whether it is there. Expected O(k).
    pub fn use_entry(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        let found = self.find_live(key);
        if let Some(id) = found {
            self.touch(id);
        }
        found.is_some()
    }

    /// Lets an entry live for ever, and uses it: whether it was to expire. Expected O(k + log n).
    pub fn persist(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        let Some(id) = self.find_live(key) else { return false };
        self.touch(id);
        let had_deadline = self.records.head(id).deadline() != NO_DEADLINE;
        self.set_deadline(id, NO_DEADLINE);
        had_deadline
    }

    fn set_deadline(&mut self, id: u32, deadline: u64) {
        set_deadline(self.records.head_mut(id), deadline);
        self.note_deadline(id, deadline);
    }

    /// Removes what has expired, soonest deadline first, at most `limit` entries: how many.
    /// O(log n) for each.
    pub fn purge_expired(&mut self, limit: usize, now: u64) -> u64 {
        let mut removed = 0;
        loop {
            match self.purge_some(limit - removed as usize, now) {
                0 => return removed,
                some => removed += some,
            }
        }
    }

    /// As [`purge_expired`](Self::purge_expired), until events fill a page: 0 when nothing more is to be done.
    pub(crate) fn purge_some(&mut self, limit: usize, now: u64) -> u64 {
        self.advance(now);
        let mut removed = 0;
        for _ in 0..limit {
            if self.deadlines.due(self.now).or_else(|| self.held.due(self.now)).is_none() {
                break;
            }
            removed += self.expire_due(1);
            if removed > 0 && self.journal.is_long() {
                break;
            }
        }
        removed
    }
}
