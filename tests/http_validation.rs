//! What later responses say about stored ones, as tables.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

#[path = "support/http.rs"]
mod support;

use isocache::http::{
    Answer, Forward, Forwarded, Freshened, Lookup, Reason, Updated, answer, conditions, freshen,
    update,
};
use support::*;

#[test]
fn stale_responses_are_validated_with_what_they_have() {
    let modified = "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT";
    let date = "if-modified-since: Sat, 14 Oct 2023 00:00:00 GMT";
    let rows: &[(&[&str], &[&str])] = &[
        (&["ETag: \"a\""], &["if-none-match: \"a\""]),
        (&["ETag: W/\"a\"", modified], &["if-none-match: W/\"a\"", date]),
        (&[modified], &[date]),
        (&["Last-Modified: foo"], &[]),
        (&["ETag: \"a\"", "ETag: \"b\"", modified], &[date]),
        (&[], &[]),
    ];
    for (fields, expected) in rows {
        let fields = [&["Cache-Control: max-age=60"], *fields].concat();
        let (_, head) = keep(SHARED, &get(&[]), &response("200", &fields));
        let (reason, out) = ask(SHARED, &get(&["If-None-Match: \"x\""]), &head, 60);
        assert_eq!(reason, STALE);
        assert_eq!(read(&out, 0).1, *expected, "{fields:?}");
    }
    let (_, head) =
        keep(SHARED, &get(&[]), &response("200", &["Cache-Control: max-age=60", "ETag: \"a\""]));
    let (reason, out) = ask(SHARED, &text(&["HEAD", "https://example.org/a"], &[]), &head, 60);
    assert_eq!((reason, out.len()), (STALE, 0), "HEAD goes as it is");
}

#[test]
fn freshening() {
    let stored = [
        "Cache-Control: max-age=60",
        DATE,
        "ETag: \"a\"",
        "Age: 30",
        "X-A: 1",
        "X-A: 2",
        "X-B: 1",
        "Content-Length: 3",
    ];
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &stored));
    let later = "Date: Sun, 15 Oct 2023 00:02:00 GMT";
    let new = response(
        "304",
        &[later, "ETag: \"a\"", "X-a: 3", "Content-Length: 0", "Connection: x-b", "X-B: 9"],
    );
    let (mut fresh, mut out) = (Vec::new(), Vec::new());
    let times = (NOW + 120_000, NOW + 120_000);
    let done = freshen(SHARED, &get(&[]), &head, &new, times.0, times.1, false, &mut fresh);
    assert_eq!(done, Ok(Freshened::For { ms: 60_000 + 86_400_000, more: false }));
    let how =
        Forwarded { reason: Reason::Stale, status: Some(304), stored: true, collapsed: false };
    let now = NOW + 121_000;
    let whole = answer(SHARED, &get(&[]), &fresh, how, false, None, now, &mut out);
    assert_eq!(whole, Ok(Some(Answer::Whole)));
    let (start, fields) = read(&out, 1);
    assert_eq!(start, ["200"]);
    assert_eq!(
        fields,
        [
            "Cache-Control: max-age=60",
            "ETag: \"a\"",
            "X-B: 1",
            "Content-Length: 3",
            later,
            "X-a: 3",
            "age: 1",
            "cache-status: isocache; fwd=stale; fwd-status=304; stored"
        ]
    );
    assert_eq!(ask(SHARED, &get(&[]), &fresh, 179).0, HIT);
    out.clear();
    let request = get(&["If-None-Match: \"a\""]);
    let same = answer(SHARED, &request, &fresh, how, false, None, NOW, &mut out);
    assert_eq!(same, Ok(Some(Answer::NotModified)));
}

#[test]
fn a_304_about_something_else_changes_nothing() {
    let modified = "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT";
    let other = "Last-Modified: Fri, 13 Oct 2023 00:00:00 GMT";
    let rows: &[(&[&str], &str, &[&str], bool)] = &[
        (&["ETag: \"a\""], "304", &["ETag: \"a\""], true),
        (&["ETag: \"a\""], "304", &[], true),
        (&["ETag: \"a\""], "304", &["ETag: W/\"a\""], true),
        (&["ETag: W/\"a\""], "304", &["ETag: W/\"a\""], true),
        (&["ETag: W/\"a\""], "304", &["ETag: \"a\""], false),
        (&["ETag: \"a\""], "304", &["ETag: \"b\""], false),
        (&[modified], "304", &["ETag: \"b\""], false),
        (&[modified], "304", &[modified], true),
        (&[modified], "304", &[other], false),
        (&["ETag: \"a\""], "304", &[modified], true),
        (&["ETag: \"a\""], "200", &["ETag: \"a\""], false),
    ];
    for (stored, status, fields, expected) in rows {
        let stored = [&["Cache-Control: max-age=60"], *stored].concat();
        let (_, head) = keep(SHARED, &get(&[]), &response("200", &stored));
        let mut out = Vec::new();
        let new = response(status, fields);
        let done = freshen(SHARED, &get(&[]), &head, &new, NOW, NOW, false, &mut out).unwrap();
        assert_eq!(done != Freshened::Mismatch, *expected, "{stored:?} {status} {fields:?}");
        assert_eq!(out.is_empty(), !*expected);
    }
    let (_, head) =
        keep(SHARED, &get(&[]), &response("200", &["Cache-Control: max-age=60", "ETag: \"a\""]));
    let forbidding = response("304", &["Cache-Control: no-store"]);
    let done = freshen(SHARED, &get(&[]), &head, &forbidding, NOW, NOW, false, &mut Vec::new());
    assert_eq!(done, Ok(Freshened::Once));
}

#[test]
fn what_validates_a_stored_response() {
    let fields = ["Cache-Control: max-age=60", "ETag: \"a\""];
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &fields));
    let mut out = Vec::new();
    conditions(&head, &mut out).unwrap();
    assert_eq!(read(&out, 0).1, ["if-none-match: \"a\""]);
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &fields[..1]));
    out.clear();
    conditions(&head, &mut out).unwrap();
    assert!(out.is_empty());
}

/// A cookie without consent reaches nobody but whom it was set for.
#[test]
fn cookies_in_a_shared_cache() {
    let fields =
        ["Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"a\"", "Set-Cookie: a=1"];
    let (kept, head) = keep(SHARED, &get(&[]), &response("200", &fields));
    assert!(kept.is_some());
    assert!(!String::from_utf8_lossy(&head).contains("a=1"));
    for request in ["X: y", "Cache-Control: max-stale, stale-if-error=99"] {
        for seconds in [0, 61] {
            let (found, _) = find(SHARED, &get(&[request]), &head, seconds);
            let forward = Forward { reason: Reason::Stale, covering_ms: 0, completes: false };
            assert_eq!(found, Lookup::Forward(forward), "{request} {seconds}");
        }
    }
    let new = response("304", &["ETag: \"a\"", "Set-Cookie: a=2"]);
    let (mut fresh, mut once) = (Vec::new(), Vec::new());
    let done = freshen(SHARED, &get(&[]), &head, &new, NOW, NOW, false, &mut fresh);
    assert_eq!(done, Ok(Freshened::For { ms: 60_000 + 86_400_000, more: true }));
    assert!(!String::from_utf8_lossy(&fresh).contains("a=2"));
    assert_eq!(ask(SHARED, &get(&[]), &fresh, 0).0, STALE, "never fresh, whatever a 304 says");
    let done = freshen(SHARED, &get(&[]), &head, &new, NOW, NOW, true, &mut once);
    assert_eq!(done, Ok(Freshened::Once));
    assert!(String::from_utf8_lossy(&once).contains("a=2"));
    // Whoever shares it with consent, or with nobody, keeps it.
    let (_, head) = keep(PRIVATE, &get(&[]), &response("200", &fields));
    assert_eq!(ask(PRIVATE, &get(&[]), &head, 0).0, HIT);
    assert_eq!(ask(SHARED, &get(&[]), &head, 0).0, MISS, "not from a private cache's store");
}

#[test]
fn fields_that_are_not_kept() {
    let rows: &[(&[u8], &str, &[&str])] = &[
        (SHARED, "no-cache=\"x-a, SET-COOKIE\"", &["x-b"]),
        (SHARED, "private=\"x-a, set-cookie\"", &["x-b"]),
        (PRIVATE, "private=\"x-a, set-cookie\"", &["set-cookie", "x-a", "x-b"]),
        (PRIVATE, "no-cache=x-b, no-cache=x-a", &["set-cookie"]),
    ];
    for (options, directive, expected) in rows {
        let control = format!("Cache-Control: max-age=60, {directive}");
        let fields = [&control, "Set-Cookie: a=b", "X-A: 1", "X-B: 2"];
        let (_, head) = keep(options, &get(&[]), &response("200", &fields));
        let (reason, out) = ask(options, &get(&[]), &head, 1);
        assert_eq!(reason, HIT, "{directive}");
        let mut names: Vec<_> = read(&out, 1).1.into_iter().map(|f| f.to_lowercase()).collect();
        names.retain(|field| field.starts_with("x-") || field.starts_with("set-"));
        let names: Vec<_> = names.iter().map(|f| f.split(':').next().unwrap()).collect();
        assert_eq!(names, *expected, "{directive}");
    }
}

#[test]
fn heads_update_what_is_stored() {
    let tag = "ETag: \"a\"";
    let rows: &[(&str, &[&str], Option<bool>)] = &[
        ("200", &[tag, "X-A: 2"], Some(true)),
        ("200", &[tag, "Content-Length: 3"], Some(true)),
        ("200", &["X-A: 2"], Some(true)),
        ("200", &["ETag: \"b\""], Some(false)),
        ("200", &["ETag: W/\"a\""], Some(false)),
        ("200", &[tag, "Content-Length: 4"], Some(false)),
        ("200", &[tag, "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT"], Some(false)),
        ("200", &[tag, "Cache-Control: no-store"], Some(false)),
        ("410", &[tag, "X-A: 2"], None),
        ("304", &[tag], None),
    ];
    let stored = ["Cache-Control: max-age=60", tag, "X-A: 1", "Content-Length: 3", "Vary: foo"];
    let (_, head) = keep(SHARED, &get(&["Foo: 1"]), &response("200", &stored));
    let head_of = |field: &str| text(&["HEAD", "https://example.org/a"], &[field]);
    let later = NOW + 100_000;
    for (status, fields, expected) in rows {
        let mut out = Vec::new();
        let new = response(status, fields);
        let done = update(SHARED, &head_of("Foo: 1"), &head, &new, later, later, &mut out).unwrap();
        let expected = match expected {
            None => Updated::Same,
            Some(false) => Updated::Outdated,
            Some(true) => Updated::For(60_000 + 86_400_000),
        };
        assert_eq!(done, expected, "{status} {fields:?}");
        if let Updated::For(_) = done {
            let (reason, answer) = ask(SHARED, &get(&["Foo: 1"]), &out, 159);
            assert_eq!(reason, HIT, "fresh again");
            let new = fields.contains(&"X-A: 2");
            assert_eq!(read(&answer, 1).1.contains(&"X-A: 2".into()), new);
            assert!(read(&answer, 1).1.contains(&"Content-Length: 3".into()));
        }
    }
    let new = response("200", &["ETag: \"b\""]);
    for request in [head_of("Foo: 2"), get(&["Foo: 1"])] {
        let done = update(SHARED, &request, &head, &new, NOW, NOW, &mut Vec::new());
        assert_eq!(done, Ok(Updated::Same), "it says nothing about this one");
    }
}
