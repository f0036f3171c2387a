//! What fuzzing and breaking the engine by hand found: each case failed before it was mended, or passed in spite of a
//! break that it is meant to notice.

use super::{Cache, Options, Pattern, SetOptions, Ttl, Value};

fn open(options: Options) -> Cache {
    Cache::new(options, 1).unwrap()
}

fn tagged<'a>(tags: &'a [&'a [u8]]) -> SetOptions<'a> {
    SetOptions { tags, ..SetOptions::default() }
}

/// As large as the whole cache, a tag's own price included: the tag's other member, which pays it now, will be evicted.
#[test]
fn a_tag_that_others_pay_for_does_not_break_the_bound() {
    for expires in [false, true] {
        let mut cache =
            open(Options { max_bytes: 2_000, max_entry_bytes: Some(2_000), ..Options::default() });
        let ttl = if expires { Ttl::After(5) } else { Ttl::Never };
        let options = SetOptions { ttl, ..tagged(&[b"t"]) };
        assert_eq!(cache.set_with(b"a", Value::Number(1.0), &options, 0), Ok(true));
        for len in 1_700..2_000 {
            cache.set_with(b"b", Value::bytes(&vec![1; len]), &tagged(&[b"t"]), 10).unwrap();
            cache.validate();
        }
    }
}

/// Many small entries leave tables behind that an entry as large as the cache has no room beside.
#[test]
fn an_entry_as_large_as_the_cache_comes_after_many_small_ones() {
    for (tags, replaces) in [(0, false), (1, false), (0, true), (1, true)] {
        let mut cache = open(Options {
            max_bytes: 1 << 20,
            max_entry_bytes: Some(1 << 20),
            ..Options::default()
        });
        for number in 0..20_000u32 {
            cache.set(&number.to_le_bytes(), Value::Number(1.0), Ttl::After(1_000), 0).unwrap();
        }
        if replaces {
            cache.set(b"large", Value::bytes(&[1; 3_000]), Ttl::After(1_000), 0).unwrap();
            for number in 0..50u32 {
                cache.set(&number.to_le_bytes(), Value::Number(1.0), Ttl::After(1_000), 0).unwrap();
            }
        }
        cache.peek(b"large", 0);
        let id = cache.id_of_last();
        cache.validate();
        let names: &[&[u8]] = &[b"t"];
        let value = vec![2; (1 << 20) - 536];
        assert_eq!(
            cache.set_with(b"large", Value::bytes(&value), &tagged(&names[..tags]), 0),
            Ok(true)
        );
        cache.validate();
        assert_eq!(cache.get(b"large", 0), Some(Value::bytes(&value)));
        assert!(cache.stats().entries <= 8);
        assert!(!replaces || cache.id_of_last() == id, "who is replaced keeps the id");
        cache.invalidate_tag(b"t").unwrap();
        assert_eq!(cache.has(b"large", 0), tags == 0);
        cache.validate();
    }
}

/// A tag that is forgotten, because many others were invalidated after it, starts again above all it had.
#[test]
fn the_generation_of_a_forgotten_tag_does_not_fall() {
    let mut cache = open(Options::default());
    let mut last = Vec::new();
    for number in 0..3_000u32 {
        let name = number.to_le_bytes();
        cache.invalidate_tag(&name).unwrap();
        last.push(cache.tag_generation(&name));
    }
    assert!(last.windows(2).all(|pair| pair[0] < pair[1]));
    for (number, &generation) in (0u32..).zip(&last) {
        assert!(cache.tag_generation(&number.to_le_bytes()) >= generation);
    }
    // Nor does an old entry of a forgotten name come back, nor is a new one taken for old.
    cache.set_with(b"k", Value::Number(1.0), &tagged(&[b"new", &[0; 4]]), 0).unwrap();
    assert!(cache.has(b"k", 0));
    cache.invalidate_tag(&[0; 4]).unwrap();
    assert!(!cache.has(b"k", 0));
}

/// What is held for stale answers goes when nobody may have it any more, with no need for room.
#[test]
fn what_is_held_goes_at_its_end() {
    let mut cache = open(Options::default());
    let options = SetOptions { ttl: Ttl::After(10), stale_ms: Some(20), ..SetOptions::default() };
    cache.set_with(b"k", Value::Number(1.0), &options, 0).unwrap();
    assert_eq!(cache.purge_expired(9, 10), 0);
    assert_eq!(cache.get_stale(b"k", 29), Some((Value::Number(1.0), false)));
    assert_eq!((cache.purge_expired(9, 29), cache.stats().entries), (0, 1));
    assert_eq!((cache.purge_expired(9, 30), cache.stats().entries), (1, 0));
}

/// Whoever deletes by pattern must not be served what was deleted, be it stale.
#[test]
fn what_is_held_goes_with_what_matches() {
    let mut cache = open(Options::default());
    let options = SetOptions { ttl: Ttl::After(10), stale_ms: Some(20), ..SetOptions::default() };
    for key in [b"a1", b"a2", b"b1"] {
        cache.set_with(key, Value::Number(1.0), &options, 0).unwrap();
    }
    cache.set(b"a3", Value::Number(1.0), Ttl::Never, 0).unwrap();
    let pattern = Pattern::new("a*").unwrap();
    assert_eq!(cache.delete_pattern(&pattern, 10), 1, "of those that lived");
    for key in [b"a1", b"a2", b"a3"] {
        assert_eq!(cache.get_stale(key, 10), None);
    }
    assert_eq!(cache.get_stale(b"b1", 10), Some((Value::Number(1.0), false)));
}

/// A number behind a key of any length, about as long as one piece or several of them too.
#[test]
fn a_number_behind_a_long_key_is_counted_in_place() {
    let mut cache = open(Options { max_bytes: 300 << 10, ..Options::default() });
    for len in (400..480).chain(880..920).chain([5_000, 65_535]) {
        let key = vec![b'k'; len];
        cache.set(b"before", Value::bytes(&[7; 100]), Ttl::Never, 0).unwrap();
        assert_eq!(cache.increment(&key, 1.5, 1e15, Ttl::Never, 0), Ok(1e15 + 1.5));
        assert_eq!(cache.increment(&key, -1e15, 0.0, Ttl::Never, 5), Ok(1.5), "{len}");
        assert_eq!(cache.peek(&key, 5), Some(Value::Number(1.5)), "{len}");
        assert_eq!(cache.get_item(&key, 5).unwrap().about.modified_ms, 5);
        assert_eq!(cache.peek(b"before", 5), Some(Value::bytes(&[7; 100])));
        cache.validate();
        cache.delete(&key, 5);
    }
}

/// Every second entry of a row goes, whatever went before it.
#[test]
fn a_pattern_takes_all_that_match() {
    let mut cache = open(Options::default());
    for number in 0..1_000 {
        cache.set(format!("k:{number}").as_bytes(), Value::Number(1.0), Ttl::Never, 0).unwrap();
    }
    let odd = Pattern::new("*[13579]").unwrap();
    assert_eq!(cache.delete_pattern(&odd, 0), 500);
    assert_eq!(cache.count_keys(&odd, 0), 0);
    assert_eq!(cache.delete_pattern(&Pattern::new("k:*").unwrap(), 0), 500);
    assert_eq!(cache.stats().entries, 0);
}

/// An entry that was idle before a snapshot is as idle after it.
#[test]
fn a_snapshot_does_not_use_what_it_restores() {
    let options = Options { max_idle_ms: Some(100), ..Options::default() };
    let mut cache = open(options);
    cache.set(b"k", Value::Number(1.0), Ttl::Never, 0).unwrap();
    let snapshot = cache.snapshot(60);
    let mut other = open(options);
    assert_eq!(other.restore(&snapshot, 60), Ok(1));
    assert_eq!(other.ttl(b"k", 60), Some(40));
    assert!(!other.has(b"k", 100));
}

/// A use puts the end of idleness off, and no write that looks for what has expired ends it sooner.
#[test]
fn what_was_used_meanwhile_is_not_taken_for_idle() {
    let mut cache = open(Options { max_idle_ms: Some(100), ..Options::default() });
    cache.set(b"k", Value::Number(1.0), Ttl::Never, 0).unwrap();
    assert!(cache.get(b"k", 90).is_some());
    cache.set(b"other", Value::Number(1.0), Ttl::Never, 150).unwrap();
    assert_eq!(cache.purge_expired(9, 189), 0);
    assert!(cache.has(b"k", 189));
    assert_eq!(cache.purge_expired(9, 190), 1);
}

#[test]
fn a_lifetime_is_kept_and_never_made_longer() {
    let mut cache = open(Options { ttl_jitter: 0.5, ..Options::default() });
    for number in 0..100u64 {
        let (key, now) = (number.to_le_bytes(), number * 1_000);
        cache.set(&key, Value::Number(1.0), Ttl::After(1_000), now).unwrap();
        let left = cache.ttl(&key, now).unwrap();
        assert!((500..=1_000).contains(&left));
        let options = SetOptions { ttl: Ttl::After(9), keep_ttl: true, ..SetOptions::default() };
        cache.set_with(&key, Value::Number(2.0), &options, now + 100).unwrap();
        assert_eq!(cache.ttl(&key, now + 100), Some(left - 100));
    }
}

/// However many it takes: a write takes one of them away in any case.
#[test]
fn the_invalidated_go_before_the_living() {
    let mut cache = open(Options { max_bytes: 20_000, ..Options::default() });
    for number in 0..10u8 {
        cache.set(&[number], Value::bytes(&[1; 500]), Ttl::Never, 0).unwrap();
    }
    for number in 10..20u8 {
        let value = Value::bytes(&[1; 500]);
        cache.set_with(&[number], value, &tagged(&[b"t"]), 0).unwrap();
    }
    cache.invalidate_tag(b"t").unwrap();
    for number in 20..24u8 {
        cache.set(&[number], Value::bytes(&[1; 4_500]), Ttl::Never, 0).unwrap();
        if number == 22 {
            assert!((0..10u8).all(|number| cache.has(&[number], 0)));
        }
    }
    assert_eq!(cache.stats().invalidations, 10);
}

#[test]
fn what_matches_starts_as_the_pattern_does() {
    let globs =
        ["", "*", "a", "a*", "*a", "ab?c*", "a[bc]d", "\\*a*b", "é*", "aé?", "a\u{fffd}*", "?a"];
    let keys: [&[u8]; 12] = [
        b"",
        b"a",
        b"ab",
        b"abxcd",
        b"abd",
        b"acd",
        b"*axb",
        "é".as_bytes(),
        "aéx".as_bytes(),
        b"a\xff",
        b"xa",
        b"b",
    ];
    for scope in [&b""[..], b"s:"] {
        for glob in globs {
            let pattern = super::Pattern::within(scope, glob).unwrap();
            let start = pattern.start();
            assert!(start.starts_with(scope));
            for key in keys.map(|key| [scope, key].concat()) {
                assert!(!pattern.matches(&key) || key.starts_with(&start), "{glob} {key:?}");
            }
        }
    }
    assert_eq!(super::Pattern::within(b"s:", "ab*c").unwrap().start(), b"s:ab");
}
