//! The crate inside WebAssembly, as another crate uses it. Runs in Chromium, Firefox and Node.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs)]

use isocache::cache::{Cache, Error, Options, Pattern, Ttl, Value};
use wasm_bindgen_test::wasm_bindgen_test;

const NOW: u64 = 1_700_000_000_000;

#[wasm_bindgen_test]
fn least_recently_used_goes_first() {
    let mut cache = Cache::new(Options { max_entries: 2, ..Options::default() }, 1).unwrap();
    for key in [b"a", b"b"] {
        cache.set(key, Value::bytes(key), Ttl::Default, NOW).unwrap();
    }
    assert!(cache.get(b"a", NOW).is_some());
    cache.set(b"c", Value::Number(3.0), Ttl::Default, NOW).unwrap();
    assert!(cache.has(b"a", NOW) && cache.has(b"c", NOW) && !cache.has(b"b", NOW));
}

#[wasm_bindgen_test]
fn bytes_stay_under_their_bound() {
    let mut cache = Cache::new(Options { max_bytes: 64 << 10, ..Options::default() }, 1).unwrap();
    for i in 0..10_000u32 {
        let value = vec![7; (i % 700) as usize];
        assert_eq!(cache.set(&i.to_le_bytes(), Value::bytes(&value), Ttl::After(5), NOW), Ok(true));
        assert!(cache.stats().bytes <= 64 << 10);
    }
    let held = cache.stats().entries;
    assert_eq!(cache.purge_expired(usize::MAX, NOW + 5), held);
    assert_eq!(cache.stats().bytes, 0);
}

#[wasm_bindgen_test]
fn costs_are_those_of_every_platform() {
    let mut cache = Cache::new(Options::default(), 1).unwrap();
    cache.set(b"key", Value::bytes(b"value"), Ttl::Never, NOW).unwrap();
    assert_eq!(cache.stats().bytes, 64 + 8);
}

#[wasm_bindgen_test]
fn patterns_and_counters_work() {
    let mut cache = Cache::new(Options::default(), 1).unwrap();
    for key in ["user:1", "user:2", "users", "né:1"] {
        cache.increment(key.as_bytes(), 1.0, 0.0, Ttl::Default, NOW).unwrap();
    }
    assert_eq!(cache.count_keys(&Pattern::new("user:*").unwrap(), NOW), 2);
    assert_eq!(cache.delete_pattern(&Pattern::new("n?:[0-9]").unwrap(), NOW), 1);
    assert_eq!(Pattern::new("[a"), Err(Error::InvalidPattern(2)));
}
