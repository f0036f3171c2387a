//! Caches of many segments: chains, compaction, tags, stale windows, idleness, new bounds, each step
//! recounted.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{Cache, Only, Options, PolicyKind, SetOptions, Ttl, Value};

#[derive(Clone, Debug)]
enum Op {
    /// Key, length of the value, time to live, stale window, tags.
    Set(u16, usize, Option<u64>, Option<u64>, Vec<u8>),
    LongKey(u16, usize),
    SetIf(u16, usize, bool),
    Increment(u16),
    Get(u16),
    Delete(u16),
    Invalidate(u8),
    Purge,
    Resize(u64),
    Clear,
    Wait(u64),
}

fn lens() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0usize..100, 4 => 300usize..1_200, 2 => 1_200usize..20_000]
}

fn ops() -> impl Strategy<Value = Op> {
    let ttl = || prop::option::of(1u64..400);
    let set = (0u16..150, lens(), ttl(), ttl(), prop::collection::vec(0u8..6, 0..4));
    prop_oneof![
        30 => set.prop_map(|(key, len, ttl, stale, tags)| Op::Set(key, len, ttl, stale, tags)),
        2 => (0u16..150, 400usize..3_000).prop_map(|(key, len)| Op::LongKey(key, len)),
        3 => (0u16..150, lens(), any::<bool>()).prop_map(|(k, len, absent)| Op::SetIf(k, len, absent)),
        3 => (0u16..150).prop_map(Op::Increment),
        10 => (0u16..150).prop_map(Op::Get),
        6 => (0u16..150).prop_map(Op::Delete),
        2 => (0u8..6).prop_map(Op::Invalidate),
        1 => Just(Op::Purge),
        1 => (20_000u64..200_000).prop_map(Op::Resize),
        1 => Just(Op::Clear),
        4 => (1u64..100).prop_map(Op::Wait),
    ]
}

/// What was written under a key last, and what has happened since.
#[derive(Clone)]
struct Written {
    value: Vec<u8>,
    deadline: u64,
    tags: Vec<u8>,
    /// How often its tags had been invalidated.
    born: u64,
}

struct Model {
    written: HashMap<Vec<u8>, Written>,
    invalidated: HashMap<u8, u64>,
    count: u64,
    now: u64,
    fill: u8,
}

impl Model {
    fn may_live(&self, key: &[u8]) -> Option<&Written> {
        let it = self.written.get(key)?;
        let valid = |tag| self.invalidated.get(tag).is_none_or(|&at| at <= it.born);
        (it.deadline > self.now && it.tags.iter().all(valid)).then_some(it)
    }

    fn value(&mut self, len: usize) -> Vec<u8> {
        self.fill = self.fill.wrapping_add(1);
        (0..len).map(|i| self.fill.wrapping_add(i as u8)).collect()
    }

    fn write(&mut self, key: Vec<u8>, value: Vec<u8>, deadline: u64, tags: Vec<u8>) {
        self.written.insert(key, Written { value, deadline, tags, born: self.count });
    }
}

fn key(number: u16) -> Vec<u8> {
    format!("key:{number}").into_bytes()
}

fn long_key(number: u16, len: usize) -> Vec<u8> {
    let mut key = key(number);
    key.resize(len, b'k');
    key
}

fn step(cache: &mut Cache, model: &mut Model, op: Op) {
    let now = model.now;
    match op {
        Op::Set(number, len, ttl, stale_ms, tags) => {
            let (key, value) = (key(number), model.value(len));
            let names: Vec<[u8; 1]> = tags.iter().map(|&tag| [tag]).collect();
            let names: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
            let ttl_is = ttl.map_or(Ttl::Never, Ttl::After);
            let options =
                SetOptions { ttl: ttl_is, stale_ms, tags: &names, ..SetOptions::default() };
            let stored = cache.set_with(&key, Value::bytes(&value), &options, now).unwrap();
            assert_eq!(cache.peek(&key, now), stored.then_some(Value::bytes(&value)));
            model.write(key, value, ttl.map_or(u64::MAX, |ttl| now + ttl), tags);
        }
        Op::LongKey(number, len) => {
            let (key, value) = (long_key(number, len), model.value(len / 2));
            let stored = cache.set(&key, Value::bytes(&value), Ttl::Never, now).unwrap();
            assert_eq!(cache.peek(&key, now), stored.then_some(Value::bytes(&value)));
            model.write(key, value, u64::MAX, Vec::new());
        }
        Op::SetIf(number, len, absent) => {
            let (key, value) = (key(number), model.value(len));
            let only = if absent { Only::IfAbsent } else { Only::IfPresent };
            let present = cache.has(&key, now);
            let options = SetOptions { only, ..SetOptions::default() };
            let stored = cache.set_with(&key, Value::bytes(&value), &options, now).unwrap();
            assert!(!stored || present != absent);
            if present != absent {
                model.write(key, value, u64::MAX, Vec::new());
            }
        }
        Op::Increment(number) => {
            _ = cache.increment(&long_key(number, 600), 1.0, 0.0, Ttl::Never, now)
        }
        Op::Get(number) => {
            let key = key(number);
            let held =
                cache.get(&key, now).map(|value| value == Value::bytes(&model.written[&key].value));
            assert_ne!(held, Some(false));
            assert!(held.is_none() || model.may_live(&key).is_some());
        }
        Op::Delete(number) => {
            cache.delete(&key(number), now);
            assert!(!cache.has(&key(number), now));
        }
        Op::Invalidate(tag) => {
            let before = cache.tag_generation(&[tag]);
            cache.invalidate_tag(&[tag]).unwrap();
            assert!(cache.tag_generation(&[tag]) > before);
            model.count += 1;
            model.invalidated.insert(tag, model.count);
        }
        Op::Purge => drop(cache.purge_expired(usize::MAX, now)),
        Op::Resize(bytes) => cache.resize(Some(bytes), None, now).unwrap(),
        Op::Clear => drop(cache.clear(now)),
        Op::Wait(ms) => model.now += ms,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn many_segments_stay_whole(
        max_bytes in 60_000u64..400_000,
        max_idle_ms in prop::option::of(20u64..500),
        policy in prop::sample::select(PolicyKind::ALL.to_vec()),
        ops in prop::collection::vec(ops(), 300..1_500),
        seed: u64,
    ) {
        let options = Options { max_bytes, policy, max_idle_ms, ..Options::default() };
        let mut cache = Cache::new(options, seed).unwrap();
        let (written, invalidated) = (HashMap::new(), HashMap::new());
        let mut model = Model { written, invalidated, count: 0, now: 1_000, fill: 0 };
        for (at, op) in ops.into_iter().enumerate() {
            step(&mut cache, &mut model, op);
            if at % 8 == 0 {
                cache.validate();
            }
        }
        cache.validate();
        for (key, written) in &model.written {
            let held = cache.peek(key, model.now);
            prop_assert!(held.is_none_or(|value| value == Value::bytes(&written.value)));
        }
    }
}

/// The case that fragments: half of the small ones go, then large ones want room.
#[test]
fn the_arena_stays_within_a_fifth_of_the_bound() {
    let max_bytes = 4 << 20;
    let options = Options { max_bytes, ..Options::default() };
    let mut cache = Cache::new(options, 1).unwrap();
    for round in 0..3u32 {
        for i in 0..40_000u32 {
            let value = vec![i as u8; 16 + (i % 5) as usize * 8];
            cache.set(&i.to_le_bytes(), Value::bytes(&value), Ttl::Never, 0).unwrap();
        }
        for i in (0..40_000u32).step_by(2) {
            cache.delete(&i.to_le_bytes(), 0);
        }
        for i in 0..30u32 {
            let value = vec![i as u8; 700_000 + (round * 1_000) as usize];
            assert_eq!(cache.set(&[9, i as u8], Value::bytes(&value), Ttl::Never, 0), Ok(true));
            assert_eq!(cache.get(&[9, i as u8], 0), Some(Value::bytes(&value)));
            let held = cache.records.arena.held() * cache.records.arena.segment_len();
            assert!(held as u64 <= max_bytes * 6 / 5 + 5 * 8192, "{held}");
        }
        cache.validate();
    }
}

#[test]
fn what_was_invalidated_goes_before_what_lives() {
    let options = Options { max_entries: 10, ..Options::default() };
    let mut cache = Cache::new(options, 1).unwrap();
    for i in 0..10u8 {
        let tags: &[&[u8]] = if i >= 5 { &[b"odd", b"t"] } else { &[] };
        let with = SetOptions { tags, ..SetOptions::default() };
        cache.set_with(&[i], Value::Number(1.0), &with, 0).unwrap();
    }
    cache.invalidate_tag(b"t").unwrap();
    for i in 10..15u8 {
        cache.set(&[i], Value::Number(1.0), Ttl::Never, 0).unwrap();
    }
    assert!((0..5u8).all(|i| cache.has(&[i], 0)));
    assert!((5..10u8).all(|i| !cache.has(&[i], 0)));
    assert_eq!((cache.stats().evictions, cache.stats().invalidations), (0, 5));
}

#[test]
fn a_generation_never_repeats_though_its_tag_was_forgotten() {
    let mut cache = Cache::new(Options::default(), 1).unwrap();
    let mut seen = Vec::new();
    for round in 0..4 {
        cache.invalidate_tag(b"mine").unwrap();
        let generation = cache.tag_generation(b"mine");
        assert!(seen.iter().all(|&other| other < generation), "round {round}");
        seen.push(generation);
        // More than are remembered.
        for i in 0..3_000u32 {
            cache.invalidate_tag(&i.to_le_bytes()).unwrap();
        }
        assert!(cache.tag_generation(b"mine") >= generation);
    }
    let before = cache.tags.bytes();
    assert!(before < 1 << 20, "{before}");
}

#[test]
fn room_is_taken_from_the_stale_before_the_living() {
    let options = Options { max_entries: 3, ..Options::default() };
    let mut cache = Cache::new(options, 1).unwrap();
    cache.set(b"live", Value::Number(1.0), Ttl::Never, 0).unwrap();
    let with = SetOptions { ttl: Ttl::After(10), stale_ms: Some(1_000), ..SetOptions::default() };
    cache.set_with(b"a", Value::Number(1.0), &with, 0).unwrap();
    cache.set_with(b"b", Value::Number(1.0), &with, 0).unwrap();
    assert_eq!(cache.get(b"a", 10), None);
    cache.purge_expired(usize::MAX, 10);
    assert_eq!(cache.stats().entries, 3);
    cache.set(b"new", Value::Number(1.0), Ttl::Never, 11).unwrap();
    assert!(cache.has(b"live", 11));
    assert_eq!((cache.stats().entries, cache.stats().evictions), (3, 0));
    cache.purge_expired(usize::MAX, 1_010);
    assert_eq!(cache.stats().entries, 2);
}

#[test]
fn what_is_not_used_is_dropped_and_what_is_used_stays() {
    let options = Options { max_idle_ms: Some(100), ..Options::default() };
    let mut cache = Cache::new(options, 1).unwrap();
    cache.set(b"a", Value::Number(1.0), Ttl::Never, 0).unwrap();
    cache.set(b"b", Value::Number(1.0), Ttl::After(250), 0).unwrap();
    for now in [90, 180, 249] {
        assert!(cache.get(b"b", now).is_some());
    }
    assert_eq!(cache.ttl(b"b", 249), Some(1));
    assert_eq!(cache.purge_expired(9, 249), 1);
    assert!(!cache.has(b"a", 249) && cache.has(b"b", 249) && !cache.has(b"b", 250));
}

#[test]
fn a_lifetime_is_shortened_by_at_most_its_share() {
    let options = Options { ttl_jitter: 0.25, ..Options::default() };
    let mut cache = Cache::new(options, 1).unwrap();
    let lefts: Vec<u64> = (0..200u8)
        .map(|i| {
            cache.set(&[i], Value::Number(1.0), Ttl::After(1_000), 0).unwrap();
            cache.ttl(&[i], 0).unwrap()
        })
        .collect();
    assert!(lefts.iter().all(|left| (750..=1_000).contains(left)));
    assert!(lefts.iter().min() < Some(&800) && lefts.iter().max() > Some(&950));
}

#[test]
fn memberships_of_tags_are_given_back_when_the_last_one_ends() {
    let mut cache = Cache::new(Options { max_entries: 500, ..Options::default() }, 1).unwrap();
    let names: Vec<[u8; 1]> = (0..50).map(|i| [i]).collect();
    let tags: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
    for i in 0..500u32 {
        let with = SetOptions { tags: &tags, ..SetOptions::default() };
        cache.set_with(&i.to_le_bytes(), Value::Number(1.0), &with, 0).unwrap();
    }
    let full = cache.tags.bytes();
    for i in 500..1_000u32 {
        cache.set(&i.to_le_bytes(), Value::Number(1.0), Ttl::Never, 0).unwrap();
    }
    cache.validate();
    assert!(cache.tags.bytes() * 10 < full, "{} of {full}", cache.tags.bytes());
}

#[test]
fn tables_do_not_outlive_what_they_were_for() {
    for &policy in PolicyKind::ALL {
        let options = Options { max_bytes: 16 << 20, policy, ..Options::default() };
        let mut cache = Cache::new(options, 1).unwrap();
        let with =
            |ttl| SetOptions { ttl: Ttl::After(ttl), tags: &[b"t"], ..SetOptions::default() };
        for i in 0..100_000u32 {
            cache.set_with(&i.to_le_bytes(), Value::Number(1.0), &with(1_000), 0).unwrap();
        }
        cache.resize(Some(1 << 20), None, 0).unwrap();
        cache.validate();
        let kept = cache.stats().entries;
        for i in 0..20_000u32 {
            let key = (1_000_000 + i).to_le_bytes();
            cache.set(&key, Value::bytes(&[1; 1_000]), Ttl::Never, 0).unwrap();
        }
        cache.validate();
        assert!(cache.stats().bytes > 700_000, "{policy:?}: {}", cache.stats().bytes);
        assert!(kept > 1_000, "{policy:?}: {kept}");
        cache.purge_expired(usize::MAX, 2_000);
        assert!((0..100_000u32).all(|i| !cache.has(&i.to_le_bytes(), 2_000)));
        cache.validate();
    }
}

#[test]
fn a_tiny_cache_takes_little_memory() {
    for (max_bytes, most) in [(1 << 10, 4 << 10), (8 << 10, 12 << 10), (16 << 10, 24 << 10)] {
        let options = Options { max_bytes, ..Options::default() };
        let mut cache = Cache::new(options, 1).unwrap();
        for i in 0..2_000u32 {
            let value = vec![1; i as usize * 7 % (max_bytes as usize / 8)];
            cache.set(&i.to_le_bytes(), Value::bytes(&value), Ttl::Never, 0).unwrap();
            cache.validate();
            let held = cache.records.arena.held() * cache.records.arena.segment_len();
            assert!(held <= most, "{held} of {most} for {max_bytes}");
        }
    }
}
