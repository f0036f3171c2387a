//! What each policy promises beyond "some entry goes": orders, what a hit touches, memory, and that
//! following another policy loses nothing.

use proptest::prelude::*;

use super::policies::Policies;
use super::policy::{Bound, Facts, Policy};
use super::{Cache, Options, PolicyKind, Ttl, Value};

/// What a test asks of a cache; keys are numbers.
#[derive(Clone, Debug)]
enum Op {
    Get(u16),
    Set(u16, usize),
    Delete(u16),
    Clear,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key = || prop_oneof![0u16..12, 0u16..300];
    let op = prop_oneof![
        40 => key().prop_map(Op::Get),
        40 => (key(), 0usize..200).prop_map(|(key, size)| Op::Set(key, size)),
        8 => key().prop_map(Op::Delete),
        1 => Just(Op::Clear),
    ];
    prop::collection::vec(op, 1..600)
}

fn bounds() -> impl Strategy<Value = Options> {
    let options = |(max_bytes, max_entries, policy)| Options {
        max_bytes,
        max_entries,
        policy,
        ..Options::default()
    };
    let policy = prop::sample::select(PolicyKind::ALL.to_vec());
    (1_000u64..9_000, 1u32..60, policy).prop_map(options)
}

fn run(cache: &mut Cache, op: Op) {
    match op {
        Op::Get(key) => {
            cache.get(&key.to_le_bytes(), 0);
        }
        Op::Set(key, size) => {
            let value = vec![0; size];
            cache.set(&key.to_le_bytes(), Value::bytes(&value), Ttl::Never, 0).unwrap();
        }
        Op::Delete(key) => {
            cache.delete(&key.to_le_bytes(), 0);
        }
        Op::Clear => {
            cache.clear(0);
        }
    }
}

/// As a replay does: a get that misses is a set.
fn ask(cache: &mut Cache, key: u32) -> bool {
    let hit = cache.get(&key.to_le_bytes(), 0).is_some();
    if !hit {
        cache.set(&key.to_le_bytes(), Value::Number(1.0), Ttl::Never, 0).unwrap();
    }
    hit
}

fn cache(policy: PolicyKind, max_entries: u32) -> Cache {
    let options = Options { max_bytes: 1 << 30, max_entries, policy, ..Options::default() };
    Cache::new(options, 7).unwrap()
}

/// Takes all victims out, one after the other.
fn victims(cache: &mut Cache) -> Vec<u32> {
    let facts = Facts::of(&cache.records);
    let bound = Bound::Entries(u64::from(cache.options.max_entries));
    let mut ids = Vec::new();
    while let Some(id) = cache.policy.victim(bound, facts) {
        cache.policy.remove(id, facts);
        ids.push(id);
    }
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Bounds hold, all parts agree after each step, and an order names each entry once.
    #[test]
    fn every_policy_stays_whole(options in bounds(), ops in ops(), seed: u64) {
        let mut cache = Cache::new(options, seed).unwrap();
        for op in ops {
            run(&mut cache, op);
            cache.validate();
            let (mut order, mut known) =
                (cache.policy.order(), cache.policy.validate(Facts::of(&cache.records)));
            order.sort_unstable();
            known.sort_unstable();
            prop_assert_eq!(order, known);
        }
    }

    /// Where nothing but evictions happens, these evict in the order they name.
    #[test]
    fn orders_are_those_of_victims(
        options in bounds(),
        policy in prop::sample::select(vec![PolicyKind::Lru, PolicyKind::Sieve, PolicyKind::Gdsf]),
        ops in ops(),
    ) {
        let mut cache = Cache::new(Options { policy, ..options }, 1).unwrap();
        for op in ops {
            run(&mut cache, op);
        }
        let order = cache.policy.order();
        prop_assert_eq!(victims(&mut cache), order);
    }
}

#[test]
fn a_hit_under_sieve_and_s3_fifo_moves_nothing() {
    for policy in [PolicyKind::Sieve, PolicyKind::S3Fifo] {
        let mut cache = cache(policy, 100);
        for key in 0..150 {
            ask(&mut cache, key % 130);
        }
        // of these two policies, what validate gives are the lists as they lie
        let before = cache.policy.validate(Facts::of(&cache.records));
        let hits = (0..130u32).filter(|key| cache.get(&key.to_le_bytes(), 0).is_some()).count();
        assert_eq!(hits, 100);
        assert_eq!(cache.policy.validate(Facts::of(&cache.records)), before);
    }
}

#[test]
fn tables_are_counted_and_given_back() {
    for &policy in PolicyKind::ALL {
        let mut cache = cache(policy, 100_000);
        let empty = cache.policy.bytes();
        for key in 0..20_000 {
            ask(&mut cache, key);
        }
        let full = cache.policy.bytes();
        assert!((8 * 20_000..60 * 20_000).contains(&(full - empty)), "{policy:?} {empty} {full}");
        cache.clear(0);
        assert_eq!(cache.policy.bytes(), empty, "{policy:?}");
    }
}

fn auto(cache: &Cache) -> &super::auto::Auto {
    match &cache.policy {
        Policies::Auto(auto) => auto,
        _ => panic!("another policy"),
    }
}

#[test]
fn shadows_stay_small() {
    for entries in [10, 100, 1_000, 10_000, 100_000] {
        let mut cache = cache(PolicyKind::Auto, entries);
        for request in 0..4 * entries.max(1_000) {
            ask(&mut cache, request.wrapping_mul(request) % (3 * entries));
        }
        let shadows = auto(&cache).shadow_bytes();
        assert!(shadows <= (64 << 10) + entries as usize, "{entries} entries: {shadows}");
        cache.validate();
    }
}

/// Forwards and backwards over more keys than fit: what LRU is best at.
fn zigzag(step: u32, keys: u32) -> u32 {
    let at = step % (2 * keys);
    at.min(2 * keys - 1 - at)
}

#[test]
fn auto_follows_and_loses_nothing() {
    let mut cache = cache(PolicyKind::Auto, 200);
    assert_eq!(auto(&cache).leader(), PolicyKind::WTinyLfu);
    let mut hits = 0;
    for step in 0..60_000 {
        let leader = auto(&cache).leader();
        let before = cache.stats();
        hits += u32::from(ask(&mut cache, zigzag(step, 250)));
        let now = cache.stats();
        if leader != auto(&cache).leader() {
            cache.validate();
            assert_eq!(now.entries, before.entries); // one came, one went
            assert_eq!(now.evictions, before.evictions + 1);
        }
    }
    assert_eq!(auto(&cache).leader(), PolicyKind::Lru);
    assert!(hits > 60_000 * 7 / 10, "{hits}"); // LRU: four of five
    let loops = (0..100_000).filter(|step| ask(&mut cache, 1_000 + step % 250)).count();
    assert_ne!(auto(&cache).leader(), PolicyKind::Lru); // which never hits in a loop
    assert!(loops > 100_000 / 2, "{loops}");
}

/// The bounds of the shadows follow those of the cache.
#[test]
fn bounds_may_change() {
    for &policy in PolicyKind::ALL {
        let mut cache = cache(policy, 1_000);
        for key in 0..5_000 {
            ask(&mut cache, key % 1_700);
        }
        let options = Options { max_entries: 3_000, ..*cache.options() };
        cache.policy.rebound(&options);
        cache.options = options;
        for key in 0..20_000 {
            ask(&mut cache, key % 1_700);
        }
        cache.validate();
        assert_eq!(cache.stats().entries, 1_700, "{policy:?}");
    }
}
