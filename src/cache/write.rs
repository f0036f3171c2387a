//! Storing entries.

use super::cost::{MAX_KEY_BYTES, Shape};
use super::find::Found;
use super::journal::Reason;
use super::layout::Fields;
use super::options::{NO_DEADLINE, Only, SetOptions, Ttl};
use super::policy::{Facts, Policy};
use super::records::New;
use super::tags::Tags;
use super::{Cache, Error, Value};

/// An entry that costs so much may evict more than is written down at once.
const STEPWISE: u64 = 256 << 10;

/// What is to be stored, where [`SetOptions`] say how.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: Value<'a>,
    /// How many bytes of the value the caller writes afterwards.
    pub(crate) unfilled: usize,
}

impl Cache {
    /// Stores a value under a key, in place of what was there. false: the entry costs more than
    /// [`Options::max_entry_bytes`](super::Options::max_entry_bytes); what was there is gone all the
    /// same. Expected O(k + value).
    ///
    /// Fails with [`Error::KeyTooLong`] or [`Error::InvalidTtl`].
    pub fn set(&mut self, key: &[u8], value: Value, ttl: Ttl, now: u64) -> Result<bool, Error> {
        self.set_with(key, value, &SetOptions { ttl, ..SetOptions::default() }, now)
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
        let options = SetOptions { ttl, only: Only::IfAbsent, ..SetOptions::default() };
        self.set_with(key, value, &options, now)
    }

    /// Stores a value as the options say: whether it did. Expected O(k + value + tags).
    ///
    /// Fails as [`set`](Self::set) does, and with [`Error::InvalidTag`].
    pub fn set_with(
        &mut self,
        key: &[u8],
        value: Value,
        options: &SetOptions,
        now: u64,
    ) -> Result<bool, Error> {
        let given = Given { key, value, unfilled: 0 };
        Ok(self.store(given, options, now)?.is_some())
    }

    /// As [`set_with`](Self::set_with), for a value of which some bytes come later: the entry's id.
    pub(crate) fn store(
        &mut self,
        given: Given,
        options: &SetOptions,
        now: u64,
    ) -> Result<Option<u32>, Error> {
        let deadline = self.check_write(given.key, options.ttl, now)?;
        Tags::check(options.tags)?;
        let (found, hash) = self.find(given.key);
        let live = found.filter(|found| found.live);
        let wanted = match options.only {
            Only::Always => true,
            Only::IfAbsent => live.is_none(),
            Only::IfPresent => live.is_some(),
        };
        if !wanted {
            return Ok(None);
        }
        let kept = live.filter(|_| options.keep_ttl).map(|it| self.records.head(it.id).deadline());
        let deadline = kept.unwrap_or_else(|| self.jittered(deadline));
        Ok(self.write(found, hash, given, options, deadline))
    }

    /// Refuses a value that is larger than any entry may be without looking at it: what was under
    /// the key is gone, as after a [`set`](Self::set) that gave false. Expected O(k).
    pub fn reject(&mut self, key: &[u8], now: u64) {
        self.advance(now);
        let (found, _) = self.find(key);
        self.refuse(found);
    }

    fn refuse(&mut self, found: Option<Found>) {
        self.stats.rejections += 1;
        if let Some(Found { id, live, .. }) = found {
            self.remove(id, if live { Reason::Replace } else { Reason::Expire });
        }
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

    /// A deadline made sooner by a random share of what is left, at least a millisecond from now.
    pub(super) fn jittered(&mut self, deadline: u64) -> u64 {
        if self.options.ttl_jitter <= 0.0 || deadline == NO_DEADLINE {
            return deadline;
        }
        let share = self.random.share() * self.options.ttl_jitter;
        let left = deadline.saturating_sub(self.now);
        (deadline - (left as f64 * share) as u64).max(self.now + 1)
    }

    /// Writes an entry that was checked: its id, or None if it is larger than an entry may be.
    /// `found` is the entry of this key, if there is one.
    pub(super) fn write(
        &mut self,
        found: Option<Found>,
        hash: u32,
        given: Given,
        options: &SetOptions,
        deadline: u64,
    ) -> Option<u32> {
        let tags = self.tags.draft(options.tags);
        let stale = options.stale_ms.filter(|&ms| ms > 0 && deadline != NO_DEADLINE);
        let mut new = New {
            key: given.key,
            value: given.value,
            unfilled: given.unfilled,
            fields: Fields {
                deadline,
                modified: options.modified_ms.unwrap_or(self.now),
                used: self.options.max_idle_ms.map(|_| self.now),
                stale_until: stale.map(|ms| deadline.saturating_add(ms)),
                tags: tags.tagged,
            },
        };
        let cost = self.records.cost_of(&new);
        // Room may have to be made by evicting those who pay for its tags now.
        if cost.saturating_add(tags.cost) > self.options.entry_bound()
            || cost.saturating_add(tags.alone) > self.options.max_bytes
        {
            self.refuse(found);
            return None;
        }
        if self.is_begun(found, cost) {
            return None;
        }
        self.stats.sets += 1;
        self.expire_some();
        new.fields.tags = self.create_tags(tags.tagged, options.tags);
        let id = match found {
            Some(Found { id, .. }) => self.replace(id, hash, &new, cost),
            None => self.insert(None, hash, &new, cost),
        };
        self.tags.adopt(new.fields.tags, id);
        self.note_deadline(id, deadline);
        self.journal.last = id;
        self.note_write(id);
        Some(id)
    }

    /// Begins to make room for a large entry, a page of events at a time: whether it did. The caller calls
    /// again then, as what was found may have gone too.
    fn is_begun(&mut self, found: Option<Found>, cost: u64) -> bool {
        if cost < STEPWISE || !self.journal.in_steps {
            return false;
        }
        let old = found.map_or(0, |found| self.records.cost(found.id));
        let entries = u32::from(found.is_none());
        let begun = self.shrink(cost.saturating_sub(old), entries, found.map(|found| found.id));
        self.journal.unfinished = begun;
        begun
    }

    /// Writes a new entry, under an id that was kept for it if there is one.
    fn insert(&mut self, kept: Option<u32>, hash: u32, new: &New, cost: u64) -> u32 {
        self.policy.prepare(hash, cost);
        self.make_room(cost, 1, new.shape(), None);
        if self.records.len() == 0 && !self.records.fits(new.shape(), self.most_segments()) {
            self.forget_tables(kept);
            self.policy.prepare(hash, cost);
        }
        let id = self.records.insert(kept, new);
        self.index.insert(&self.records, hash, self.records.place(id));
        self.policy.insert(id, Facts::of(&self.records));
        self.bytes += cost;
        id
    }

    /// The entry keeps its id, so that an iteration neither skips nor repeats it.
    fn replace(&mut self, id: u32, hash: u32, new: &New, cost: u64) -> u32 {
        self.note_replacement(id);
        let old = self.records.cost(id);
        if self.bytes - old + cost <= self.options.max_bytes && self.records.fits_in_place(id, new)
        {
            self.policy.hit(id, Facts::of(&self.records));
            self.records.rewrite(id, new);
            if cost != old {
                self.bytes = self.bytes - old + cost;
                self.policy.resize(id, old, Facts::of(&self.records));
            }
            return id;
        }
        if new.key.len() > self.records.piece() {
            // What its cost and hash follow from does not lie in one piece: it comes as a new one.
            self.take_out(id);
            self.records.vacate(id);
            return self.insert(Some(id), hash, new, cost);
        }
        self.policy.hit(id, Facts::of(&self.records));
        self.deadlines.remove(id);
        self.held.remove(id);
        self.make_room(cost.saturating_sub(old), 0, new.shape(), Some(id));
        if !self.records.fits(new.shape(), self.most_segments()) {
            // It is alone, and the tables of those that were there take its room.
            self.take_out(id);
            self.records.vacate(id);
            return self.insert(Some(id), hash, new, cost);
        }
        self.bytes = self.bytes - old + cost;
        self.drop_tags(id);
        let place = self.records.replace(id, new);
        self.index.relocate(hash, place, self.records.place(id));
        self.policy.resize(id, old, Facts::of(&self.records));
        id
    }

    /// What an entry of this key and value would cost, in bytes, without tags.
    pub fn cost(&self, key: &[u8], value: &Value) -> u64 {
        let shape = Shape { stream_len: key.len() + value.len(), flags: 0, tags: 0 };
        shape.cost()
    }
}
