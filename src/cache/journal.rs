//! What went and what came, for callers that keep something of their own for each entry, or tell others of it.
//!
//! A value that lives outside the engine ([`Value::Reference`](super::Value::Reference)) is kept by
//! the caller under the entry's id, and must be let go when the entry goes, however it goes. A call
//! back at each removal would run the caller's code in the middle of a change, and cross the border
//! once for each; so what went is written down and fetched after the call. Nothing is, and nothing
//! costs, until it is asked for.
//!
//! Events are written down with keys, one behind the other in pages: a page is little beside any
//! bound, and calls that may remove everything stop where one is full ([`Journal::is_long`]), so that
//! the caller fetches it and goes on.

use std::collections::VecDeque;

use super::Cache;
use super::arena::{read_u32, read_u64};
use super::find::State;
use super::layout::{NUMBER, REFERENCE};
use super::value::Value;

/// How many bytes of events a page holds, more or less.
const PAGE: usize = 32 << 10;
/// What stands before an event's key: what happened, id, length of the key, a number.
const EVENT_HEAD: usize = 17;
/// Among reasons: an entry was stored.
const STORED: u8 = 6;
/// The bit of a reason that says that the number is the value that went.
const HAS_NUMBER: u8 = 8;

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
    /// Another value was stored under its key, or refused for its size.
    Replace,
    /// One of its tags was invalidated.
    Invalidate,
    /// With everything else.
    Clear,
}

const REASONS: [Reason; 6] = [
    Reason::Evict,
    Reason::Expire,
    Reason::Delete,
    Reason::Replace,
    Reason::Invalidate,
    Reason::Clear,
];

/// What happened to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id; a later entry may have it again.
    pub id: u32,
    /// Its key.
    pub key: Vec<u8>,
    /// What happened.
    pub what: What,
}

/// What can happen to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was written, and costs so many bytes.
    Stored(u64),
    /// It went, or its value did.
    Removed(Reason),
}

/// What went since it was last asked for. Off, and empty, at first.
#[derive(Default)]
pub(super) struct Journal {
    on: bool,
    removed: Vec<u32>,
    /// Events, each of them whole in its page.
    pages: Option<VecDeque<Vec<u8>>>,
    /// Whether the caller fetches events in the midst of large writes.
    pub(super) in_steps: bool,
    /// Whether the last write only began to make room.
    pub(super) unfinished: bool,
    /// The entry that was last found or written.
    pub(super) last: u32,
}

impl Journal {
    /// Whether a page of events is full: time to fetch it.
    pub(super) fn is_long(&self) -> bool {
        self.pages.as_ref().is_some_and(|pages| pages.len() > 1)
    }

    fn push(&mut self, what: u8, id: u32, number: f64, key: &[u8]) {
        let Some(pages) = &mut self.pages else { return };
        let len = EVENT_HEAD + key.len();
        if pages.back().is_none_or(|page| page.len() + len > PAGE && !page.is_empty()) {
            // The first one grows as it must: often a call is all there is to tell.
            pages.push_back(Vec::with_capacity(if pages.is_empty() { 0 } else { len.max(PAGE) }));
        }
        let Some(page) = pages.back_mut() else { return };
        page.push(what);
        page.extend_from_slice(&id.to_le_bytes());
        page.extend_from_slice(&(key.len() as u32).to_le_bytes());
        page.extend_from_slice(&number.to_le_bytes());
        page.extend(key);
    }
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

    /// Turns the journal of all that is stored and removed, with keys and reasons, on or off, and empties
    /// it. Off at first. What is in it takes memory: 17 bytes and its key an event. On, [`clear`](Self::clear)
    /// is slower, as it names every key. O(1).
    pub fn watch(&mut self, on: bool) {
        self.journal.pages = on.then(VecDeque::new);
    }

    /// As [`watch`](Self::watch), for a caller that fetches events after each call and makes a write again
    /// that is [unfinished](Self::is_unfinished): so that no more than a few pages are ever filled.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn watch_in_steps(&mut self, on: bool) {
        self.watch(on);
        self.journal.in_steps = on;
    }

    /// Whether the last write has only begun to make room, and is to be made again; asked once.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn is_unfinished(&mut self) -> bool {
        core::mem::take(&mut self.journal.unfinished)
    }

    /// Whether events are written down.
    pub(super) const fn is_watched(&self) -> bool {
        self.journal.pages.is_some()
    }

    /// What happened since this was last asked for, in that order. O(1) for each.
    pub fn take_events(&mut self) -> Vec<Event> {
        let (mut events, mut page) = (Vec::new(), Vec::new());
        while self.take_event_page(&mut page).is_some() {
            let mut rest = &page[..];
            while let Some(event) = read_event(&mut rest) {
                events.push(event);
            }
        }
        events
    }

    /// Puts the next page of events in place of what `page` holds, whose memory it takes: whether there
    /// are more; None: there was none. An event is a byte (a reason or [`STORED`], and [`HAS_NUMBER`]), `u32` id, `u32` length of
    /// the key, `f64` cost or value, and the key.
    pub(crate) fn take_event_page(&mut self, page: &mut Vec<u8>) -> Option<bool> {
        page.clear();
        let pages = self.journal.pages.as_mut()?;
        if pages.len() > 1 {
            *page = pages.pop_front().unwrap_or_default();
        } else if let Some(last) = pages.front_mut() {
            core::mem::swap(page, last);
        }
        (!page.is_empty()).then(|| pages.iter().any(|page| !page.is_empty()))
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
        if !self.is_watched() {
            return;
        }
        let (what, number) = match self.records.head(id).has(NUMBER).then(|| self.records.word(id))
        {
            Some(Value::Number(number)) => (reason as u8 | HAS_NUMBER, number),
            _ => (reason as u8, 0.0),
        };
        self.journal.push(what, id, number, &self.records.key(id));
    }

    /// An entry is about to be written anew. One that is only held has expired.
    pub(super) fn note_replacement(&mut self, id: u32) {
        if self.is_watched() {
            let live = self.state(id) == State::Live;
            self.note_event(id, if live { Reason::Replace } else { Reason::Expire });
        }
    }

    /// An entry was written.
    pub(super) fn note_write(&mut self, id: u32) {
        if self.is_watched() {
            let cost = self.records.cost(id) as f64;
            self.journal.push(STORED, id, cost, &self.records.key(id));
        }
    }
}

fn read_event(page: &mut &[u8]) -> Option<Event> {
    if page.len() < EVENT_HEAD {
        return None;
    }
    let (head, rest) = page.split_at(EVENT_HEAD);
    let (key, rest) = rest.split_at_checked(read_u32(head, 5) as usize)?;
    *page = rest;
    let what = match REASONS.get((head[0] & !HAS_NUMBER) as usize) {
        Some(&reason) => What::Removed(reason),
        None => What::Stored(f64::from_bits(read_u64(head, 9)) as u64),
    };
    Some(Event { id: read_u32(head, 1), key: key.to_vec(), what })
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

    /// What happened, as text: a sign for what, and the key.
    fn told(cache: &mut Cache) -> Vec<String> {
        let tell = |event: Event| {
            let key = String::from_utf8(event.key).unwrap();
            match event.what {
                What::Stored(bytes) => format!("{key} costs {bytes}"),
                What::Removed(reason) => format!("{key} {reason:?}"),
            }
        };
        cache.take_events().into_iter().map(tell).collect()
    }

    #[test]
    fn events_come_in_the_order_in_which_things_happened() {
        let mut cache = Cache::new(Options { max_entries: 2, ..Options::default() }, 1).unwrap();
        cache.set(b"silent", Value::bytes(b"1"), Ttl::Never, 0).unwrap();
        assert!(cache.take_events().is_empty());
        cache.watch(true);
        cache.set(b"silent", Value::bytes(b"1"), Ttl::Never, 0).unwrap();
        cache.increment(b"n", 1.0, 0.0, Ttl::After(5), 0).unwrap();
        cache.increment(b"n", 1.0, 0.0, Ttl::After(5), 0).unwrap();
        cache.set(b"third", Value::bytes(b"1"), Ttl::Never, 0).unwrap();
        assert!(cache.get(b"n", 5).is_none());
        cache.delete(b"third", 5);
        let expected = [
            "silent Replace",
            "silent costs 72",
            "n costs 76",
            "n Replace",
            "n costs 76",
            "silent Evict",
            "third costs 72",
            "n Expire",
            "third Delete",
        ];
        assert_eq!(told(&mut cache), expected);
        assert!(cache.take_events().is_empty());
    }

    #[test]
    fn calls_that_remove_much_stop_where_a_page_is_full_and_go_on() {
        let mut cache = Cache::new(Options::default(), 1).unwrap();
        let fill = |cache: &mut Cache| {
            for i in 0..5_000 {
                cache.set(format!("{i:030}").as_bytes(), reference(1), Ttl::After(9), 0).unwrap();
            }
            cache.take_events();
        };
        cache.watch(true);
        let all = Pattern::within(b"", "*").unwrap();
        fill(&mut cache);
        let (some, next) = cache.delete_some(&all, 0, Reason::Delete, 0);
        assert!(some < 1_000 && next.is_some());
        assert_eq!(cache.take_events().len() as u64, some);
        assert_eq!(cache.delete_pattern(&all, 0), 5_000 - some);
        assert_eq!(cache.take_events().len() as u64, 5_000 - some);
        fill(&mut cache);
        assert!(cache.purge_some(usize::MAX, 9) < 1_000);
        assert_eq!(cache.purge_expired(4_000, 9), 4_000);
        cache.clear(9);
        assert_eq!(cache.take_events().len(), 5_000);
    }

    #[test]
    fn a_watched_cache_is_cleared_and_resized_in_steps() {
        let mut cache = Cache::new(Options::default(), 1).unwrap();
        cache.watch(true);
        for i in 0..5_000 {
            cache.set(format!("{i:030}").as_bytes(), reference(1), Ttl::Never, 0).unwrap();
        }
        cache.take_events();
        assert_eq!(cache.resize_some(None, Some(3_000), 0), Ok(false));
        assert!(cache.take_events().len() < 1_000);
        assert_eq!(cache.resize(None, Some(3_000), 0), Ok(()));
        assert_eq!(cache.stats().entries, 3_000);
        cache.take_events();
        let (some, next) = cache.clear_some(0, 0);
        assert!(some < 1_000 && next.is_some());
        assert_eq!(cache.clear(0), 3_000 - some);
        let cleared = cache.take_events();
        assert_eq!(cleared.len(), 3_000);
        assert!(cleared.iter().all(|event| event.what == What::Removed(Reason::Clear)));
        assert_eq!((cache.stats().entries, cache.stats().deletes), (0, 3_000));
    }
}
