//! Runs the operations through the cache and the model.

use std::collections::HashMap;

use isocache::cache::{
    Cache, Error, MAX_KEY_BYTES, Only, Options, PolicyKind, Reason, SetOptions, Stats, What,
};

use crate::input::{self, Held, How, Input, Life, Op, Which, key, small_key, tag, ttl};
use crate::model::{Entry, Model, NEVER, State, Written};

pub struct Run {
    pub cache: Cache,
    pub model: Model,
    pub clock: u64,
    /// Entries may be missing: some were evicted, and nobody said which.
    pub lossy: bool,
    pub watched: bool,
    /// Held entries may be missing: room was needed.
    tight: bool,
    pub resized: bool,
    writes: u16,
    /// What a caller keeps: the keys of references, by id.
    pub slots: HashMap<u32, Vec<u8>>,
    pub generations: HashMap<u8, u64>,
    pub saved: Option<(Vec<u8>, HashMap<Vec<u8>, Entry>)>,
    pub evicted: usize,
}

pub fn run(input: &Input) {
    let options = input.options();
    let mut cache = Cache::new(options, input.seed).expect("valid options");
    cache.journal(true);
    cache.watch(input.watched);
    let model = Model { idle_ms: options.max_idle_ms, ..Model::default() };
    let mut run = Run {
        cache,
        model,
        clock: 1_000_000,
        lossy: false,
        watched: input.watched,
        tight: false,
        resized: false,
        writes: 0,
        slots: HashMap::new(),
        generations: HashMap::new(),
        saved: None,
        evicted: 0,
    };
    for (number, op) in input.ops.iter().enumerate() {
        run.step(op);
        run.check(number);
    }
}

fn only(which: Which) -> Only {
    match which {
        Which::Always => Only::Always,
        Which::IfAbsent => Only::IfAbsent,
        Which::IfPresent => Only::IfPresent,
    }
}

impl Run {
    fn step(&mut self, op: &Op) {
        match *op {
            Op::Wait(ms) => self.clock = self.clock.saturating_add_signed(ms.into()),
            Op::Jump(bits, true) => self.clock = (self.clock + (1 << (bits % 54))).min(1 << 55),
            Op::Jump(bits, false) => self.clock = self.clock.saturating_sub(1 << (bits % 54)),
            _ => {
                self.model.now = self.model.now.max(self.clock);
                // Not every operation tells the cache the time, and the clock may go back before one does.
                assert!(!self.cache.has(b"\xFF never written", self.clock));
                let Stats { bytes, entries, .. } = self.cache.stats();
                let Options { max_bytes, max_entries, .. } = *self.cache.options();
                self.tight |= bytes + 200_000 > max_bytes || entries + 1 > max_entries.into();
                self.evicted = 0;
                self.read(op);
            }
        }
    }

    fn read(&mut self, op: &Op) {
        let now = self.clock;
        match *op {
            Op::Get(number) => self.found(number, true, |cache, key| {
                cache.get(key, now).map(|value| format!("{value:?}"))
            }),
            Op::Peek(number) => self.found(number, false, |cache, key| {
                cache.peek(key, now).map(|value| format!("{value:?}"))
            }),
            Op::Use(number) => {
                let key = key(number);
                let present = self.cache.use_entry(&key, now);
                self.drain(None);
                self.model.learn(&key, present, self.lossy);
                self.model.touch(&key);
            }
            Op::GetItem(number) => self.get_item(&key(number)),
            Op::GetStale(number) => self.get_stale(&key(number)),
            Op::TtlOf(number) => {
                let key = key(number);
                if self.is_there(&key) {
                    let left = self.cache.ttl(&key, now);
                    self.model.narrow(&key, left);
                }
            }
            ref op => self.change(op),
        }
    }

    fn change(&mut self, op: &Op) {
        match *op {
            Op::Set(number, ref held, life) => self.set(&key(number), held, &plain(life)),
            Op::SetWith(number, ref held, ref how) => self.set(&key(number), held, how),
            Op::Fill(count, life) => {
                for number in 0..count % 700 {
                    self.set(&small_key(number), &Held::Number(1), &plain(life));
                }
            }
            Op::Increment(number, by, initial, life) => {
                self.increment(&key(number), by, initial, life)
            }
            Op::Reject(number) => {
                self.cache.reject(&key(number), self.clock);
                self.drain(Some(&key(number)));
                self.model.entries.remove(&key(number));
            }
            Op::Delete(number) => {
                let key = key(number);
                let present = self.is_there(&key);
                assert_eq!(self.cache.delete(&key, self.clock), present);
                self.drain(Some(&key));
                self.model.entries.remove(&key);
            }
            Op::ExpireIn(number, life) => self.expire_in(&key(number), life),
            Op::Persist(number) => {
                let key = key(number);
                if self.is_there(&key) {
                    let entry = self.model.entries.get_mut(&key).expect("it was written");
                    let had = entry.latest != NEVER;
                    (entry.soonest, entry.latest, entry.moved) = (NEVER, NEVER, true);
                    assert_eq!(self.cache.persist(&key, self.clock), had);
                    self.model.touch(&key);
                }
            }
            ref op => self.change_many(op),
        }
    }

    /// Whether an entry is there, which the model can live with.
    fn is_there(&mut self, key: &[u8]) -> bool {
        let present = self.cache.has(key, self.clock);
        self.drain(None);
        self.model.learn(key, present, self.lossy);
        present
    }

    fn found(&mut self, number: u8, uses: bool, get: impl Fn(&mut Cache, &[u8]) -> Option<String>) {
        let key = key(number);
        let before = self.cache.stats();
        let found = get(&mut self.cache, &key);
        let after = self.cache.stats();
        let counted = (after.hits - before.hits, after.misses - before.misses);
        assert_eq!(
            counted,
            if uses { (found.is_some().into(), found.is_none().into()) } else { (0, 0) }
        );
        self.drain(None);
        self.model.learn(&key, found.is_some(), self.lossy);
        if let Some(found) = found {
            assert_eq!(found, format!("{:?}", self.model.entries[&key].value.value()));
            if uses {
                self.model.touch(&key);
            }
        }
    }

    fn get_item(&mut self, key: &[u8]) {
        if !self.is_there(key) {
            return assert_eq!(self.cache.get_item(key, self.clock), None);
        }
        self.model.touch(key);
        let item = self.cache.get_item(key, self.clock).expect("it is there");
        let entry = &self.model.entries[key];
        assert_eq!(item.value, entry.value.value());
        assert_eq!(item.about.modified_ms, entry.modified);
        let mut names: Vec<Vec<u8>> = Vec::new();
        for name in entry.tags.iter().map(|&number| tag(number)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        assert_eq!(item.about.tags, names);
        let left = item.about.ttl_ms;
        self.model.narrow(key, left);
    }

    fn get_stale(&mut self, key: &[u8]) {
        let found = self.cache.get_stale(key, self.clock);
        let found = found.map(|(value, live)| (format!("{value:?}"), live));
        self.drain(None);
        let live = found.as_ref().is_some_and(|(_, live)| *live);
        let state = self.model.state(key);
        if live || matches!(state, State::Live) {
            self.model.learn(key, live, self.lossy);
        } else if found.is_some() {
            assert!(matches!(state, State::Held | State::HeldOrGone | State::Unsure), "{state:?}");
        } else {
            assert!(state != State::Held || self.tight, "nobody needed its room");
            self.model.entries.remove(key);
        }
        if let Some((value, _)) = found {
            assert_eq!(value, format!("{:?}", self.model.entries[key].value.value()));
        }
        if live {
            self.model.touch(key);
        }
    }

    /// The range of the deadline of what is written now.
    fn deadline(&self, life: Life) -> (u64, u64) {
        let default = self.cache.options().default_ttl_ms;
        let latest = match life {
            Life::Default => default.map_or(NEVER, |ms| self.model.now + ms),
            Life::Never => NEVER,
            Life::After(ms) => self.model.now + u64::from(ms) + 1,
        };
        let jitters = self.cache.options().ttl_jitter > 0.0 && latest != NEVER;
        (if jitters { self.model.now + 1 } else { latest }, latest)
    }

    fn set(&mut self, key: &[u8], held: &Held, how: &How) {
        self.writes = self.writes.wrapping_add(1);
        let value = input::value(held, self.writes);
        let tags: Vec<u8> = how.tags.iter().flatten().map(|tag| tag % 64).collect();
        let names: Vec<Vec<u8>> = tags.iter().map(|&number| tag(number)).collect();
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let stale_ms = how.stale_ms.map(u64::from).filter(|&ms| ms > 0);
        let options = SetOptions {
            ttl: ttl(how.life),
            tags: &names,
            modified_ms: how.modified.map(u64::from),
            keep_ttl: how.keep_ttl,
            stale_ms,
            only: only(how.only),
        };
        if key.len() > MAX_KEY_BYTES {
            let result = self.cache.set_with(key, value.value(), &options, self.clock);
            return assert_eq!(result, Err(Error::KeyTooLong(key.len())));
        }
        let present = self.is_there(key);
        let (mut soonest, mut latest) = self.deadline(how.life);
        if let Some(old) = self.model.entries.get(key).filter(|_| present && how.keep_ttl) {
            (soonest, latest) = (old.soonest, old.latest);
        }
        let evicted = self.evicted;
        let stored = self.cache.set_with(key, value.value(), &options, self.clock);
        let stored = stored.expect("valid arguments");
        self.drain(Some(key));
        let wanted = match how.only {
            Which::Always => true,
            Which::IfAbsent => !present,
            Which::IfPresent => present,
        };
        if !wanted {
            return assert!(!stored);
        }
        assert!(stored || self.evicted == evicted, "a refusal evicts nobody");
        self.check_refusal(key, &value, &options, stored);
        let held_until = stale_ms.filter(|_| latest != NEVER).map(|ms| latest + ms);
        let modified = options.modified_ms.unwrap_or(self.model.now).min((1 << 48) - 1);
        let (used, order, born, moved) = (0, 0, 0, false);
        let entry =
            Entry { value, soonest, latest, held_until, moved, modified, tags, born, used, order };
        self.written(key, stored.then_some(entry));
    }

    /// What is refused costs too much.
    fn check_refusal(&self, key: &[u8], value: &Written, options: &SetOptions, stored: bool) {
        let cost = self.cache.cost(key, &value.value());
        let plain =
            options.tags.is_empty() && options.stale_ms.is_none() && self.model.idle_ms.is_none();
        if plain && !matches!(value, Written::Reference(_)) {
            assert_eq!(stored, cost <= self.cache.max_entry_bytes());
        }
        assert!(!stored || cost <= self.cache.max_entry_bytes());
    }

    /// A key was written, or is gone because its value was too large.
    fn written(&mut self, key: &[u8], entry: Option<Entry>) {
        let slot = self.slots.iter().find(|(_, other)| *other == key).map(|(&id, _)| id);
        let Some(entry) = entry else {
            assert_eq!(slot, None);
            self.model.entries.remove(key);
            return assert!(!self.cache.has(key, self.clock));
        };
        let id = self.cache.id_of_last();
        assert!(slot.is_none_or(|slot| slot == id), "an entry that is replaced keeps its id");
        self.slots.remove(&id);
        if matches!(entry.value, Written::Reference(_)) {
            self.slots.insert(id, key.to_vec());
        }
        self.model.write(key, entry);
        assert!(self.cache.has(key, self.clock), "what was written is there");
        let left = self.cache.ttl(key, self.clock);
        self.model.narrow(key, left);
    }

    fn increment(&mut self, key: &[u8], by: i8, initial: i8, life: Life) {
        let present = key.len() <= MAX_KEY_BYTES && self.is_there(key);
        let known =
            self.model.entries.get(key).filter(|_| present).map(|entry| entry.value.clone());
        let (by, initial) = (by.into(), f64::from(initial));
        let result = self.cache.increment(key, by, initial, ttl(life), self.clock);
        self.drain(Some(key));
        let from = match known {
            _ if key.len() > MAX_KEY_BYTES => return assert!(result.is_err()),
            None => initial,
            Some(Written::Number(number)) => number,
            Some(_) => return assert_eq!(result, Err(Error::NotANumber)),
        };
        assert_eq!(result, Ok(from + by));
        let (value, now) = (Written::Number(from + by), self.model.now);
        if let Some(entry) = self.model.entries.get_mut(key).filter(|_| present) {
            (entry.value, entry.modified) = (value, now.min((1 << 48) - 1));
            return self.model.touch(key);
        }
        let (soonest, latest) = self.deadline(life);
        let entry = Entry {
            value,
            soonest,
            latest,
            held_until: None,
            moved: false,
            modified: now.min((1 << 48) - 1),
            tags: Vec::new(),
            born: 0,
            used: 0,
            order: 0,
        };
        let stored = self.cache.has(key, self.clock);
        self.written(key, stored.then_some(entry));
    }

    fn expire_in(&mut self, key: &[u8], life: Life) {
        let present = self.is_there(key);
        assert_eq!(self.cache.expire_in(key, ttl(life), self.clock), Ok(present));
        if !present {
            return;
        }
        let (soonest, latest) = self.deadline(life);
        let entry = self.model.entries.get_mut(key).expect("it was written");
        (entry.soonest, entry.latest, entry.moved) = (soonest, latest, true);
        self.model.touch(key);
        let left = self.cache.ttl(key, self.clock);
        self.model.narrow(key, left);
    }

    /// Hears what went. What happened to the key of a write is the caller's to know.
    pub fn drain(&mut self, own: Option<&[u8]>) {
        self.lossy |= self.cache.stats().evictions > 0 && !self.watched;
        for id in self.cache.take_removed() {
            assert!(self.slots.remove(&id).is_some(), "{id} was no reference");
        }
        let exact = self.cache.options().policy == PolicyKind::Lru;
        for event in self.cache.take_events() {
            let mine = own == Some(&event.key[..]);
            let What::Removed(reason) = event.what else { continue };
            match reason {
                Reason::Evict => {
                    assert!(!mine, "a write evicts its own key");
                    self.evicted += 1;
                    let spared = own.and_then(|key| self.model.entries.remove_entry(key));
                    self.model.evicted(&event.key, exact);
                    self.model.entries.extend(spared);
                }
                Reason::Expire | Reason::Invalidate => {
                    let state = self.model.state(&event.key);
                    assert!(mine || state != State::Live, "{reason:?} of a live entry");
                    self.model.entries.remove(&event.key);
                }
                Reason::Delete | Reason::Replace | Reason::Clear => {}
            }
        }
    }

    fn check(&mut self, number: usize) {
        self.drain(None);
        let stats = self.cache.stats();
        let options = *self.cache.options();
        assert!(stats.bytes <= options.max_bytes);
        assert!(stats.entries <= options.max_entries.into());
        assert_eq!(stats.entries == 0, stats.bytes == 0);
        if self.evicted > 0 {
            let (least, most) = self.model.count(|_| true);
            assert!((least..=most).contains(&stats.entries), "something dead outlived the living");
        }
        if stats.entries < 100 || number % 8 == 0 {
            self.cache.validate();
            if options.policy == PolicyKind::Lru && !self.lossy {
                let keys = self.cache.keys_by_recency();
                let live: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
                let live: Vec<&[u8]> =
                    live.into_iter().filter(|key| self.model.state(key) == State::Live).collect();
                assert_eq!(live, self.model.by_recency());
            }
        }
    }
}

fn plain(life: Life) -> How {
    let (tags, stale_ms, modified) = ([None; 3], None, None);
    How { life, tags, stale_ms, keep_ttl: false, modified, only: Which::Always }
}
