//! What clients get from the store, and on its way through, as tables.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

#[path = "support/http.rs"]
mod support;

use isocache::http::{
    Answer, Forwarded, Held, Lookup, Plain, Reason, answer, forwarded, lookup, plain,
};
use support::*;

#[test]
fn only_if_cached_is_never_forwarded() {
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &["Cache-Control: max-age=60"]));
    let rows: &[(&str, &[u8], u64, Lookup)] = &[
        ("X: y", &[], 0, Lookup::OnlyIfCached),
        ("X: y", &head, 59, hit(Answer::Whole)),
        ("X: y", &head, 60, Lookup::OnlyIfCached),
        ("Cache-Control: no-cache", &head, 0, Lookup::OnlyIfCached),
        ("Range: bytes=x", &head, 0, hit(Answer::Whole)),
        ("If-Match: \"a\"", &head, 0, Lookup::OnlyIfCached),
    ];
    for (field, head, seconds, expected) in rows {
        let request = get(&["Cache-Control: only-if-cached", field]);
        let (found, out) = find(SHARED, &request, head, *seconds);
        assert_eq!(found, *expected, "{field} {seconds}");
        if found == Lookup::OnlyIfCached {
            let (start, fields) = read(&out, 1);
            assert_eq!(start, ["504"]);
            assert!(fields.contains(&"cache-status: isocache; detail=only-if-cached".into()));
        }
    }
}

#[test]
fn conditions_of_clients() {
    let modified = "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT";
    let tag = "ETag: \"a\"";
    let rows: &[(&str, &[&str], &[&str], bool)] = &[
        ("200", &[tag], &["If-None-Match: \"a\""], true),
        ("200", &[tag], &["If-None-Match: W/\"a\""], true),
        ("200", &["ETag: W/\"a\""], &["If-None-Match: \"a\""], true),
        ("200", &[tag], &["If-None-Match: \"b\", \"a\""], true),
        ("200", &[tag], &["If-None-Match: \"b\"", "If-None-Match: \"a\""], true),
        ("200", &[tag], &["If-None-Match: *"], true),
        ("200", &[], &["If-None-Match: *"], true),
        ("200", &[tag], &["If-None-Match: \"b\""], false),
        ("200", &[tag], &["If-None-Match: a"], false),
        ("200", &["ETag: \"a,b\""], &["If-None-Match: \"a,b\""], true),
        ("200", &["ETag: \"a,b\""], &["If-None-Match: \"a\", \"b\""], false),
        ("200", &[], &["If-None-Match: \"a\""], false),
        (
            "200",
            &[tag, modified],
            &["If-None-Match: \"b\"", "If-Modified-Since: Sun, 15 Oct 2023 00:00:00 GMT"],
            false,
        ),
        ("200", &[modified], &["If-Modified-Since: Sat, 14 Oct 2023 00:00:00 GMT"], true),
        ("200", &[modified], &["If-Modified-Since: Saturday, 14-Oct-23 00:00:00 GMT"], true),
        ("200", &[modified], &["If-Modified-Since: Fri, 13 Oct 2023 00:00:00 GMT"], false),
        ("200", &[modified], &["If-Modified-Since: yesterday"], false),
        ("200", &[DATE], &["If-Modified-Since: Sun, 15 Oct 2023 00:00:00 GMT"], true),
        ("200", &[DATE], &["If-Modified-Since: Sat, 14 Oct 2023 00:00:00 GMT"], false),
        ("404", &[tag], &["If-None-Match: \"a\""], false),
        ("301", &[tag], &["If-None-Match: *"], false),
    ];
    for (status, fields, request, expected) in rows {
        let fields = [&["Cache-Control: max-age=60"], *fields].concat();
        let (_, head) = keep(SHARED, &get(&[]), &response(status, &fields));
        let (found, out) = find(SHARED, &get(request), &head, 0);
        assert_eq!(found == hit(Answer::NotModified), *expected, "{status} {fields:?} {request:?}");
        assert_eq!(read(&out, 1).0, [if *expected { "304" } else { *status }]);
    }
}

#[test]
fn a_hit_says_what_it_is() {
    let fields = [
        "Cache-Control: max-age=60",
        "ETag: \"a\"",
        "Content-Type: text/plain",
        "Content-Length: 3",
        "Content-Location: /a.txt",
        "Content-Security-Policy: default-src 'self'",
        "Cache-Status: shield; hit",
        "Age: 2",
        "Connection: x-a, close",
        "X-A: 1",
        "Keep-Alive: timeout=5",
        "X-B: \u{fc}",
    ];
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &fields));
    let (_, out) = ask(SHARED, &get(&[]), &head, 8);
    let (start, found) = read(&out, 1);
    assert_eq!(start, ["200"]);
    let whole = [
        "Cache-Control: max-age=60",
        "ETag: \"a\"",
        "Content-Type: text/plain",
        "Content-Length: 3",
        "Content-Location: /a.txt",
        "Content-Security-Policy: default-src 'self'",
        "X-B: \u{fc}",
        "age: 10",
        "cache-status: shield; hit, isocache; hit; ttl=50",
    ];
    assert_eq!(found, whole);
    let (_, out) = ask(SHARED, &get(&["If-None-Match: \"a\""]), &head, 8);
    let expected: Vec<_> = whole
        .into_iter()
        .filter(|field| !field.starts_with("Content-T") && !field.starts_with("Content-Le"))
        .collect();
    assert_eq!(
        read(&out, 1),
        (vec!["304".into()], expected.iter().map(ToString::to_string).collect())
    );
    let (_, out) = ask(SHARED, &get(&["Cache-Control: max-stale"]), &head, 60);
    assert!(read(&out, 1).1.contains(&"cache-status: shield; hit, isocache; hit; ttl=-2".into()));
}

#[test]
fn responses_on_their_way_say_where_they_come_from() {
    let mut out = Vec::new();
    let fields =
        ["Cache-Status: a; hit", "Cache-Status: b; fwd=miss", "Connection: x", "X: 1", "Y: 2"];
    let how = Forwarded { reason: Reason::Bypass, status: None, stored: false, collapsed: false };
    forwarded(b"1\0\"my cache\"\0", &response("404", &fields), how, &mut out).unwrap();
    let expected = "cache-status: a; hit, b; fwd=miss, \"my cache\"; fwd=bypass; fwd-status=404";
    assert_eq!(read(&out, 0).1, ["Y: 2", expected]);
    let reasons = ["miss", "stale", "request", "method", "bypass", "partial"];
    for (number, name) in reasons.into_iter().enumerate() {
        out.clear();
        let reason = Reason::from_number(number as u32).unwrap();
        let how = Forwarded { reason, stored: true, collapsed: true, ..how };
        forwarded(SHARED, &response("200", &[]), how, &mut out).unwrap();
        assert_eq!(
            read(&out, 0).1,
            [format!("cache-status: isocache; fwd={name}; fwd-status=200; stored; collapsed")]
        );
    }
    assert_eq!(Reason::from_number(6), None);
}

#[test]
fn an_answer_in_place_of_an_error_says_so() {
    let fields = ["Cache-Control: max-age=60", "ETag: \"a\""];
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &fields));
    for (status, stored, failed, expected) in [
        (Some(503), false, true, "fwd=stale; fwd-status=503; ttl=-40; detail=stale-if-error"),
        (None, false, true, "fwd=stale; ttl=-40; detail=stale-if-error"),
        (Some(304), true, false, "fwd=stale; fwd-status=304; stored"),
    ] {
        let mut out = Vec::new();
        let how = Forwarded { reason: Reason::Stale, status, stored, collapsed: false };
        let now = NOW + 100_000;
        let found = answer(SHARED, &get(&[]), &head, how, failed, None, now, &mut out);
        assert_eq!(found, Ok(Some(Answer::Whole)));
        let (start, fields) = read(&out, 1);
        assert_eq!(start, ["200"]);
        assert_eq!(fields.last(), Some(&format!("cache-status: isocache; {expected}")));
    }
}

#[test]
fn a_hit_on_what_another_request_fetched_says_so() {
    let fields = ["Cache-Control: max-age=60", "ETag: \"a\""];
    let (_, head) = keep(SHARED, &get(&[]), &response("404", &fields));
    let (held, mut out) = (Held { collapsed: true, ..Held::default() }, Vec::new());
    lookup(SHARED, &get(&[]), &head, held, NOW, &mut out).unwrap();
    let expected = "cache-status: isocache; fwd=miss; fwd-status=404; collapsed";
    assert_eq!(read(&out, 1).1.last().map(String::as_str), Some(expected));
}

#[test]
fn what_answers_plain_requests_unasked() {
    let fresh = "Cache-Control: max-age=60";
    let rows: &[(&[u8], &str, &[&str], bool)] = &[
        (SHARED, "200", &[fresh, "ETag: \"a\""], true),
        (SHARED, "404", &[fresh], true),
        (SHARED, "200", &[fresh, "Vary: foo"], true),
        (SHARED, "200", &[fresh, "Cache-Status: a; hit"], false),
        (SHARED, "206", &[fresh, "Content-Range: bytes 0-3/10"], false),
        (SHARED, "200", &["Cache-Control: no-cache", "ETag: \"a\""], false),
        (SHARED, "200", &[fresh, "Set-Cookie: a=b", "ETag: \"a\""], false),
        (PRIVATE, "200", &[fresh, "Set-Cookie: a=b", "ETag: \"a\""], true),
    ];
    for (options, status, fields, expected) in rows {
        let fields = [*fields, &["Age: 20", DATE]].concat();
        let (kept, head) = keep(options, &get(&["Range: bytes=0-3"]), &response(status, &fields));
        assert!(kept.is_some(), "{status} {fields:?}");
        let found = plain(options, &head).unwrap();
        let times = Plain { until_ms: NOW + 40_000, born_ms: NOW - 20_000 };
        assert_eq!(found, expected.then_some(times), "{status} {fields:?}");
        if *expected {
            assert_eq!(ask(options, &get(&[]), &head, 39).0, None, "the engine says the same");
            assert_eq!(ask(options, &get(&[]), &head, 40).0, Some(Reason::Stale));
        }
    }
    let (_, head) =
        keep(PRIVATE, &get(&[]), &response("200", &["Cache-Control: private, max-age=9"]));
    assert_eq!(plain(SHARED, &head), Ok(None), "not from a private cache's store");
}
