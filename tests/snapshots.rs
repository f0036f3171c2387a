//! Snapshots through the public API, and against a second writer that is written from docs/snapshot.md alone.
#![cfg(not(target_arch = "wasm32"))]

use isocache::cache::{Cache, Error, Options, Pattern, PolicyKind, Ttl, Value};
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000_000;

/// A snapshot, made from its parts; each can be wrong.
struct Parts {
    magic: &'static [u8],
    version: u16,
    flags: u16,
    body: Vec<u8>,
    entries: u32,
    total: Option<u64>,
}

impl Parts {
    fn new() -> Self {
        Self { magic: b"isocache", version: 1, flags: 0, body: Vec::new(), entries: 0, total: None }
    }

    /// An entry as it lies: lengths, flags, kind, and all that follows them.
    fn raw(mut self, lens: (u16, u16, u32), flags: u8, kind: u8, rest: &[&[u8]]) -> Self {
        let (key, tags, value) = lens;
        self.body.push(1);
        self.body.extend(key.to_le_bytes());
        self.body.extend(tags.to_le_bytes());
        self.body.extend(value.to_le_bytes());
        self.body.extend([flags, kind]);
        rest.iter().for_each(|bytes| self.body.extend(*bytes));
        self.entries += 1;
        self
    }

    fn entry(self, key: &str, value: &str) -> Self {
        let lens = (key.len() as u16, 0, value.len() as u32);
        self.raw(lens, 0, 7, &[key.as_bytes(), value.as_bytes()])
    }

    fn expiring(self, key: &str, value: &str, deadline: u64) -> Self {
        let lens = (key.len() as u16, 0, value.len() as u32);
        self.raw(lens, 2, 7, &[&deadline.to_le_bytes(), key.as_bytes(), value.as_bytes()])
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            [self.magic, &self.version.to_le_bytes(), &self.flags.to_le_bytes()].concat();
        bytes.extend(NOW.to_le_bytes());
        bytes.extend(&self.body);
        bytes.push(0);
        bytes.extend(self.entries.to_le_bytes());
        let total = self.total.unwrap_or(bytes.len() as u64 + 16);
        bytes.extend(total.to_le_bytes());
        bytes.extend(checksum(&bytes).to_le_bytes());
        bytes
    }
}

/// As docs/snapshot.md says it.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |state: u64, word: u64| {
        let product = (state ^ word).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        product ^ (product >> 32)
    };
    let mut padded = bytes.to_vec();
    while !padded.len().is_multiple_of(8) {
        padded.push(0);
    }
    let words = padded.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
    // A last word of nothing but padding is a step as well.
    let extra = bytes.len().is_multiple_of(8).then_some(0);
    let state = words.chain(extra).fold(0x9E37_79B9_7F4A_7C15, step);
    step(state, bytes.len() as u64)
}

fn cache(options: Options) -> Cache {
    Cache::new(options, 42).unwrap()
}

fn set(cache: &mut Cache, key: &str, value: Value, ttl: Ttl) {
    assert_eq!(cache.set(key.as_bytes(), value, ttl, NOW), Ok(true));
}

fn keys(cache: &mut Cache, now: u64) -> Vec<String> {
    let mut keys = Vec::new();
    cache.keys(&Pattern::new("*").unwrap(), 0, now, |key| {
        keys.push(String::from_utf8_lossy(key).into_owned());
        true
    });
    keys.sort_unstable();
    keys
}

fn vector() -> Vec<u8> {
    let hex: String = include_str!("vectors/snapshot-v1.hex")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// A cache that took over what the file holds.
fn restored() -> Cache {
    let mut cache = cache(Options::default());
    assert_eq!(cache.restore(&vector(), NOW), Ok(6));
    cache
}

/// The bytes are refused, and the cache is what it was, even if it is much younger than they are.
fn refuses(cache: &mut Cache, bytes: &[u8], what: &str) {
    let before = (cache.stats(), cache.snapshot(0));
    let result = cache.restore(bytes, NOW + 1_000_000);
    assert!(matches!(result, Err(Error::SnapshotCorrupt(_))), "{what}: {result:?}");
    assert_eq!((cache.stats(), cache.snapshot(0)), before, "{what}");
}

#[test]
fn snapshots_of_version_1_stay_readable() {
    let mut cache = restored();
    let bytes = |kind, bytes| Some(Value::Bytes { kind, bytes });
    assert_eq!(cache.get(b"text", NOW), bytes(3, "grüß".as_bytes()));
    assert_eq!(cache.get(b"", NOW), bytes(0, b""));
    assert_eq!(cache.get(b"count", NOW), Some(Value::Number(-1.5)));
    assert_eq!(cache.ttl(b"count", NOW), Some(60_000));
    assert_eq!(cache.get(b"long", NOW), bytes(0, &[0xAB; 40]));
    assert_eq!(cache.ttl(b"long", NOW), Some(1));
    assert_eq!(cache.get(b"last", NOW), Some(Value::Number(f64::INFINITY)));
    assert_eq!(cache.ttl(b"last", NOW), None);
    assert_eq!(cache.get(b"full", NOW), bytes(255, b"\0\xFF"));
    assert_eq!(cache.ttl(b"full", NOW), Some(9));
}

#[test]
fn the_writer_of_these_tests_writes_the_same() {
    let mut cache = cache(Options::default());
    set(&mut cache, "a", Value::Bytes { kind: 7, bytes: b"one" }, Ttl::Never);
    set(&mut cache, "b", Value::Bytes { kind: 7, bytes: b"" }, Ttl::After(5));
    set(&mut cache, "n", Value::Number(0.5), Ttl::Never);
    assert_eq!(
        cache.snapshot(NOW),
        Parts::new()
            .raw((1, 0, 3), 4, 7, &[&NOW.to_le_bytes(), b"aone"])
            .raw((1, 0, 0), 6, 7, &[&(NOW + 5).to_le_bytes(), &NOW.to_le_bytes(), b"b"])
            .raw((1, 0, 0), 5, 0, &[&0.5f64.to_le_bytes(), &NOW.to_le_bytes(), b"n"])
            .bytes()
    );
}

#[test]
fn every_field_and_tags_are_understood() {
    let times: Vec<u8> = [NOW + 9, NOW, NOW + 90, NOW].map(u64::to_le_bytes).concat();
    let tags = b"\x03\x00red\x00\x00\x04\x00blue";
    let number = 12.5f64.to_le_bytes();
    let bytes = Parts::new()
        .raw((1, tags.len() as u16, 0), 0b11111, 0, &[&number, &times, tags, b"n"])
        .raw((1, tags.len() as u16, 2), 0b11110, 9, &[&times, tags, b"b", b"\0\xFF"])
        .bytes();
    let mut cache = cache(Options::default());
    assert_eq!(cache.restore(&bytes, NOW), Ok(2));
    assert_eq!(cache.get(b"n", NOW), Some(Value::Number(12.5)));
    assert_eq!(cache.get(b"b", NOW), Some(Value::Bytes { kind: 9, bytes: b"\0\xFF" }));
    assert_eq!(cache.ttl(b"n", NOW), Some(9));
}

#[test]
fn every_truncation_is_refused() {
    let (mut cache, bytes) = (restored(), vector());
    for len in 0..bytes.len() {
        refuses(&mut cache, &bytes[..len], &format!("the first {len} bytes"));
    }
    refuses(&mut cache, &[&bytes[..], &[0]].concat(), "a byte more");
    refuses(&mut cache, &[&bytes[..], &bytes[..]].concat(), "twice");
}

#[test]
fn every_flipped_bit_is_refused() {
    let (mut cache, bytes) = (restored(), vector());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        refuses(&mut cache, &flipped, &format!("bit {bit}"));
    }
}

#[test]
fn what_a_right_checksum_covers_is_checked_all_the_same() {
    let new = Parts::new;
    let hostile = [
        ("another format", Parts { magic: b"isocachE", ..new() }),
        ("version 0", Parts { version: 0, ..new() }),
        ("a later version", Parts { version: 2, ..new() }),
        ("unknown flags of the snapshot", Parts { flags: 1, ..new() }),
        ("a value of 4 GiB", new().raw((1, 0, u32::MAX), 0, 0, &[b"k"])),
        ("a key longer than all", new().raw((u16::MAX, 0, 0), 0, 0, &[b"k"])),
        ("tags longer than all", new().raw((1, u16::MAX, 0), 0, 0, &[b"k"])),
        ("all lengths", new().raw((u16::MAX, u16::MAX, u32::MAX), 0x1E, 0, &[b"k"])),
        ("a tag longer than its list", new().raw((1, 4, 0), 0, 0, &[b"\x03\0ab", b"k"])),
        ("half of a tag's length", new().raw((1, 1, 0), 0, 0, &[b"\0", b"k"])),
        ("unknown flags of an entry", new().raw((1, 0, 0), 0x20, 0, &[&[0; 8], b"k"])),
        ("a number with bytes", new().raw((1, 0, 1), 1, 0, &[&[0; 8], b"k", b"v"])),
        ("a number with a kind", new().raw((1, 0, 0), 1, 1, &[&[0; 8], b"k"])),
        ("an entry too few", Parts { entries: 0, ..new().entry("k", "v") }),
        ("entries too many", Parts { entries: u32::MAX, ..new().entry("k", "v") }),
        ("a wrong total", Parts { total: Some(0), ..new().entry("k", "v") }),
        ("an unknown marker", Parts { body: vec![2], ..new() }),
        ("an end before the end", Parts { body: vec![0; 21], ..new() }),
    ];
    let mut cache = restored();
    for (what, parts) in hostile {
        refuses(&mut cache, &parts.bytes(), what);
    }
    assert_eq!(cache.restore(&new().bytes(), NOW), Ok(0));
}

#[test]
fn what_has_expired_is_left_out() {
    let bytes = Parts::new().expiring("gone", "v", NOW).expiring("here", "v", NOW + 1).bytes();
    let mut cache = cache(Options::default());
    assert_eq!(cache.restore(&bytes, NOW), Ok(1));
    assert_eq!(keys(&mut cache, NOW), ["here"]);

    set(&mut cache, "short", Value::bytes(b"v"), Ttl::After(10));
    set(&mut cache, "long", Value::bytes(b"v"), Ttl::After(11));
    let mut other = self::cache(Options::default());
    assert_eq!(other.restore(&cache.snapshot(NOW + 10), 0), Ok(1));
    assert_eq!(keys(&mut other, 0), ["long"]);
}

#[test]
fn what_has_expired_in_the_cache_makes_room() {
    let mut cache = cache(Options { max_entries: 2, ..Options::default() });
    set(&mut cache, "old", Value::bytes(b"v"), Ttl::After(1));
    set(&mut cache, "both", Value::bytes(b"v"), Ttl::After(1));
    let bytes = Parts::new().entry("both", "v").entry("new", "v").bytes();
    assert_eq!(cache.restore(&bytes, NOW + 1), Ok(2));
    assert_eq!(keys(&mut cache, NOW + 1), ["both", "new"]);
}

#[test]
fn deadlines_are_moments_and_none_is_beyond_what_a_ttl_may_be() {
    let bytes = Parts::new().expiring("a", "v", NOW + 50).expiring("b", "v", u64::MAX).bytes();
    let mut cache = cache(Options::default());
    assert_eq!(cache.restore(&bytes, NOW + 20), Ok(2));
    assert_eq!(cache.ttl(b"a", NOW + 20), Some(30));
    assert_eq!(cache.ttl(b"b", NOW + 20), Some(isocache::cache::MAX_TTL_MS));
}

#[test]
fn an_entry_that_is_too_large_is_left_out_and_harms_no_other() {
    let mut large = cache(Options::default());
    set(&mut large, "a", Value::bytes(b"v"), Ttl::Never);
    set(&mut large, "large", Value::bytes(&[0; 100_000]), Ttl::Never);
    set(&mut large, "b", Value::bytes(b"v"), Ttl::Never);
    let bytes = large.snapshot(NOW);
    let mut small = cache(Options { max_entry_bytes: Some(50_000), ..Options::default() });
    assert_eq!(small.restore(&bytes, NOW), Ok(2));
    assert_eq!(keys(&mut small, NOW), ["a", "b"]);
}

#[test]
fn what_was_used_last_is_kept_where_not_everything_fits() {
    for &policy in PolicyKind::ALL {
        let mut from = cache(Options::default());
        for n in 0..20 {
            set(&mut from, &format!("k{n:02}"), Value::Number(0.0), Ttl::Never);
        }
        from.get(b"k00", NOW);
        let mut to = cache(Options { max_entries: 4, policy, ..Options::default() });
        assert_eq!(to.restore(&from.snapshot(NOW), NOW), Ok(4));
        assert_eq!(keys(&mut to, NOW), ["k00", "k17", "k18", "k19"], "{}", policy.name());
    }
}

#[test]
fn what_is_there_stays_and_a_key_in_both_takes_the_snapshots_entry() {
    let bytes =
        Parts::new().entry("x", "s").entry("y", "s").entry("both", "s").entry("z", "s").bytes();
    let mut cache = cache(Options { max_entries: 4, ..Options::default() });
    set(&mut cache, "both", Value::bytes(b"mine"), Ttl::Never);
    set(&mut cache, "mine", Value::bytes(b"mine"), Ttl::Never);
    let before = cache.stats();
    assert_eq!(cache.restore(&bytes, NOW), Ok(3));
    assert_eq!(keys(&mut cache, NOW), ["both", "mine", "y", "z"]);
    assert_eq!(cache.get(b"both", NOW), Some(Value::Bytes { kind: 7, bytes: b"s" }));
    let after = cache.stats();
    assert_eq!((after.sets, after.evictions), (before.sets, before.evictions));
}

#[test]
fn a_key_that_comes_twice_has_the_later_entry() {
    let bytes = Parts::new().entry("k", "1").entry("k", "2").bytes();
    let mut cache = cache(Options::default());
    assert!(cache.restore(&bytes, NOW).is_ok());
    assert_eq!(cache.get(b"k", NOW), Some(Value::Bytes { kind: 7, bytes: b"2" }));
    assert_eq!(cache.stats().entries, 1);
}

#[derive(Clone, Debug)]
enum Held {
    Number(f64),
    Bytes(u8, Vec<u8>),
}

impl Held {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes(kind, bytes) => Value::Bytes { kind: *kind, bytes },
        }
    }
}

fn entries() -> impl Strategy<Value = Vec<(u8, Held, Option<u64>)>> {
    let bytes = |(kind, len): (u8, usize)| {
        Held::Bytes(kind, (0..len).map(|at| (at * usize::from(kind)) as u8).collect())
    };
    let held = prop_oneof![
        any::<i32>().prop_map(|number| Held::Number(number.into())),
        (any::<u8>(), 0usize..200).prop_map(bytes),
        (any::<u8>(), 0usize..5_000).prop_map(bytes),
    ];
    prop::collection::vec((any::<u8>(), held, prop::option::of(1u64..100)), 0..80)
}

fn filled(options: Options, entries: &[(u8, Held, Option<u64>)]) -> Cache {
    let mut cache = cache(options);
    for (key, held, ttl) in entries {
        let ttl = ttl.map_or(Ttl::Never, Ttl::After);
        cache.set(&[b'k', *key], held.value(), ttl, NOW).unwrap();
    }
    cache
}

fn policies() -> impl Strategy<Value = PolicyKind> {
    prop::sample::select(PolicyKind::ALL.to_vec())
}

/// What an entry costs alone, in a cache that has nothing else.
fn cost(alone: &mut Cache, key: &[u8], value: Value) -> u64 {
    alone.clear(NOW);
    alone.set(key, value, Ttl::Never, NOW).unwrap();
    alone.stats().bytes
}

/// Every live entry as key, value and time left, in the order that a snapshot has them.
fn content(cache: &mut Cache, now: u64) -> Vec<(Vec<u8>, String, Option<u64>)> {
    let mut found = Vec::new();
    cache.keys(&Pattern::new("*").unwrap(), 0, now, |key| {
        found.push(key.to_vec());
        true
    });
    found.sort_unstable();
    let mut content = Vec::new();
    for key in found {
        let ttl = cache.ttl(&key, now);
        let value = format!("{:?}", cache.get(&key, now).unwrap());
        content.push((key, value, ttl));
    }
    content
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_was_held_is_held_again(
        entries in entries(),
        from in policies(),
        to in policies(),
        max_bytes in 2_000u64..200_000,
        later in 0u64..120,
    ) {
        let mut first = filled(Options { policy: from, max_bytes, ..Options::default() }, &entries);
        let bytes = first.snapshot(NOW);
        let mut second = cache(Options { policy: to, ..Options::default() });
        let count = second.restore(&bytes, NOW + later).unwrap();
        prop_assert_eq!(second.stats().entries, count);
        prop_assert_eq!(content(&mut first, NOW + later), content(&mut second, NOW + later));
    }

    #[test]
    fn recency_survives_under_lru(entries in entries(), used in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut first = filled(Options::default(), &entries);
        for key in used {
            let _ = first.get(&[b'k', key], NOW);
        }
        let bytes = first.snapshot(NOW);
        let mut second = cache(Options::default());
        second.restore(&bytes, NOW).unwrap();
        prop_assert_eq!(second.snapshot(NOW), bytes);
    }

    /// Against the rule said simply: going back from the last used, all until one does not fit.
    #[test]
    fn as_much_is_kept_as_fits(
        entries in entries(),
        policy in policies(),
        max_bytes in 500u64..60_000,
        max_entries in 1u32..60,
    ) {
        let options = Options { policy, max_bytes, max_entries, ..Options::default() };
        let (mut second, mut alone) = (cache(options), cache(Options::default()));
        let (mut bytes, mut expected) = (0, Vec::new());
        let mut newest_first: Vec<_> = entries.iter().rev().collect();
        let mut seen = std::collections::HashSet::new();
        newest_first.retain(|(key, ..)| seen.insert(*key));
        for (key, held, _) in newest_first {
            let key = [b'k', *key];
            let cost = cost(&mut alone, &key, held.value());
            if cost > second.max_entry_bytes() {
                continue;
            }
            bytes += cost;
            if bytes > max_bytes || expected.len() == max_entries as usize {
                break;
            }
            expected.push(key.to_vec());
        }
        expected.sort_unstable();
        second.restore(&filled(Options::default(), &entries).snapshot(NOW), NOW).unwrap();
        let kept: Vec<_> = content(&mut second, NOW).into_iter().map(|(key, ..)| key).collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn nothing_that_is_there_is_evicted(
        mine in entries(),
        theirs in entries(),
        policy in policies(),
        max_bytes in 500u64..60_000,
    ) {
        let mut cache = filled(Options { policy, max_bytes, ..Options::default() }, &mine);
        let before = keys(&mut cache, NOW);
        let evictions = cache.stats().evictions;
        cache.restore(&filled(Options::default(), &theirs).snapshot(NOW), NOW).unwrap();
        let after = keys(&mut cache, NOW);
        prop_assert!(before.iter().all(|key| after.contains(key)));
        prop_assert_eq!(cache.stats().evictions, evictions);
        prop_assert!(cache.stats().bytes <= max_bytes);
    }

    #[test]
    fn no_bytes_are_too_strange(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(cache(Options::default()).restore(&bytes, NOW).is_err());
        // Behind a good start, and with a good end.
        let parts = Parts { entries: 3, body: std::mem::take(&mut bytes), ..Parts::new() };
        let _ = cache(Options::default()).restore(&parts.bytes(), NOW);
    }
}
