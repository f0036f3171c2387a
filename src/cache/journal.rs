//! What went, for callers that keep something of their own for each entry, or tell others of it.
//!
//! A value that lives outside the engine ([`Value::Reference`](super::Value::Reference)) is kept by
//! the caller under the entry's id, and must be let go when the entry goes, however it goes. A call
//! back at each removal would run the caller's code in the middle of a change, and cross the border
//! once for each; so what went is written down and fetched after the call. Nothing is, and nothing
//! costs, until it is asked for.

use super::Cache;
use super::layout::REFERENCE;

/// Why an entry went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// To make room.
    Evict,
    /// Its deadline came, or it was idle for too long.
    Expire,
    /// By name or by pattern.
    Delete,
    /// Another value was stored under its key.
    Replace,
    /// One of its tags was invalidated.
    Invalidate,
    /// With everything else.
    Clear,
}

/// An entry that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The id that it had; a later entry may have it again.
    pub id: u32,
    /// Why it went.
    pub reason: Reason,
    /// Its key.
    pub key: Vec<u8>,
}

/// What went since it was last asked for. Off, and empty, at first.
#[derive(Default)]
pub(super) struct Journal {
    on: bool,
    removed: Vec<u32>,
    events: Option<Vec<Removed>>,
    /// The entry that was last found or written.
    pub(super) last: u32,
}

impl Cache {
    /// Turns the journal of references on or off, and empties it. Off at first.
    ///
    /// On, the ids of [references](super::Value::Reference) that go are written down, 4 bytes each, until
    /// [`take_removed`](Self::take_removed) fetches them. Two ways of going are not: a reference
    /// that is replaced (the entry keeps its id: put the new value in place of the old one), and
    /// [`clear`](Self::clear), which also empties the journal (drop everything). O(1).
    pub fn journal(&mut self, on: bool) {
        self.journal.on = on;
        self.journal.removed = Vec::new();
    }

    /// Whether the journal of references is on.
    pub const fn keeps_journal(&self) -> bool {
        self.journal.on
    }

    /// The id of the entry that the last successful [`get`](Self::get), [`peek`](Self::peek) or
    /// write of one value found or wrote: small numbers, given again once an entry is gone. When a
    /// write evicts others, its entry may take over the id of one of them: fetch what was removed
    /// before you keep anything under this id. O(1).
    pub const fn id_of_last(&self) -> u32 {
        self.journal.last
    }

    /// How many ids [`take_removed`](Self::take_removed) would give. O(1).
    pub const fn removed(&self) -> usize {
        self.journal.removed.len()
    }

    /// The ids whose reference went, in the order in which they went. O(1) for each.
    pub fn take_removed(&mut self) -> impl ExactSizeIterator<Item = u32> + use<> {
        core::mem::take(&mut self.journal.removed).into_iter()
    }

    /// Turns the journal of all removals, with keys and reasons, on or off, and empties it. Off at
    /// first. On, [`clear`](Self::clear) is O(n) in keys. O(1).
    pub fn watch(&mut self, on: bool) {
        self.journal.events = on.then(Vec::new);
    }

    /// Whether removals are written down with keys and reasons.
    pub(super) const fn is_watched(&self) -> bool {
        self.journal.events.is_some()
    }

    /// How many removals [`take_events`](Self::take_events) would give. O(1).
    pub fn events(&self) -> usize {
        self.journal.events.as_ref().map_or(0, Vec::len)
    }

    /// The entries that went, in the order in which they went. O(1) for each.
    pub fn take_events(&mut self) -> Vec<Removed> {
        self.journal.events.as_mut().map(core::mem::take).unwrap_or_default()
    }

    pub(super) fn forget_removed(&mut self) {
        self.journal.removed = Vec::new();
    }

    /// An entry goes, and its id with it.
    pub(super) fn note_removal(&mut self, id: u32, reason: Reason) {
        if self.journal.on && self.records.head(id).has(REFERENCE) {
            self.journal.removed.push(id);
        }
        self.note_event(id, reason);
    }

    /// An entry goes; its id may stay.
    pub(super) fn note_event(&mut self, id: u32, reason: Reason) {
        if let Some(events) = &mut self.journal.events {
            events.push(Removed { id, reason, key: self.records.key(id).into_owned() });
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{ENTRY_OVERHEAD, Error, Options, Pattern, Ttl, Value};
    use super::*;

    const fn reference(bytes: u64) -> Value<'static> {
        Value::Reference { bytes }
    }

    fn open(max_entries: u32) -> Cache {
        let mut cache = Cache::new(Options { max_entries, ..Options::default() }, 1).unwrap();
        cache.journal(true);
        cache
    }

    fn set(cache: &mut Cache, key: &str, ttl: Ttl, now: u64) -> u32 {
        assert_eq!(cache.set(key.as_bytes(), reference(10), ttl, now), Ok(true));
        cache.id_of_last()
    }

    fn removed(cache: &mut Cache) -> Vec<u32> {
        let count = cache.removed();
        let ids: Vec<u32> = cache.take_removed().collect();
        assert_eq!((ids.len(), cache.removed()), (count, 0));
        ids
    }

    #[test]
    fn a_reference_costs_what_it_says() {
        let mut cache = open(10);
        cache.set(b"12345678", reference(1_001), Ttl::Never, 0).unwrap();
        assert_eq!(cache.stats().bytes, ENTRY_OVERHEAD as u64 + 8 + 8 + 1_001);
        assert_eq!(cache.get(b"12345678", 0), Some(reference(1_001)));
        assert_eq!(cache.set(b"k", reference(u64::MAX), Ttl::Never, 0), Ok(false));
        assert_eq!(cache.increment(b"12345678", 1.0, 0.0, Ttl::Never, 0), Err(Error::NotANumber));
        cache.delete(b"12345678", 0);
        assert_eq!(cache.stats().bytes, 0);
    }

    #[test]
    fn every_way_of_going_is_noted() {
        let mut cache = open(3);
        let a = set(&mut cache, "a", Ttl::After(5), 0);
        let b = set(&mut cache, "b", Ttl::After(9), 0);
        let c = set(&mut cache, "c", Ttl::Never, 0);
        assert_eq!(removed(&mut cache), []);
        assert!(cache.get(b"a", 5).is_none()); // expired on a read
        assert_eq!(removed(&mut cache), [a]);
        assert_eq!(cache.purge_expired(9, 9), 1);
        assert_eq!(removed(&mut cache), [b]);
        assert!(cache.delete(b"c", 9));
        assert_eq!(removed(&mut cache), [c]);
        let ids = ["d", "e", "f"].map(|key| set(&mut cache, key, Ttl::Never, 9));
        set(&mut cache, "g", Ttl::Never, 9);
        assert_eq!(removed(&mut cache), [ids[0]]); // evicted
        cache.reject(b"e", 9);
        assert_eq!(removed(&mut cache), [ids[1]]);
        assert_eq!(cache.delete_pattern(&Pattern::within(b"", "*").unwrap(), 9), 2);
        assert_eq!(removed(&mut cache).len(), 2);
    }

    #[test]
    fn a_replaced_entry_keeps_its_id_and_is_not_noted() {
        let mut cache = open(3);
        set(&mut cache, "other", Ttl::Never, 0);
        let id = set(&mut cache, "key", Ttl::Never, 0);
        assert_eq!(set(&mut cache, "key", Ttl::Never, 0), id);
        assert_eq!(removed(&mut cache), []);
        cache.get(b"other", 0);
        assert_ne!(cache.id_of_last(), id);
        assert_eq!(cache.peek(b"key", 0), Some(reference(10)));
        assert_eq!(cache.id_of_last(), id);
    }

    #[test]
    fn other_values_are_not_noted_and_clear_empties_the_journal() {
        let mut cache = open(9);
        cache.set(b"n", Value::Number(1.0), Ttl::Never, 0).unwrap();
        cache.set(b"b", Value::bytes(b"x"), Ttl::Never, 0).unwrap();
        cache.delete(b"n", 0);
        cache.delete(b"b", 0);
        assert_eq!(removed(&mut cache), []);
        set(&mut cache, "a", Ttl::Never, 0);
        cache.delete(b"a", 0);
        set(&mut cache, "b", Ttl::Never, 0);
        cache.clear(0);
        assert_eq!(removed(&mut cache), []);
    }
}
