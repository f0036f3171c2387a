//! Parts of one body that are put together, as tables.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

use isocache::http::{Answer, Combined, Reason, Span, combine};

#[path = "support/http.rs"]
mod support;
use support::*;

const FRESH: &str = "Cache-Control: max-age=60";
const TAG: &str = "ETag: \"a\"";

/// What a stored part and an arriving one are together, and the head of both.
fn both(stored: &[&str], arriving: &[&str], status: &str) -> (Option<Combined>, Vec<u8>) {
    let ranged = get(&["Range: bytes=0-"]);
    let (kept, head) = keep(SHARED, &ranged, &response("206", stored));
    assert!(kept.is_some_and(|kept| kept.span.is_some()), "{stored:?}");
    let (mut out, later) = (Vec::new(), NOW + 30_000);
    let new = response(status, arriving);
    let done = combine(SHARED, &ranged, &head, &new, later, later, &mut out).unwrap();
    assert_eq!(done.is_some(), !out.is_empty());
    (done, out)
}

#[test]
fn parts_that_touch_are_one() {
    let rows: &[(&str, &str, Option<(u64, u64)>)] = &[
        ("0-3/10", "4-6/10", Some((0, 7))),
        ("4-6/10", "0-3/10", Some((0, 7))),
        ("0-5/10", "4-6/10", Some((0, 7))),
        ("0-5/10", "2-3/10", Some((0, 6))),
        ("2-3/10", "1-5/10", Some((1, 6))),
        ("0-3/10", "4-9/10", Some((0, 10))),
        ("0-3/10", "5-9/10", None),
        ("5-9/10", "0-3/10", None),
        ("0-3/10", "4-9/11", None),
        ("0-3/*", "4-9/10", None),
        ("0-3/*", "4-9/*", None),
        ("0-3/10", "9-4/10", None),
    ];
    for (stored, arriving, expected) in rows {
        let content = |range| format!("Content-Range: bytes {range}");
        let (stored_range, range) = (content(stored), content(arriving));
        let (done, _) = both(&[FRESH, TAG, &stored_range], &[TAG, &range], "206");
        let start = |range: &str| range.split('-').next().unwrap().parse().unwrap();
        let expected = expected.map(|(first, end)| Combined {
            ms: 60_000 + 86_400_000,
            span: Span { start: first, end, total: Some(10) },
            stored: start(stored),
            arriving: start(arriving),
        });
        assert_eq!(done, expected, "{stored} and {arriving}");
    }
}

#[test]
fn parts_of_other_bytes_are_not() {
    let old = "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT";
    let new = "Last-Modified: Sat, 14 Oct 2023 23:59:30 GMT";
    let rows: &[(&[&str], &[&str], &str, bool)] = &[
        (&[TAG], &[TAG], "206", true),
        (&[TAG], &[TAG], "200", false),
        (&[TAG], &["ETag: \"b\""], "206", false),
        (&["ETag: W/\"a\""], &["ETag: W/\"a\""], "206", false),
        (&["ETag: a"], &["ETag: a"], "206", false),
        (&[TAG], &[], "206", false),
        (&[TAG, old, DATE], &[old], "206", false),
        (&[old, DATE], &[TAG, old], "206", false),
        (&[old, DATE], &[old], "206", true),
        (&[old], &[old], "206", false),
        (&[new, DATE], &[new], "206", false),
        (&[TAG], &[TAG, "Cache-Control: no-store"], "206", false),
        (&[], &[], "206", false),
    ];
    for (stored, arriving, status, expected) in rows {
        let stored = [*stored, &[FRESH, "Content-Range: bytes 0-3/10"]].concat();
        let arriving = [*arriving, &["Content-Range: bytes 4-6/10"]].concat();
        let (done, _) = both(&stored, &arriving, status);
        assert_eq!(done.is_some(), *expected, "{stored:?} {status} {arriving:?}");
    }
}

#[test]
fn the_head_of_both() {
    let stored =
        [FRESH, TAG, "Content-Range: bytes 0-3/10", "Content-Length: 4", "X-A: 1", "X-B: 1"];
    let arriving = [TAG, "Content-Range: bytes 4-6/10", "Content-Length: 3", "X-A: 2"];
    let (_, head) = both(&stored, &arriving, "206");
    assert_eq!(ask(SHARED, &get(&[]), &head, 31).0, Some(Reason::Partial));
    let (found, out) = find(SHARED, &get(&["Range: bytes=2-5"]), &head, 89);
    assert_eq!(found, hit(Answer::Part { start: 2, end: 6 }), "fresh since the later part");
    let expected = [
        "Cache-Control: max-age=60",
        "X-B: 1",
        "ETag: \"a\"",
        "X-A: 2",
        "content-range: bytes 2-5/10",
        "content-length: 4",
        "age: 59",
        "cache-status: isocache; hit; ttl=1",
    ];
    let mut fields = read(&out, 1).1;
    fields.sort();
    let mut expected = expected.map(String::from);
    expected.sort();
    assert_eq!(fields, expected);

    let rest = [TAG, "Content-Range: bytes 4-9/10", "Content-Length: 6"];
    let (_, head) = both(&stored, &rest, "206");
    let (found, out) = find(SHARED, &get(&[]), &head, 31);
    assert_eq!(found, hit(Answer::Whole));
    let (start, fields) = read(&out, 1);
    assert_eq!(start, ["200"]);
    let lengths: Vec<_> = fields.iter().filter(|f| f.to_lowercase().contains("content-")).collect();
    assert_eq!(lengths, ["content-length: 10"]);
}
