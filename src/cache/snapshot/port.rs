//! All that snapshots need to know of how the cache keeps its entries.

use super::format::{Entry, Held, Times};
use crate::cache::options::{MAX_TTL_MS, NO_DEADLINE};
use crate::cache::policies::Policies;
use crate::cache::records::Record;
use crate::cache::{Cache, Value};

impl Cache {
    /// The ids of all entries, the most worth keeping last.
    // STUB: becomes the policy's own order once `Policy` has it; until then ids for all but LRU.
    pub(super) fn snapshot_order(&self) -> Vec<u32> {
        match &self.policy {
            Policies::Lru(lru) => lru.order(),
            _ => (0..self.records.end()).filter(|&id| self.records.find(id).is_some()).collect(),
        }
    }

    /// What a snapshot says of an entry; its tags' names go to `tags` (`format::push_tag`). None:
    /// it is gone, has expired or was invalidated.
    pub(super) fn snapshot_entry<'a>(
        &'a self,
        id: u32,
        tags: &'a mut Vec<u8>,
    ) -> Option<Entry<'a>> {
        let record = self.record(id).filter(|record| record.deadline > self.now)?;
        let held = match record.value() {
            Value::Number(number) => Held::Number(number),
            Value::Bytes { kind, bytes } => Held::Bytes { kind, len: bytes.len() as u32 },
        };
        let deadline = (record.deadline != NO_DEADLINE).then_some(record.deadline);
        let times = Times { deadline, ..Times::default() };
        Some(Entry { key: record.key(), held, times, tags })
    }

    /// Bytes of an entry's key and, behind it, value: some of those from `from` on, at least one
    /// unless that is their end or the entry is gone.
    pub(super) fn snapshot_body(&self, id: u32, from: usize) -> &[u8] {
        let Some(record) = self.record(id) else { return &[] };
        if let Some(rest) = record.key().get(from..).filter(|rest| !rest.is_empty()) {
            return rest;
        }
        let value = match record.value() {
            Value::Number(_) => &[],
            Value::Bytes { bytes, .. } => bytes,
        };
        value.get(from - record.key().len()..).unwrap_or(&[])
    }

    /// The record of an id that was in the order, if it is still there.
    fn record(&self, id: u32) -> Option<&Record> {
        if id < self.records.end() { self.records.find(id) } else { None }
    }

    /// What an entry would cost here. None: it may not live here at `now`.
    pub(super) fn restorable_cost(&self, entry: &Entry, now: u64) -> Option<u64> {
        let value_len = if let Held::Bytes { len, .. } = entry.held { len } else { 0 };
        let cost = crate::cache::cost::cost(entry.key.len(), value_len as usize);
        let lives = entry.times.deadline.is_none_or(|deadline| deadline > now);
        (lives && cost <= self.options.entry_bound()).then_some(cost)
    }

    /// What the entry under a key costs. None: there is none, or it may not live at `now`.
    pub(super) fn present_cost(&self, key: &[u8], now: u64) -> Option<u64> {
        let id = self.index.find(&self.records, self.index.hash(key), key)?;
        (self.records.get(id).deadline > now).then(|| self.records.cost(id))
    }

    /// Bytes and entries held.
    pub(super) fn held(&self) -> (u64, u64) {
        (self.bytes, self.records.len().into())
    }

    /// Writes an entry that fits without an eviction: whether it did. Its tags get the generations
    /// they have here; counts nothing.
    pub(super) fn restore_entry(&mut self, entry: &Entry, value: Value) -> bool {
        let Some(cost) = self.restorable_cost(entry, self.now) else { return false };
        let (existing, hash) = self.find_for_write(entry.key);
        let old = existing.map_or(0, |id| self.records.cost(id));
        let entries = u64::from(self.records.len()) + u64::from(existing.is_none());
        if self.bytes - old + cost > self.options.max_bytes
            || entries > u64::from(self.options.max_entries)
        {
            return false;
        }
        let latest = self.now.saturating_add(MAX_TTL_MS).min(NO_DEADLINE - 1);
        let deadline = entry.times.deadline.map_or(NO_DEADLINE, |deadline| deadline.min(latest));
        let stats = self.stats;
        let written = self.write(existing, hash, entry.key, value, deadline);
        self.stats = stats;
        written
    }
}
