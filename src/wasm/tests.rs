//! The crossing, from the inside: JavaScript's side of it is tested with the package.

use wasm_bindgen_test::wasm_bindgen_test;

use super::code::{self, INVALID_PATTERN, MALFORMED, MISS, NOT_A_NUMBER, NUMBER, UNFINISHED};
use super::engine::Engine;

const NOW: f64 = 1_700_000_000_000.0;
const DEFAULT: f64 = f64::NAN;

fn open() -> (Engine, u32) {
    let mut engine = Engine::new();
    let cache = engine.open(1e6, f64::NAN, f64::NAN, f64::NAN, 1, 2, 0, 0.0, f64::NAN);
    assert!(cache >= 0);
    (engine, cache as u32)
}

/// What JavaScript does: writes at the address that the engine gave.
fn write(engine: &mut Engine, bytes: &[u8]) -> u32 {
    engine.scratch(bytes.len() as u32);
    engine.scratch[..bytes.len()].copy_from_slice(bytes);
    bytes.len() as u32
}

fn set(engine: &mut Engine, cache: u32, key: &str, value: &str, ttl_ms: f64) -> i32 {
    write(engine, &[key.as_bytes(), value.as_bytes()].concat());
    engine.set(cache, key.len() as u32, 7, value.len() as u32, 0.0, ttl_ms, 0, false, NOW)
}

fn get(engine: &mut Engine, cache: u32, key: &str, now: f64) -> i32 {
    let len = write(engine, key.as_bytes());
    engine.get(cache, len, now)
}

fn keys(keys: &[&str]) -> Vec<u8> {
    let lengths = [keys.len()].into_iter().chain(keys.iter().map(|key| key.len()));
    let head: Vec<u8> = lengths.flat_map(|len| (len as u32).to_le_bytes()).collect();
    [head, keys.concat().into_bytes()].concat()
}

#[wasm_bindgen_test]
fn a_value_lies_where_the_result_block_says() {
    let (mut engine, cache) = open();
    assert_eq!(set(&mut engine, cache, "key", "value", DEFAULT), 1);
    assert_eq!(get(&mut engine, cache, "key", NOW), 7);
    let (address, len) = (engine.result[0] as u32, engine.result[1]);
    assert_eq!(len, 5.0);
    let memory = js_sys::Uint8Array::new(
        &js_sys::Reflect::get(&wasm_bindgen::memory(), &"buffer".into()).unwrap(),
    );
    assert_eq!(memory.subarray(address, address + 5).to_vec(), b"value");
}

#[wasm_bindgen_test]
fn numbers_cross_in_the_result_block() {
    let (mut engine, cache) = open();
    let len = write(&mut engine, b"n");
    assert_eq!(engine.increment(cache, len, 2.0, 40.0, DEFAULT, NOW), 0);
    assert_eq!(engine.result[0], 42.0);
    assert_eq!(engine.get(cache, len, NOW), NUMBER as i32);
    assert_eq!(engine.result[0], 42.0);
    set(&mut engine, cache, "text", "x", DEFAULT);
    let len = write(&mut engine, b"text");
    assert_eq!(engine.increment(cache, len, 1.0, 0.0, DEFAULT, NOW), NOT_A_NUMBER);
}

#[wasm_bindgen_test]
fn time_is_an_argument() {
    let (mut engine, cache) = open();
    set(&mut engine, cache, "key", "value", 1_000.0);
    assert_eq!(get(&mut engine, cache, "key", NOW + 999.0), 7);
    let len = write(&mut engine, b"key");
    assert_eq!(engine.ttl(cache, len, NOW + 999.0), 1);
    assert_eq!(engine.result[0], 1.0);
    assert_eq!(get(&mut engine, cache, "key", NOW + 1_000.0), MISS);
}

#[wasm_bindgen_test]
fn a_batch_is_one_call() {
    let (mut engine, cache) = open();
    set(&mut engine, cache, "a", "1", DEFAULT);
    set(&mut engine, cache, "c", "333", DEFAULT);
    let len = write(&mut engine, &keys(&["a", "b", "c"]));
    assert_eq!(engine.get_many(cache, len, NOW), 3);
    let kinds: Vec<f64> = engine.table.iter().copied().step_by(3).collect();
    assert_eq!(kinds, [7.0, f64::from(MISS), 7.0]);
    assert_eq!(engine.table[8], 3.0);
    assert_eq!(engine.has_many(cache, len, NOW), 3);
    assert_eq!(engine.out, [1, 0, 1]);
    assert_eq!(engine.delete_many(cache, len, NOW), 2);
}

fn entry(key: &str, kind: u32, value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [key.len() as u32, kind, value.len() as u32] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(DEFAULT.to_le_bytes());
    bytes.extend(5.0f64.to_le_bytes());
    bytes.extend(key.bytes().chain(value.bytes()));
    bytes
}

#[wasm_bindgen_test]
fn a_malformed_batch_changes_nothing() {
    let (mut engine, cache) = open();
    let good = [entry("a", 7, "x"), entry("n", NUMBER, "")].concat();
    let bad_kind = [good.clone(), entry("b", 900, "y")].concat();
    for batch in [&bad_kind[..], &good[..good.len() - 1], &good[..5]] {
        let len = write(&mut engine, batch);
        assert_eq!(engine.set_many(cache, len, NOW), MALFORMED);
        assert_eq!(get(&mut engine, cache, "a", NOW), MISS);
    }
    let len = write(&mut engine, &good);
    assert_eq!(engine.set_many(cache, len, NOW), 2);
    assert_eq!(get(&mut engine, cache, "n", NOW), NUMBER as i32);
    assert_eq!(engine.result[0], 5.0);
}

#[wasm_bindgen_test]
fn keys_come_in_pages_without_their_scope() {
    let (mut engine, cache) = open();
    for i in 0..3_000 {
        set(&mut engine, cache, &format!("s:{i:020}"), "", DEFAULT);
    }
    set(&mut engine, cache, "other", "", DEFAULT);
    let (mut seen, mut pages, mut cursor) = (0, 0, 0.0);
    while cursor >= 0.0 {
        let len = write(&mut engine, b"s:*");
        assert_eq!(engine.keys(cache, 2, len, cursor as u32, NOW), 0);
        assert_eq!(engine.out.len() % 24, 0);
        assert_eq!(engine.out[..4], 20u32.to_le_bytes());
        seen += engine.out.len() / 24;
        pages += 1;
        cursor = engine.result[0];
    }
    assert_eq!(seen, 3_000);
    assert!(pages > 1);
}

#[wasm_bindgen_test]
fn what_cannot_be_read_is_an_error_and_never_a_trap() {
    let (mut engine, cache) = open();
    assert_eq!(engine.get(cache + 1, 0, NOW), MALFORMED);
    assert_eq!(engine.get(cache, u32::MAX, NOW), MALFORMED);
    assert_eq!(engine.set(cache, u32::MAX, 0, 2, 0.0, DEFAULT, 0, false, NOW), MALFORMED);
    assert_eq!(engine.set(cache, 0, 256 + 3, 0, 0.0, DEFAULT, 0, false, NOW), MALFORMED);
    let len = write(&mut engine, b"[a");
    assert_eq!(engine.count_keys(cache, 0, len, NOW), INVALID_PATTERN);
    assert_eq!(engine.count_keys(cache, 9, len, NOW), MALFORMED);
    let len = write(&mut engine, b"\xff");
    assert_eq!(engine.delete_pattern(cache, 0, len, 0, false, NOW), INVALID_PATTERN);
    assert!(engine.open(0.5, f64::NAN, f64::NAN, f64::NAN, 0, 0, 0, 0.0, f64::NAN) < 0);
    engine.close(cache);
    engine.close(cache + 7);
    assert_eq!(get(&mut engine, cache, "key", NOW), MALFORMED);
}

#[wasm_bindgen_test]
fn statistics_are_numbers_in_the_table() {
    let (mut engine, cache) = open();
    set(&mut engine, cache, "key", "value", DEFAULT);
    get(&mut engine, cache, "key", NOW);
    get(&mut engine, cache, "none", NOW);
    assert_eq!(engine.stats(cache), 12);
    assert_eq!(engine.table[..9], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 72.0]);
    assert_eq!(engine.table[9], 1e6);
    assert!(engine.table[10].is_nan());
    assert_eq!(engine.stats(cache + 1), MALFORMED);
}

/// The events that were written down: what happened, id, number and key of each.
fn events(engine: &mut Engine, cache: u32) -> Vec<(u8, u32, f64, String)> {
    let mut events = Vec::new();
    while engine.take_events(cache) != 0 {
        let mut page = &engine.out[..];
        while let Some((head, rest)) = page.split_at_checked(17) {
            let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
            let (key, rest) = rest.split_at(word(5) as usize);
            let number = f64::from_le_bytes(head[9..].try_into().unwrap());
            events.push((head[0], word(1), number, String::from_utf8(key.to_vec()).unwrap()));
            page = rest;
        }
    }
    events
}

#[wasm_bindgen_test]
fn events_are_written_down_while_they_are_watched() {
    let (mut engine, cache) = open();
    set(&mut engine, cache, "key", "value", DEFAULT);
    assert_eq!(engine.take_events(cache), 0);
    engine.watch(cache, true);
    set(&mut engine, cache, "key", "value", 1_000.0);
    let len = write(&mut engine, b"n");
    engine.increment(cache, len, 2.0, 40.0, DEFAULT, NOW);
    engine.increment(cache, len, 2.0, 40.0, DEFAULT, NOW);
    assert_eq!(engine.result[0], 44.0);
    assert_eq!(get(&mut engine, cache, "key", NOW + 1_000.0), MISS);
    let told = [
        (3, 0, 0.0, "key".into()),
        (6, 0, 72.0, "key".into()),
        (6, 1, 76.0, "n".into()),
        (3 | 8, 1, 42.0, "n".into()),
        (6, 1, 76.0, "n".into()),
        (1, 0, 0.0, "key".into()),
    ];
    assert_eq!(events(&mut engine, cache), told);
    engine.watch(cache, false);
    set(&mut engine, cache, "key", "value", DEFAULT);
    assert_eq!(engine.take_events(cache), 0);
    assert_eq!(engine.take_events(cache + 1), 0);
}

#[wasm_bindgen_test]
fn what_removes_many_goes_on_when_events_were_fetched() {
    let (mut engine, cache) = open();
    let fill = |engine: &mut Engine| {
        for i in 0..3_000 {
            set(engine, cache, &format!("{i:040}"), "", DEFAULT);
        }
        events(engine, cache).len()
    };
    engine.watch(cache, true);
    assert_eq!(fill(&mut engine), 3_000);
    let (mut calls, mut removed, mut cursor) = (0, 0.0, 0.0);
    while cursor >= 0.0 {
        let len = write(&mut engine, b"*");
        assert_eq!(engine.delete_pattern(cache, 0, len, cursor as u32, true, NOW), 0);
        (removed, cursor) = (removed + engine.result[0], engine.result[1]);
        let told = events(&mut engine, cache);
        assert!(told.len() < 700 && told.iter().all(|&(what, ..)| what == 5));
        calls += 1;
    }
    assert!(calls > 4);
    assert_eq!(removed, 3_000.0);
    fill(&mut engine);
    assert_eq!(engine.clear(cache, 0, NOW), 0);
    assert!(engine.result[1] > 0.0);
    assert!(events(&mut engine, cache).len() < 700);
    assert_eq!(engine.resize(cache, f64::NAN, 1_000.0, NOW), 1);
}

#[wasm_bindgen_test]
fn a_large_write_is_made_in_steps_while_it_is_watched() {
    let (mut engine, cache) = open();
    engine.watch(cache, true);
    for i in 0..9_000 {
        set(&mut engine, cache, &format!("{i:040}"), "", DEFAULT);
    }
    events(&mut engine, cache);
    let len = write(&mut engine, b"large");
    let large =
        |engine: &mut Engine| engine.set(cache, len, 0, 900_000, 0.0, DEFAULT, 0, true, NOW);
    assert_eq!(large(&mut engine), 0, "larger than an entry may be, and nothing goes");
    assert!(events(&mut engine, cache).is_empty());
    let len = write(&mut engine, &entry("large", 258, "")); // a reference, which costs what its number says
    let at = 20;
    engine.scratch[at..at + 8].copy_from_slice(&249_900.0f64.to_le_bytes());
    assert_eq!(engine.set_many(cache, len, NOW), 1, "not so large");
    events(&mut engine, cache);
    assert_eq!(engine.resize(cache, 4e6, f64::NAN, NOW), 0);
    for i in 0..40_000 {
        set(&mut engine, cache, &format!("{i:040}"), "", DEFAULT);
    }
    events(&mut engine, cache);
    let len = write(&mut engine, &entry("large", 258, ""));
    engine.scratch[at..at + 8].copy_from_slice(&900_000.0f64.to_le_bytes());
    let mut calls = 0;
    while engine.set_many(cache, len, NOW) == UNFINISHED {
        let told = events(&mut engine, cache);
        assert!(told.len() < 700 && told.iter().all(|&(what, ..)| what == 0));
        calls += 1;
    }
    assert!(calls > 4);
    assert_eq!(events(&mut engine, cache).last().unwrap().3, "large");
}

#[wasm_bindgen_test]
fn large_buffers_are_given_back() {
    let (mut engine, _) = open();
    engine.scratch(1 << 20);
    assert!(engine.scratch_len() >= 1 << 20);
    engine.trim();
    assert!(engine.scratch_len() < 1 << 16);
}

#[wasm_bindgen_test]
fn a_time_to_live_is_a_number() {
    use crate::cache::Ttl;
    assert_eq!(code::ttl(f64::NAN), Ttl::Default);
    assert_eq!(code::ttl(f64::INFINITY), Ttl::Never);
    assert_eq!(code::ttl(250.0), Ttl::After(250));
}
