//! The same operations through the engine and through a model that is obviously right.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{Cache, Error, MAX_SAFE_INTEGER, Options, Pattern, PolicyKind, Ttl, Value, cost};

#[derive(Clone, Debug, PartialEq)]
enum Held {
    Number(f64),
    Bytes(Vec<u8>),
}

impl Held {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes(bytes) => Value::bytes(bytes),
        }
    }
}

struct Entry {
    key: String,
    value: Held,
    deadline: Option<u64>,
}

impl Entry {
    fn cost(&self) -> u64 {
        let stream_len = self.key.len() + self.value.value().len();
        cost::Shape { stream_len, flags: 0, tags: 0 }.cost()
    }
}

/// A list from the least to the most recently used.
struct Model {
    entries: Vec<Entry>,
    options: Options,
    now: u64,
}

impl Model {
    fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
        let now = self.now;
        self.entries.retain(|entry| entry.deadline.is_none_or(|deadline| deadline > now));
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key == key)
    }

    fn deadline(&self, ttl: Ttl) -> Option<u64> {
        match ttl {
            Ttl::Default => self.options.default_ttl_ms.map(|ms| self.now + ms),
            Ttl::Never => None,
            Ttl::After(ms) => Some(self.now + ms),
        }
    }

    fn get(&mut self, key: &str) -> Option<Held> {
        let entry = self.entries.remove(self.position(key)?);
        let value = entry.value.clone();
        self.entries.push(entry);
        Some(value)
    }

    fn set(&mut self, key: &str, value: Held, deadline: Option<u64>) -> bool {
        if let Some(at) = self.position(key) {
            self.entries.remove(at);
        }
        let entry = Entry { key: key.into(), value, deadline };
        if entry.cost() > self.options.entry_bound() {
            return false;
        }
        self.entries.push(entry);
        while self.entries.iter().map(Entry::cost).sum::<u64>() > self.options.max_bytes
            || self.entries.len() > self.options.max_entries as usize
        {
            self.entries.remove(0);
        }
        true
    }

    fn increment(&mut self, key: &str, by: f64, initial: f64, ttl: Ttl) -> Result<f64, Error> {
        let old = match self.position(key).map(|at| self.entries[at].value.clone()) {
            None => initial,
            Some(Held::Number(number)) => number,
            Some(Held::Bytes(_)) => return Err(Error::NotANumber),
        };
        let sum = old + by;
        if sum.abs() > MAX_SAFE_INTEGER {
            return Err(Error::OutOfRange);
        }
        let deadline = match self.position(key) {
            Some(at) => self.entries[at].deadline,
            None => self.deadline(ttl),
        };
        self.set(key, Held::Number(sum), deadline);
        Ok(sum)
    }

    fn delete_prefix(&mut self, prefix: &str) -> u64 {
        let before = self.entries.len();
        self.entries.retain(|entry| !entry.key.starts_with(prefix));
        (before - self.entries.len()) as u64
    }
}

#[derive(Clone, Debug)]
enum Op {
    Get(String),
    Has(String),
    Set(String, Held, Ttl),
    SetIfAbsent(String, Held, Ttl),
    Delete(String),
    Increment(String, f64, f64, Ttl),
    TtlOf(String),
    ExpireIn(String, Ttl),
    Persist(String),
    DeletePrefix(String),
    CountPrefix(String),
    Keys,
    Purge(usize),
    Clear,
    /// Moves the clock, backwards too.
    Wait(i64),
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ab][a-d]?:[0-9]", 1 => "é[a-d]{0,40}", 1 => Just(String::new())]
}

fn values() -> impl Strategy<Value = Held> {
    prop_oneof![
        (-5i32..5).prop_map(|number| Held::Number(f64::from(number))),
        Just(Held::Number(MAX_SAFE_INTEGER)),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Held::Bytes),
        prop::collection::vec(any::<u8>(), 0..2_000).prop_map(Held::Bytes),
    ]
}

fn ttls() -> impl Strategy<Value = Ttl> {
    prop_oneof![Just(Ttl::Default), Just(Ttl::Never), (1u64..50).prop_map(Ttl::After)]
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => keys().prop_map(Op::Get),
        1 => keys().prop_map(Op::Has),
        8 => (keys(), values(), ttls()).prop_map(|(k, v, t)| Op::Set(k, v, t)),
        2 => (keys(), values(), ttls()).prop_map(|(k, v, t)| Op::SetIfAbsent(k, v, t)),
        2 => keys().prop_map(Op::Delete),
        3 => (keys(), -3i32..3, 0i32..3, ttls())
            .prop_map(|(k, by, from, t)| Op::Increment(k, by.into(), from.into(), t)),
        1 => keys().prop_map(Op::TtlOf),
        1 => (keys(), ttls()).prop_map(|(k, t)| Op::ExpireIn(k, t)),
        1 => keys().prop_map(Op::Persist),
        1 => "[ab]".prop_map(Op::DeletePrefix),
        1 => "[ab]".prop_map(Op::CountPrefix),
        1 => Just(Op::Keys),
        1 => (0usize..4).prop_map(Op::Purge),
        1 => Just(Op::Clear),
        3 => (-20i64..20).prop_map(Op::Wait),
    ]
}

fn limits() -> impl Strategy<Value = Options> {
    (300u64..4_000, 1u32..30, prop::option::of(1u64..3_000), prop::option::of(1u64..60)).prop_map(
        |(max_bytes, max_entries, max_entry_bytes, default_ttl_ms)| Options {
            max_bytes,
            max_entries,
            max_entry_bytes,
            default_ttl_ms,
            ..Options::default()
        },
    )
}

/// Runs one operation through both and compares what they answer.
fn step(cache: &mut Cache, model: &mut Model, op: Op, clock: &mut u64) {
    let now = *clock;
    if let Op::Wait(ms) = op {
        *clock = now.saturating_add_signed(ms);
        return; // neither side has seen the new time yet
    }
    model.advance(now);
    match op {
        Op::Get(key) => {
            let ours = cache.get(key.as_bytes(), now);
            assert_eq!(ours, model.get(&key).as_ref().map(Held::value));
        }
        Op::Has(key) => {
            assert_eq!(cache.has(key.as_bytes(), now), model.position(&key).is_some());
        }
        Op::Set(key, value, ttl) => {
            let ours = cache.set(key.as_bytes(), value.value(), ttl, now);
            assert_eq!(ours, Ok(model.set(&key, value, model.deadline(ttl))));
        }
        Op::SetIfAbsent(key, value, ttl) => {
            let ours = cache.set_if_absent(key.as_bytes(), value.value(), ttl, now);
            let absent = model.position(&key).is_none();
            assert_eq!(ours, Ok(absent && model.set(&key, value, model.deadline(ttl))));
        }
        Op::Delete(key) => {
            let at = model.position(&key);
            at.map(|at| model.entries.remove(at));
            assert_eq!(cache.delete(key.as_bytes(), now), at.is_some());
        }
        Op::Increment(key, by, initial, ttl) => {
            let ours = cache.increment(key.as_bytes(), by, initial, ttl, now);
            assert_eq!(ours, model.increment(&key, by, initial, ttl));
        }
        op => step_over_many(cache, model, op, now),
    }
}

fn step_over_many(cache: &mut Cache, model: &mut Model, op: Op, now: u64) {
    match op {
        Op::TtlOf(key) => {
            let deadline = model.position(&key).and_then(|at| model.entries[at].deadline);
            assert_eq!(cache.ttl(key.as_bytes(), now), deadline.map(|at| at - model.now));
        }
        Op::ExpireIn(key, ttl) => {
            let at = model.position(&key);
            let deadline = model.deadline(ttl);
            if let Some(at) = at {
                model.entries[at].deadline = deadline;
                model.get(&key);
            }
            assert_eq!(cache.expire_in(key.as_bytes(), ttl, now), Ok(at.is_some()));
        }
        Op::Persist(key) => {
            let had = model.position(&key).and_then(|at| model.entries[at].deadline.take());
            model.get(&key);
            assert_eq!(cache.persist(key.as_bytes(), now), had.is_some());
        }
        Op::DeletePrefix(prefix) => {
            let pattern = Pattern::new(&format!("{prefix}*")).unwrap();
            assert_eq!(cache.delete_pattern(&pattern, now), model.delete_prefix(&prefix));
        }
        Op::CountPrefix(prefix) => {
            let pattern = Pattern::new(&format!("{prefix}*")).unwrap();
            let count = model.entries.iter().filter(|e| e.key.starts_with(&prefix)).count();
            assert_eq!(cache.count_keys(&pattern, now), count as u64);
        }
        Op::Keys => {
            let mut ours = all_keys(cache, now);
            let mut theirs: Vec<_> = model.entries.iter().map(|e| e.key.clone()).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
        Op::Purge(limit) => assert!(cache.purge_expired(limit, now) <= limit as u64),
        Op::Clear => {
            assert_eq!(cache.clear(now), model.entries.len() as u64);
            model.entries.clear();
        }
        _ => unreachable!("step runs the others"),
    }
}

/// All keys, in pages of three.
fn all_keys(cache: &mut Cache, now: u64) -> Vec<String> {
    let every = Pattern::new("*").unwrap();
    let (mut keys, mut cursor) = (Vec::new(), Some(0));
    while let Some(from) = cursor {
        let mut left = 3;
        cursor = cache.keys(&every, from, now, |key| {
            keys.push(String::from_utf8(key.to_vec()).unwrap());
            left -= 1;
            left > 0
        });
    }
    keys
}

/// Runs one operation: what is there was written last under its key, and what was written is there.
fn run(cache: &mut Cache, written: &mut HashMap<String, Held>, op: Op, clock: &mut u64) {
    let now = *clock;
    match op {
        Op::Get(key) => {
            let held = cache.get(key.as_bytes(), now);
            assert!(held.is_none() || held == written.get(&key).map(Held::value));
        }
        Op::Set(key, value, ttl) => {
            let stored = cache.set(key.as_bytes(), value.value(), ttl, now).unwrap();
            assert_eq!(cache.has(key.as_bytes(), now), stored);
            written.insert(key, value);
        }
        Op::SetIfAbsent(key, value, ttl) => {
            if cache.set_if_absent(key.as_bytes(), value.value(), ttl, now).unwrap() {
                assert!(cache.has(key.as_bytes(), now));
                written.insert(key, value);
            }
        }
        Op::Increment(key, by, initial, ttl) => {
            if let Ok(sum) = cache.increment(key.as_bytes(), by, initial, ttl, now) {
                written.insert(key, Held::Number(sum));
            }
        }
        Op::Delete(key) => {
            cache.delete(key.as_bytes(), now);
            assert!(!cache.has(key.as_bytes(), now));
        }
        Op::ExpireIn(key, ttl) => drop(cache.expire_in(key.as_bytes(), ttl, now)),
        Op::Persist(key) => drop(cache.persist(key.as_bytes(), now)),
        Op::DeletePrefix(prefix) => {
            let pattern = Pattern::new(&format!("{prefix}*")).unwrap();
            cache.delete_pattern(&pattern, now);
            assert_eq!(cache.count_keys(&pattern, now), 0);
        }
        Op::Purge(limit) => drop(cache.purge_expired(limit, now)),
        Op::Clear => drop(cache.clear(now)),
        Op::Wait(ms) => *clock = now.saturating_add_signed(ms),
        Op::Has(_) | Op::TtlOf(_) | Op::CountPrefix(_) | Op::Keys => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn engine_and_model_agree(
        limits in limits(),
        ops in prop::collection::vec(ops(), 1..200),
        seed: u64,
    ) {
        let mut cache = Cache::new(limits, seed).unwrap();
        let mut model = Model { entries: Vec::new(), options: limits, now: 0 };
        let mut clock = 1_000;
        for op in ops {
            step(&mut cache, &mut model, op, &mut clock);
            cache.validate();
        }
        model.advance(clock);
        cache.purge_expired(usize::MAX, clock);
        let recency: Vec<_> = model.entries.iter().map(|e| e.key.clone().into_bytes()).collect();
        prop_assert_eq!(cache.keys_by_recency(), recency);
        prop_assert_eq!(cache.stats().bytes, model.entries.iter().map(Entry::cost).sum::<u64>());
    }

    /// Which entries stay is the policy's business; that all else holds is not.
    #[test]
    fn every_policy_keeps_the_cache_whole(
        limits in limits(),
        policy in prop::sample::select(PolicyKind::ALL.to_vec()),
        ops in prop::collection::vec(ops(), 1..300),
        seed: u64,
    ) {
        let mut cache = Cache::new(Options { policy, ..limits }, seed).unwrap();
        let mut clock = 1_000;
        let mut written = HashMap::new();
        for op in ops {
            run(&mut cache, &mut written, op, &mut clock);
            cache.validate();
        }
    }
}
