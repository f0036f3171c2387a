//! The globs of `tests/vectors/globs.json`, which the JavaScript tests run as well, and patterns that
//! take a backtracking matcher for ever.
#![cfg(not(target_arch = "wasm32"))]

use isocache::cache::{Error, Pattern};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/globs.json")).expect("the vectors are JSON")
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text"))
}

fn rows(vectors: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let rows = vectors["patterns"].as_array().expect("a list").iter();
    rows.map(|row| (row["pattern"].as_str().expect("a text"), row))
}

#[test]
fn every_pattern_matches_what_the_table_says() {
    for (glob, row) in rows(&vectors()) {
        let pattern = Pattern::new(glob).unwrap_or_else(|error| panic!("{glob:?}: {error}"));
        for key in texts(&row["matches"]) {
            assert!(pattern.matches(key.as_bytes()), "{glob:?} matches {key:?}");
        }
        for key in texts(&row["misses"]) {
            assert!(!pattern.matches(key.as_bytes()), "{glob:?} misses {key:?}");
        }
    }
}

#[test]
fn a_scope_stands_before_the_pattern_and_means_itself() {
    for (glob, row) in rows(&vectors()) {
        for scope in ["a:", "*:", "[a-z]:", "\\:", "é:b:"] {
            let pattern = Pattern::within(scope.as_bytes(), glob).expect("a pattern");
            for key in texts(&row["matches"]) {
                assert!(
                    pattern.matches(format!("{scope}{key}").as_bytes()),
                    "{scope} {glob} {key}"
                );
                assert!(!pattern.matches(format!("b:{key}").as_bytes()), "{scope} {glob} {key}");
            }
            for key in texts(&row["misses"]) {
                assert!(
                    !pattern.matches(format!("{scope}{key}").as_bytes()),
                    "{scope} {glob} {key}"
                );
            }
        }
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    let vectors = vectors();
    for glob in texts(&vectors["invalid"]) {
        let refused = Pattern::new(glob);
        assert!(
            matches!(refused, Err(Error::InvalidPattern(at)) if at <= glob.len()),
            "{glob:?}: {refused:?}"
        );
    }
}

/// A literal that holds U+FFFD: patterns that compile to bytes met damaged keys as bytes, the others as U+FFFD.
#[test]
fn damaged_bytes_of_a_key_are_u_fffd_under_every_strategy() {
    for (glob, key) in
        [("\u{FFFD}", &b"\xFF"[..]), ("a\u{FFFD}*", b"a\xFFb"), ("*\u{FFFD}", b"a\xFF")]
    {
        assert!(Pattern::new(glob).expect("a pattern").matches(key), "{glob:?}");
    }
    assert!(Pattern::new("?").expect("a pattern").matches(b"\xFF"));
}

/// (what is repeated, how often, what follows, the key's character, how often, what the key ends in, matches).
const EXPONENTIAL: &[(&str, usize, &str, &str, usize, &str, bool)] = &[
    ("a*", 30, "b", "a", 65_535, "", false),
    ("a*", 30, "b", "a", 65_534, "b", true),
    ("*a", 30, "*b", "a", 65_535, "", false),
    ("*a", 300, "b", "a", 20_000, "", false),
    ("*a*", 300, "b", "a", 20_000, "", false),
    ("a*", 1_000, "b", "a", 20_000, "", false),
    ("*?", 30, "b", "a", 65_535, "", false),
    ("?*", 30, "b", "a", 65_535, "c", false),
    ("*[a-z]", 30, "[^a]", "a", 65_535, "", false),
    ("*[^b]", 30, "b", "a", 65_535, "a", false),
    ("*aa", 30, "b", "a", 65_535, "", false),
    ("*ab", 30, "*", "a", 65_535, "", false),
    ("**", 20_000, "b", "a", 65_535, "", false),
    ("*\\*", 30, "b", "*", 65_535, "", false),
    ("é*", 30, "b", "é", 32_767, "", false),
    ("é*", 30, "b", "é", 32_767, "b", true),
    ("*😀", 30, "b", "😀", 16_383, "", false),
    ("*?", 16_383, "?", "😀", 16_383, "", false),
    ("*?", 16_383, "", "😀", 16_383, "", true),
];

#[test]
fn no_pattern_takes_for_ever() {
    for &(part, times, end, character, length, tail, expected) in EXPONENTIAL {
        let pattern = Pattern::new(&(part.repeat(times) + end)).expect("a pattern");
        let key = character.repeat(length) + tail;
        assert_eq!(pattern.matches(key.as_bytes()), expected, "{part} {times} times, then {end}");
    }
}

#[test]
fn one_star_and_a_long_tail() {
    let tail = "a".repeat(1_000);
    let pattern = Pattern::new(&format!("*{tail}b*")).expect("a pattern");
    assert!(!pattern.matches("a".repeat(20_000).as_bytes()));
    assert!(pattern.matches(("a".repeat(20_000) + "b").as_bytes()));
}

#[test]
fn bytes_that_are_no_text_count_as_replacement_characters() {
    let pattern = Pattern::new("a?[\u{fffd}]*z").expect("a pattern");
    assert!(pattern.matches(b"a\xff\xffz"));
    assert!(!pattern.matches(b"a\xffz"));
}
