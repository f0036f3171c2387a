//! The cache: what can be done with one key.

use super::cost::MAX_KEY_BYTES;
use super::deadlines::Deadlines;
use super::index::Index;
use super::journal::Journal;
use super::options::{NO_DEADLINE, Ttl};
use super::policies::Policies;
use super::policy::{Facts, Policy};
use super::records::{Record, Records};
use super::{Error, Options, Stats, Value};

/// Keys to values, bounded by bytes and by entries, evicted in the order of a policy.
///
/// Every call takes `now`, in milliseconds since any fixed moment. The cache keeps the latest it has
/// seen: time that runs backwards stands still. An entry is gone at its deadline (`now >= deadline`).
///
/// Costs are for n entries and a key of k bytes; hashing a key is O(k). Setting or dropping a
/// deadline is O(log n) on top.
pub struct Cache {
    pub(super) options: Options,
    pub(super) records: Records,
    pub(super) index: Index,
    pub(super) policy: Policies,
    pub(super) deadlines: Deadlines,
    pub(super) stats: Stats,
    pub(super) journal: Journal,
    /// What the entries cost together.
    pub(super) bytes: u64,
    pub(super) now: u64,
}

impl Cache {
    /// An empty cache. `seed` protects against keys chosen to collide: draw it at random.
    ///
    /// Fails with [`Error::InvalidOption`] or [`Error::InvalidTtl`].
    pub fn new(options: Options, seed: u64) -> Result<Self, Error> {
        options.check()?;
        Ok(Self {
            policy: Policies::new(&options),
            options,
            records: Records::new(options.bare),
            index: Index::new(seed),
            deadlines: Deadlines::new(),
            stats: Stats::default(),
            journal: Journal::default(),
            bytes: 0,
            now: 0,
        })
    }

    /// The value, or None; uses the entry and counts a hit or a miss. Expected O(k).
    pub fn get(&mut self, key: &[u8], now: u64) -> Option<Value<'_>> {
        self.advance(now);
        let Some((id, _)) = self.find_live(key) else {
            self.stats.misses += 1;
            return None;
        };
        self.stats.hits += 1;
        self.policy.hit(id, Facts(&self.records));
        self.journal.last = id;
        Some(self.records.get(id).value())
    }

    /// The value, or None; neither uses the entry nor counts. Expected O(k).
    pub fn peek(&mut self, key: &[u8], now: u64) -> Option<Value<'_>> {
        self.advance(now);
        let (id, _) = self.find_live(key)?;
        self.journal.last = id;
        Some(self.records.get(id).value())
    }

    /// Whether the key is present; neither uses the entry nor counts. Expected O(k).
    pub fn has(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        self.find_live(key).is_some()
    }

    /// Stores a value under a key, in place of what was there. false: the entry costs more than
    /// [`Options::max_entry_bytes`]; what was there is gone all the same. Expected O(k + value).
    ///
    /// Fails with [`Error::KeyTooLong`] or [`Error::InvalidTtl`].
    pub fn set(&mut self, key: &[u8], value: Value, ttl: Ttl, now: u64) -> Result<bool, Error> {
        let deadline = self.check_write(key, ttl, now)?;
        let (existing, hash) = self.find_for_write(key);
        Ok(self.write(existing, hash, key, value, deadline))
    }

    /// Stores a value only if the key is absent or has expired: whether it did. Expected O(k + value).
    ///
    /// Fails as [`set`](Self::set) does.
    pub fn set_if_absent(
        &mut self,
        key: &[u8],
        value: Value,
        ttl: Ttl,
        now: u64,
    ) -> Result<bool, Error> {
        let deadline = self.check_write(key, ttl, now)?;
        let (existing, hash) = self.find_for_write(key);
        Ok(existing.is_none() && self.write(None, hash, key, value, deadline))
    }

    /// Refuses a value that is larger than any entry may be without looking at it: what was under
    /// the key is gone, as after a [`set`](Self::set) that gave false. Expected O(k).
    pub fn reject(&mut self, key: &[u8], now: u64) {
        self.advance(now);
        self.stats.rejections += 1;
        if let Some((id, _)) = self.find_live(key) {
            self.remove(id);
        }
    }

    /// Removes an entry: whether there was one. Expected O(k).
    pub fn delete(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        let Some((id, _)) = self.find_live(key) else { return false };
        self.remove(id);
        self.stats.deletes += 1;
        true
    }

    /// What the cache has done and what it holds. O(1).
    pub fn stats(&self) -> Stats {
        Stats { entries: u64::from(self.records.len()), bytes: self.bytes, ..self.stats }
    }

    /// Sets all counts to zero; what is held stays. O(1).
    pub fn reset_stats(&mut self) {
        self.stats = Stats::default();
    }

    /// The bounds in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether any entry has a deadline: if none has, reads need no clock. O(1).
    pub const fn has_deadlines(&self) -> bool {
        !self.deadlines.is_empty()
    }

    /// What one entry may cost at most, in bytes.
    pub fn max_entry_bytes(&self) -> u64 {
        self.options.entry_bound()
    }

    /// The name of the policy.
    pub fn policy(&self) -> &'static str {
        self.options.policy.name()
    }

    pub(super) fn advance(&mut self, now: u64) {
        self.now = self.now.max(now.min(NO_DEADLINE - 1));
    }

    /// Everything that can be wrong with a write, before anything changes: gives the deadline.
    pub(super) fn check_write(&mut self, key: &[u8], ttl: Ttl, now: u64) -> Result<u64, Error> {
        if key.len() > MAX_KEY_BYTES {
            return Err(Error::KeyTooLong(key.len()));
        }
        let deadline = ttl.deadline(self.options.default_ttl_ms, self.now.max(now))?;
        self.advance(now);
        Ok(deadline)
    }

    /// Writes an entry that was checked: whether it fits into the bound for one entry. `existing` is
    /// the live record of this key, if there is one.
    pub(super) fn write(
        &mut self,
        existing: Option<u32>,
        hash: u32,
        key: &[u8],
        value: Value,
        deadline: u64,
    ) -> bool {
        let cost = self.records.cost_of(key, &value);
        if cost > self.options.entry_bound() {
            self.stats.rejections += 1;
            if let Some(id) = existing {
                self.remove(id);
            }
            return false;
        }
        self.stats.sets += 1;
        self.expire_some();
        match existing {
            Some(id) => self.replace(id, Record::new(hash, key, value, deadline), cost),
            None => self.insert(Record::new(hash, key, value, deadline), cost),
        }
        true
    }

    fn insert(&mut self, record: Record, cost: u64) {
        self.policy.prepare(record.hash, cost);
        self.make_room(cost, 1, None);
        let (hash, deadline) = (record.hash, record.deadline);
        let id = self.records.insert(record);
        self.journal.last = id;
        self.index.insert(&self.records, hash, id);
        self.policy.insert(id, Facts(&self.records));
        self.bytes += cost;
        self.note_deadline(id, deadline);
    }

    /// The entry keeps its id, so that an iteration neither skips nor repeats it.
    fn replace(&mut self, id: u32, record: Record, cost: u64) {
        self.policy.hit(id, Facts(&self.records));
        let old = self.records.cost(id);
        self.make_room(cost.saturating_sub(old), 0, Some(id));
        self.bytes = self.bytes - old + cost;
        let deadline = record.deadline;
        *self.records.get_mut(id) = record;
        self.journal.last = id;
        self.policy.resize(id, old, Facts(&self.records));
        self.note_deadline(id, deadline);
    }
}
