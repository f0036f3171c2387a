//! What a cache may answer: each entry as it was written last, and what time, idleness and tags have made of it since.
//!
//! It never evicts. Where the cache tells what it evicted, what is left is exact; where it does not, an entry may be
//! missing. A deadline made sooner at random lies in a range, which what the cache says of it narrows.

use std::collections::HashMap;

use isocache::cache::{MAX_TTL_MS, Value};

/// The deadline of what never expires.
pub const NEVER: u64 = u64::MAX;

#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    Number(f64),
    Bytes(u8, Vec<u8>),
    Reference(u64),
}

impl Written {
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes(kind, bytes) => Value::Bytes { kind: *kind, bytes },
            Self::Reference(bytes) => Value::Reference { bytes: *bytes },
        }
    }
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub value: Written,
    /// The deadline lies between these, both included.
    pub soonest: u64,
    pub latest: u64,
    pub held_until: Option<u64>,
    /// Its deadline was changed after it was written: nobody knows how long it is held.
    pub moved: bool,
    pub modified: u64,
    pub tags: Vec<u8>,
    /// How many invalidations there had been when it was written.
    pub born: u64,
    pub used: u64,
    /// Grows from use to use.
    pub order: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Live,
    /// Live or not.
    Unsure,
    Held,
    /// Not live; held or not.
    HeldOrGone,
    Gone,
}

#[derive(Default)]
pub struct Model {
    pub entries: HashMap<Vec<u8>, Entry>,
    pub now: u64,
    pub idle_ms: Option<u64>,
    pub invalidations: u64,
    /// By tag: the number of its last invalidation.
    pub invalidated: HashMap<u8, u64>,
    pub uses: u64,
}

impl Model {
    pub fn state_of(&self, entry: &Entry) -> State {
        let late = |tag| self.invalidated.get(tag).is_some_and(|&number| number > entry.born);
        if entry.tags.iter().any(late) {
            return State::Gone;
        }
        let idle_until = self.idle_ms.map_or(NEVER, |ms| entry.used.saturating_add(ms));
        if self.now < entry.soonest.min(idle_until) {
            return State::Live;
        }
        if self.now < entry.latest && self.now < idle_until {
            return State::Unsure;
        }
        if self.now < entry.soonest || entry.held_until.is_none_or(|until| until <= self.now) {
            return State::Gone;
        }
        let exact = entry.soonest == entry.latest && self.idle_ms.is_none() && !entry.moved;
        if exact { State::Held } else { State::HeldOrGone }
    }

    pub fn state(&self, key: &[u8]) -> State {
        self.entries.get(key).map_or(State::Gone, |entry| self.state_of(entry))
    }

    /// How many are surely live, and how many may be.
    pub fn count(&self, wanted: impl Fn(&[u8]) -> bool) -> (u64, u64) {
        let states = self.entries.iter().filter(|(key, _)| wanted(key));
        states.fold((0, 0), |(live, most), (_, entry)| match self.state_of(entry) {
            State::Live => (live + 1, most + 1),
            State::Unsure => (live, most + 1),
            _ => (live, most),
        })
    }

    /// The cache said that an entry is there, or that it is not.
    pub fn learn(&mut self, key: &[u8], present: bool, lossy: bool) {
        match self.state(key) {
            State::Live => assert!(present || lossy, "a live entry is missing"),
            State::Unsure => {}
            state => assert!(!present, "an entry that is {state:?} was found"),
        }
        if !present && matches!(self.state(key), State::Live | State::Unsure) {
            self.entries.remove(key);
        } else if let Some(entry) = self.entries.get_mut(key).filter(|_| present) {
            entry.soonest = entry.soonest.max(self.now + 1);
        }
    }

    pub fn touch(&mut self, key: &[u8]) {
        self.uses += 1;
        if let Some(entry) = self.entries.get_mut(key) {
            (entry.used, entry.order) = (self.now, self.uses);
        }
    }

    pub fn write(&mut self, key: &[u8], mut entry: Entry) {
        (entry.born, entry.moved) = (self.invalidations, false);
        self.entries.insert(key.to_vec(), entry);
        self.touch(key);
    }

    /// What the cache says that an entry has left narrows the range of its deadline.
    pub fn narrow(&mut self, key: &[u8], ttl: Option<u64>) {
        let now = self.now;
        let idle = self.idle_ms;
        let Some(entry) = self.entries.get_mut(key) else { return };
        let idle_until = idle.map_or(NEVER, |ms| entry.used.saturating_add(ms));
        let Some(expiry) = ttl.map(|ms| now + ms) else {
            return assert!(entry.latest.min(idle_until) == NEVER, "{entry:?} never expires");
        };
        let (soonest, latest) = (entry.soonest.min(idle_until), entry.latest.min(idle_until));
        assert!(soonest <= expiry && expiry <= latest, "{entry:?} at {now} has {ttl:?}");
        entry.soonest = entry.soonest.max(expiry);
        if expiry < idle_until {
            if let Some(until) = entry.held_until.as_mut().filter(|_| !entry.moved) {
                *until -= entry.latest - expiry;
            }
            entry.latest = expiry;
        }
    }

    /// An entry was evicted: it was there, and under LRU (`exact`) nobody had waited longer for a use.
    pub fn evicted(&mut self, key: &[u8], exact: bool) {
        let state = self.state(key);
        assert!(matches!(state, State::Live | State::Unsure), "{state:?} is no victim");
        if let Some(entry) = self.entries.remove(key).filter(|_| exact) {
            let older = |other: &&Entry| other.order < entry.order;
            let live = |other: &Entry| self.state_of(other) == State::Live;
            assert!(!self.entries.values().filter(older).any(live), "not the least recently used");
        }
    }

    /// All live keys from the least to the most recently used.
    pub fn by_recency(&self) -> Vec<&[u8]> {
        let live = |(_, entry): &(_, &Entry)| self.state_of(entry) == State::Live;
        let mut keys: Vec<_> = self.entries.iter().filter(live).collect();
        keys.sort_unstable_by_key(|(_, entry)| entry.order);
        keys.into_iter().map(|(key, _)| &key[..]).collect()
    }

    /// Goes on in another cache, which knows these keys, in this order, and nothing of tags.
    pub fn move_to(&mut self, keys: Vec<Vec<u8>>, now: u64) {
        let far = now.saturating_add(MAX_TTL_MS);
        let mut old = std::mem::take(&mut self.entries);
        (self.invalidations, self.now) = (0, now);
        self.invalidated.clear();
        for key in keys {
            let mut entry = old.remove(&key).expect("it was written");
            if entry.latest != NEVER {
                (entry.soonest, entry.latest) = (entry.soonest.min(far), entry.latest.min(far));
            }
            self.uses += 1;
            (entry.born, entry.order, entry.used) = (0, self.uses, entry.used.min(now));
            self.entries.insert(key, entry);
        }
    }
}
