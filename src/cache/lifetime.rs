//! How long entries live.

use super::options::{NO_DEADLINE, Ttl};
use super::policy::{Facts, Policy};
use super::{Cache, Error};

impl Cache {
    /// The milliseconds an entry has left; None: it is absent or never expires. Neither uses the
    /// entry nor counts. Expected O(k).
    pub fn ttl(&mut self, key: &[u8], now: u64) -> Option<u64> {
        self.advance(now);
        let (id, _) = self.find_live(key)?;
        let deadline = self.records.get(id).deadline;
        (deadline != NO_DEADLINE).then(|| deadline - self.now)
    }

    /// Gives an entry a new time to live, from now on, and uses it; false: it is absent. Expected O(k + log n).
    ///
    /// Fails with [`Error::InvalidTtl`].
    pub fn expire_in(&mut self, key: &[u8], ttl: Ttl, now: u64) -> Result<bool, Error> {
        let deadline = ttl.deadline(self.options.default_ttl_ms, self.now.max(now))?;
        self.advance(now);
        let Some((id, _)) = self.find_live(key) else { return Ok(false) };
        self.records.get_mut(id).deadline = deadline;
        self.note_deadline(id, deadline);
        self.policy.hit(id, Facts::of(&self.records));
        Ok(true)
    }

    /// Lets an entry live for ever, and uses it: whether it was to expire. Expected O(k + log n).
    pub fn persist(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        let Some((id, _)) = self.find_live(key) else { return false };
        self.policy.hit(id, Facts::of(&self.records));
        let record = self.records.get_mut(id);
        let had_deadline = record.deadline != NO_DEADLINE;
        record.deadline = NO_DEADLINE;
        self.deadlines.remove(id);
        had_deadline
    }

    /// Removes what has expired, soonest deadline first, at most `limit` entries: how many.
    /// O(log n) for each.
    pub fn purge_expired(&mut self, limit: usize, now: u64) -> u64 {
        self.advance(now);
        self.expire_due(limit)
    }
}
