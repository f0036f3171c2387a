//! Bytes as snapshots: as they are, and between a right header and a right trailer, where only the structure can refuse
//! them. Whatever is taken over is a cache like any other, and a snapshot of it restores to the same.

#![no_main]

use arbitrary::Arbitrary;
use isocache::cache::{Cache, Error, Options, Pattern, PolicyKind};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    policy: u8,
    max_bytes: u16,
    max_entries: u8,
    now: u32,
    /// How many entries the trailer says there are.
    entries: u8,
    /// What is in the cache before: a snapshot's body too.
    first: Option<(u8, &'a [u8])>,
    bytes: &'a [u8],
}

fuzz_target!(|input: Input| {
    let options = Options {
        policy: PolicyKind::ALL[usize::from(input.policy) % PolicyKind::ALL.len()],
        max_bytes: u64::from(input.max_bytes) + 1,
        max_entries: u32::from(input.max_entries) + 1,
        ..Options::default()
    };
    let now = u64::from(input.now);
    let mut cache = Cache::new(options, 1).expect("valid options");
    if let Some((entries, body)) = input.first {
        let _ = restore(&mut cache, &snapshot_of(entries, body), now);
    }
    let _ = restore(&mut cache, input.bytes, now);
    let _ = restore(&mut cache, &snapshot_of(input.entries, input.bytes), now);
    again(&mut cache, now);
});

/// Restores, and holds the cache to what is promised of that.
fn restore(cache: &mut Cache, bytes: &[u8], now: u64) -> Result<u64, Error> {
    let before = (cache.stats(), cache.snapshot(0));
    let result = cache.restore(bytes, now);
    if let Err(error) = result {
        assert!(matches!(error, Error::SnapshotCorrupt(_)));
        assert_eq!((cache.stats(), cache.snapshot(0)), before);
    }
    let stats = cache.stats();
    assert!(stats.bytes <= cache.options().max_bytes);
    assert!(stats.entries <= cache.options().max_entries.into());
    assert_eq!((stats.sets, stats.evictions), (before.0.sets, before.0.evictions));
    result
}

/// A snapshot of the cache fills another one with the same.
fn again(cache: &mut Cache, now: u64) {
    cache.purge_expired(usize::MAX, now);
    let mut other = Cache::new(*cache.options(), 2).expect("valid options");
    let taken = other.restore(&cache.snapshot(now), now).expect("our own snapshot");
    assert_eq!(taken, cache.stats().entries);
    assert_eq!(other.stats().bytes, cache.stats().bytes);
    let mut keys = Vec::new();
    cache.keys(&Pattern::new("*").expect("a pattern"), 0, now, |key| {
        keys.push(key.to_vec());
        true
    });
    for key in keys {
        assert_eq!(cache.ttl(&key, now), other.ttl(&key, now));
        let (ours, theirs) = (cache.get(&key, now), other.get(&key, now));
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}")); // NaN is NaN
    }
}

/// As docs/snapshot.md says it.
fn snapshot_of(entries: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"isocache\x01\0\0\0".to_vec();
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes.extend([0, entries, 0, 0, 0]);
    let total = bytes.len() as u64 + 16;
    bytes.extend(total.to_le_bytes());
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

fn checksum(bytes: &[u8]) -> u64 {
    let step = |state: u64, word: u64| {
        let product = (state ^ word).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        product ^ (product >> 32)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).map(|&word| u64::from_le_bytes(word));
    step(words.fold(0x9E37_79B9_7F4A_7C15, step), bytes.len() as u64)
}
