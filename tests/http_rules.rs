//! What may be stored, for how long it is fresh, and what requests ask of it, as tables.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

#[path = "support/http.rs"]
mod support;

use isocache::http::Reason;
use isocache::http::{Answer, Held, Malformed, invalidates, lookup, store, variant};
use support::*;

#[test]
fn freshness() {
    let rows: &[(&[&str], u64, Option<Reason>)] = &[
        (&["Cache-Control: max-age=60"], 59, HIT),
        (&["Cache-Control: max-age=60"], 60, STALE),
        (&["Cache-Control: max-age=60, s-maxage=10"], 10, STALE),
        (&["Cache-Control: max-age=0, s-maxage=60", "Expires: 0"], 30, HIT),
        (&["Cache-Control: max-age=60", "Expires: 0"], 30, HIT),
        (&["Cache-Control: max-age=60", "Age: 50"], 9, HIT),
        (&["Cache-Control: max-age=60", "Age: 50"], 10, STALE),
        (&["Cache-Control: max-age=99999999999"], 1 << 30, HIT),
        (&["Cache-Control: max-age=3600", "Date: Sat, 14 Oct 2023 23:30:00 GMT"], 1_799, HIT),
        (&["Cache-Control: max-age=3600", "Date: Sat, 14 Oct 2023 23:30:00 GMT"], 1_800, STALE),
        (&[DATE, "Expires: Sun, 15 Oct 2023 00:01:00 GMT"], 59, HIT),
        (&[DATE, "Expires: Sun, 15 Oct 2023 00:01:00 GMT"], 60, STALE),
        (&["Date: foo", "Expires: Sun, 15 Oct 2023 00:01:00 GMT"], 59, HIT),
        (
            &["Date: Sun, 15 Oct 2023 00:02:00 GMT", "Expires: Sun, 15 Oct 2023 00:01:00 GMT"],
            0,
            MISS,
        ),
        (&[DATE, "Expires: Sunday, 15-Oct-23 00:01:00 GMT"], 59, HIT),
        (&[DATE, "Expires: Sun Oct 15 00:01:00 2023"], 59, HIT),
        // A tenth of the 1,000 seconds since the last modification; at most a day.
        (&[DATE, "Last-Modified: Sat, 14 Oct 2023 23:43:20 GMT"], 99, HIT),
        (&[DATE, "Last-Modified: Sat, 14 Oct 2023 23:43:20 GMT"], 100, STALE),
        (&[DATE, "Last-Modified: Wed, 15 Oct 2003 00:00:00 GMT"], 86_399, HIT),
        (&[DATE, "Last-Modified: Wed, 15 Oct 2003 00:00:00 GMT"], 86_400, STALE),
        (&[DATE, "Last-Modified: Mon, 16 Oct 2023 00:00:00 GMT"], 0, STALE),
        (&["Cache-Control: no-cache, max-age=60", "ETag: \"a\""], 0, STALE),
        (&["Cache-Control: max-age=60, no-cache=\"x\"", "ETag: \"a\""], 0, HIT),
        (&["Cache-Control: max-age=60, no-cache=\"x y\"", "ETag: \"a\""], 0, STALE),
        (&["Cache-Control: max-age=60, no-cache=\"x, vary\"", "ETag: \"a\""], 0, STALE),
    ];
    for (fields, seconds, expected) in rows {
        let found = again(SHARED, fields, &[], *seconds);
        // What could never be used is not stored, and then it is a miss.
        let same = found == *expected || (*expected == STALE && found == MISS);
        assert!(same, "{fields:?} after {seconds} s: {found:?}");
    }
}

#[test]
fn of_an_age_the_first_member_counts_and_nonsense_does_not() {
    let after = |ages: &[&str]| {
        let ages: Vec<_> = ages.iter().map(|age| format!("Age: {age}")).collect();
        let mut fields = vec!["Cache-Control: max-age=3600", DATE];
        fields.extend(ages.iter().map(String::as_str));
        again(SHARED, &fields, &[], 0)
    };
    for old in ["7200", "7200,0", "7200, 0", "7200;foo=bar", "2147483648", "99999999999"] {
        assert_ne!(after(&[old]), HIT, "{old}");
    }
    assert_ne!(after(&["7200", "0"]), HIT);
    for young in ["0", "0,7200", "5, x", "0, 0", "abc", "-7200", "7200.0", "x, 7200", ""] {
        assert_eq!(after(&[young]), HIT, "{young}");
    }
    assert_eq!(after(&["0", "7200"]), HIT);
}

#[test]
fn age_counts_what_the_way_took() {
    let (request, response) =
        (get(&[]), response("200", &["Cache-Control: max-age=60", DATE, "Age: 5"]));
    let mut head = Vec::new();
    store(SHARED, &request, &response, NOW - 2_500, NOW + 999, &mut head).unwrap();
    let mut out = Vec::new();
    let found = lookup(SHARED, &request, &head, Held::default(), NOW + 2_000, &mut out);
    assert_eq!(found, Ok(hit(Answer::Whole)));
    assert!(read(&out, 1).1.contains(&"age: 9".into()), "5 + 3.499 on the way + 1.001 here");
    // A clock that goes back makes nothing younger than it was.
    out.clear();
    lookup(SHARED, &request, &head, Held::default(), NOW - 90_000, &mut out).unwrap();
    assert!(read(&out, 1).1.contains(&"age: 8".into()));
}

#[test]
fn what_may_be_stored() {
    let fresh = "Cache-Control: max-age=60";
    let rows: &[(&str, &[&str], &[&str], bool, bool)] = &[
        // status, request, response, by a shared cache, by a private one
        ("200", &[], &[fresh], true, true),
        ("200", &[], &[], false, false),
        ("200", &[], &["ETag: \"a\""], true, true),
        ("200", &[], &["Cache-Control: no-cache"], false, false),
        ("200", &[], &["Cache-Control: no-cache", "ETag: \"a\""], true, true),
        ("200", &[], &["Cache-Control: max-age=60, no-store"], false, false),
        ("200", &[], &[fresh, "Cache-Control: No-Store"], false, false),
        ("200", &["Cache-Control: no-store"], &[fresh], false, false),
        ("200", &[], &["Cache-Control: private, max-age=60"], false, true),
        ("200", &[], &["Cache-Control: private=\"x-a\", max-age=60"], true, true),
        ("200", &[], &["Cache-Control: private=\"cache-control\", max-age=60"], false, true),
        ("200", &[], &["Cache-Control: private=\"x a\", max-age=60"], false, true),
        ("200", &[], &["Cache-Control: s-maxage=60"], true, false),
        ("200", &["Authorization: x"], &[fresh], false, true),
        ("200", &["Authorization: x"], &["Cache-Control: max-age=60, public"], true, true),
        ("200", &["Authorization: x"], &["Cache-Control: max-age=60, must-revalidate"], true, true),
        ("200", &["Authorization: x"], &["Cache-Control: s-maxage=60"], true, false),
        (
            "200",
            &["Authorization: x"],
            &["Cache-Control: max-age=60, proxy-revalidate"],
            false,
            true,
        ),
        ("200", &[], &[fresh, "Set-Cookie: a=b"], false, true),
        ("200", &[], &[fresh, "Set-Cookie: a=b", "ETag: \"a\""], true, true),
        (
            "200",
            &[],
            &["Cache-Control: max-age=60, private=set-cookie", "Set-Cookie: a=b"],
            true,
            true,
        ),
        ("200", &[], &["Cache-Control: max-age=60, public", "Set-Cookie: a=b"], true, true),
        ("200", &[], &["CDN-Cache-Control: max-age=60", "Set-Cookie: a=b"], true, false),
        ("200", &[], &[fresh, "Vary: *"], false, false),
        ("200", &[], &[fresh, "Vary: a b"], false, false),
        ("200", &[], &["Cache-Control: must-understand, no-store, max-age=60"], true, true),
        ("599", &[], &["Cache-Control: must-understand, no-store, max-age=60"], false, false),
        ("599", &[], &["Cache-Control: must-understand, max-age=60"], false, false),
        ("206", &["Range: bytes=0-1"], &[fresh], false, false),
        ("206", &["Range: bytes=0-1"], &[fresh, "Content-Range: bytes 0-1/9"], true, true),
        ("206", &["Range: bytes=0-1"], &["ETag: \"a\"", "Content-Range: bytes 0-1/9"], true, true),
        ("206", &["Range: bytes=0-1"], &["Content-Range: bytes 0-1/9"], false, false),
        ("206", &[], &[fresh, "Content-Range: bytes 0-1/9"], false, false),
        ("206", &["Range: bytes=0-1"], &[fresh, "Content-Range: bytes 1-0/9"], false, false),
        (
            "206",
            &["Range: bytes=0-1"],
            &[fresh, "Content-Range: bytes 0-1/9", "Content-Length: 3"],
            false,
            false,
        ),
        (
            "206",
            &["Range: bytes=0-1"],
            &[fresh, "Content-Range: bytes 0-1/9", "Content-Range: bytes 0-1/9"],
            false,
            false,
        ),
        ("200", &["Range: bytes=0-1"], &[fresh], true, true),
        ("304", &["If-None-Match: \"a\""], &[fresh], false, false),
        ("412", &["If-Match: \"a\""], &[fresh], false, false),
        ("416", &["Range: bytes=9-"], &[fresh], false, false),
        ("431", &[], &[fresh], false, false),
        ("599", &[], &[fresh], true, true),
        ("599", &[], &["ETag: \"a\""], false, false),
        ("599", &[], &[DATE, "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT"], false, false),
        (
            "599",
            &[],
            &[DATE, "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT", "Cache-Control: public"],
            true,
            true,
        ),
        ("302", &[], &[DATE, "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT"], false, false),
        ("404", &[], &[DATE, "Last-Modified: Sat, 14 Oct 2023 00:00:00 GMT"], true, true),
    ];
    for (status, request, fields, shared, private) in rows {
        for (options, expected) in [(SHARED, shared), (PRIVATE, private)] {
            let (kept, head) = keep(options, &get(request), &response(status, fields));
            assert_eq!(kept.is_some(), *expected, "{status} {request:?} {fields:?} {kept:?}");
            assert_eq!(head.is_empty(), !*expected);
        }
    }
    for method in ["HEAD", "POST", "PUT", "get", "M-SEARCH"] {
        let request = text(&[method, "https://example.org/a"], &[]);
        assert_eq!(keep(SHARED, &request, &response("200", &[fresh])).0, None, "{method}");
    }
}

#[test]
fn how_long_a_response_is_kept() {
    let day = 86_400_000;
    let rows: &[(&[&str], Option<u64>)] = &[
        (&["Cache-Control: max-age=60, must-revalidate"], Some(60_000)),
        (&["Cache-Control: max-age=60, must-revalidate", "Age: 20"], Some(40_000)),
        (&["Cache-Control: max-age=60"], Some(120_000)),
        (&["Cache-Control: max-age=1"], Some(61_000)),
        (&["Cache-Control: max-age=0"], None),
        (&["Cache-Control: max-age=7200"], Some(10_800_000)),
        (&["Cache-Control: s-maxage=60"], Some(60_000)),
        (&["Cache-Control: max-age=60", "ETag: \"a\""], Some(60_000 + day)),
        (&["Cache-Control: max-age=60", "ETag: \"a\"", "Age: 600"], Some(day)),
        (&["Cache-Control: max-age=60", "Age: 600"], None),
        (&["Cache-Control: max-age=60, stale-while-revalidate=7200"], Some(7_260_000)),
        (&["Cache-Control: max-age=60, stale-if-error=7200", "Age: 60"], Some(7_200_000)),
        (&["Cache-Control: max-age=60, stale-if-error=30"], Some(120_000)),
        (&["Cache-Control: s-maxage=60, stale-if-error=7200"], Some(60_000)),
        (&["Cache-Control: max-age=60, stale-if-error=99999", "ETag: \"a\""], Some(100_059_000)),
        (&["Cache-Control: no-cache, stale-if-error=99999", "ETag: \"a\""], Some(day)),
        (&["Cache-Control: max-age=60", "Set-Cookie: a=b", "ETag: \"a\""], Some(60_000 + day)),
    ];
    for (fields, expected) in rows {
        let kept = keep(SHARED, &get(&[]), &response("200", fields)).0;
        assert_eq!(kept.map(|kept| kept.ms), *expected, "{fields:?}");
    }
}

#[test]
fn what_requests_ask_for() {
    let minute: &[&str] = &["Cache-Control: max-age=60", "ETag: \"a\""];
    let strict: &[&str] = &["Cache-Control: max-age=60, must-revalidate", "ETag: \"a\""];
    let proxy: &[&str] = &["Cache-Control: max-age=60, proxy-revalidate", "ETag: \"a\""];
    let shared: &[&str] = &["Cache-Control: s-maxage=60", "ETag: \"a\""];
    let rows: &[(&[&str], &str, u64, Option<Reason>)] = &[
        (minute, "Cache-Control: no-cache", 1, ASKED),
        (minute, "Cache-Control: no-store", 1, ASKED),
        (minute, "Pragma: no-cache", 1, ASKED),
        (minute, "Cache-Control: max-age=0", 1, ASKED),
        (minute, "Cache-Control: max-age=10", 10, HIT),
        (minute, "Cache-Control: max-age=10", 11, ASKED),
        (minute, "Cache-Control: max-age=x", 1, ASKED),
        (minute, "Cache-Control: min-fresh=30", 30, HIT),
        (minute, "Cache-Control: min-fresh=30", 31, ASKED),
        (minute, "Cache-Control: max-stale", 3_600, HIT),
        (minute, "Cache-Control: max-stale=10", 70, HIT),
        (minute, "Cache-Control: max-stale=10", 71, STALE),
        (minute, "Cache-Control: max-stale=x", 61, STALE),
        (minute, "Cache-Control: max-stale, max-age=65", 66, ASKED),
        (strict, "Cache-Control: max-stale", 61, STALE),
        (proxy, "Cache-Control: max-stale", 61, STALE),
        (shared, "Cache-Control: max-stale", 61, STALE),
        (minute, "Range: bytes=0-1", 1, HIT),
        (minute, "If-Match: \"a\"", 1, Some(Reason::Bypass)),
        (minute, "If-Unmodified-Since: Sun, 15 Oct 2023 00:00:00 GMT", 1, Some(Reason::Bypass)),
        (minute, "Cookie: a=b", 1, HIT),
        (minute, "Authorization: a", 1, HIT),
    ];
    for (fields, request, seconds, expected) in rows {
        assert_eq!(again(SHARED, fields, &[request], *seconds), *expected, "{request} {seconds}");
    }
    let proxied = again(PRIVATE, proxy, &["Cache-Control: max-stale"], 61);
    assert_eq!(proxied, HIT, "proxy-revalidate does not concern a private cache");
}

#[test]
fn targeted_fields_replace_the_others() {
    let rows: &[(&[&str], u64, Option<Reason>)] = &[
        (&["CDN-Cache-Control: max-age=60", "Cache-Control: no-store"], 59, HIT),
        (&["CDN-Cache-Control: no-store", "Cache-Control: max-age=60"], 0, MISS),
        (&["CDN-Cache-Control: max-age=10", "Cache-Control: max-age=60", "Expires: x"], 10, STALE),
        (
            &[
                "CDN-Cache-Control: max-age=10",
                "CDN-Cache-Control: public",
                "Cache-Control: private",
            ],
            9,
            HIT,
        ),
        // What is no dictionary, or empty, is as if it were not there.
        (&["CDN-Cache-Control: max-age=60,", "Cache-Control: max-age=10"], 10, STALE),
        (&["CDN-Cache-Control: Max-Age=60", "Cache-Control: max-age=10"], 10, STALE),
        (&["CDN-Cache-Control: ", "Cache-Control: max-age=10"], 9, HIT),
        (&["CDN-Cache-Control: max-age=\"60\"", "Cache-Control: max-age=60"], 0, MISS),
        (&["Other-Cache-Control: max-age=60", "Cache-Control: no-store"], 0, MISS),
    ];
    for (fields, seconds, expected) in rows {
        assert_eq!(again(SHARED, fields, &[], *seconds), *expected, "{fields:?} {seconds}");
    }
    let both = b"1\0isocache\0First-Control\0Second-Control\0";
    let fields = ["Second-Control: no-store", "First-Control: max-age=60"];
    assert_eq!(again(both, &fields, &[], 1), HIT, "the first that is there wins");
}

#[test]
fn vary() {
    let rows: &[(&str, &[&str], &[&str], Option<Reason>)] = &[
        ("Foo", &["Foo: 1"], &["Foo: 1"], HIT),
        ("Foo", &["Foo: 1"], &["Foo: 2"], MISS),
        ("Foo", &["Foo: 1"], &[], MISS),
        ("Foo", &[], &["Foo: 1"], MISS),
        ("Foo", &[], &["Foo: "], MISS),
        ("Foo", &["Other: 1"], &["Other: 2"], HIT),
        ("Foo, Bar", &["Foo: 1", "Bar: 2"], &["Bar: 2", "Foo: 1"], HIT),
        ("Foo, Bar", &["Foo: 1", "Bar: 2"], &["Bar: 1", "Foo: 2"], MISS),
        ("Foo", &["Foo: 1, 2"], &["Foo: 1", "Foo: 2"], HIT),
        ("Accept-Language", &["Accept-Language: en, de"], &["accept-language:  eN ,  De"], HIT),
        ("Accept-Language", &["Accept-Language: en, de"], &["Accept-Language: de;q=1.0,EN"], HIT),
        ("Accept-Language", &["Accept-Language: en"], &["Accept-Language: en, en;q=0.5"], MISS),
    ];
    for (vary, stored, presented, expected) in rows {
        let vary = format!("Vary: {vary}");
        let fields = ["Cache-Control: max-age=60", &vary];
        let (_, head) = keep(SHARED, &get(stored), &response("200", &fields));
        assert_eq!(
            ask(SHARED, &get(presented), &head, 0).0,
            *expected,
            "{vary} {stored:?} {presented:?}"
        );
    }
}

#[test]
fn keys_of_variants() {
    let mut out = Vec::new();
    let request = get(&["B: 2", "a: 1", "Cookie: x, y"]);
    assert_eq!(variant(&request, b"b, A,\0Cookie\0", &mut out), Ok(true));
    assert_eq!(out, b"a,b,cookie\0a:1\nb:2\ncookie:x, y\n\0");
    out.clear();
    assert_eq!(variant(&request, b"b\0*\0", &mut out), Ok(false));
    assert!(out.is_empty());
}

#[test]
fn what_unsafe_requests_invalidate() {
    let url = "https://example.org/a";
    let fields = ["Location: /b", "Content-Location: https://other.example/c"];
    for (method, status, expected) in [
        ("POST", "200", 3),
        ("PUT", "201", 3),
        ("DELETE", "204", 3),
        ("PATCH", "303", 3),
        ("M-SEARCH", "200", 3),
        ("POST", "400", 0),
        ("POST", "500", 0),
        ("GET", "200", 0),
        ("HEAD", "200", 0),
        ("OPTIONS", "200", 0),
    ] {
        let mut out = Vec::new();
        invalidates(&text(&[method, url], &[]), &response(status, &fields), &mut out).unwrap();
        let (parts, _) = read(&[&out[..], &[0]].concat(), expected + 1);
        assert_eq!(
            parts[..expected],
            [url, " /b", " https://other.example/c"].map(str::trim)[..expected],
            "{method} {status}"
        );
    }
}

#[test]
fn texts_that_are_not_well_formed_are_refused() {
    let (request, good) = (get(&[]), response("200", &["Cache-Control: max-age=60"]));
    let (_, head) = keep(SHARED, &request, &good);
    let mut out = Vec::new();
    for bad in [&b"x"[..], b"1\0", b"2\0isocache\0", b"1\0iso\ncache\0"] {
        assert_eq!(lookup(bad, &request, &head, Held::default(), NOW, &mut out), Err(Malformed));
        assert_eq!(store(bad, &request, &good, NOW, NOW, &mut out), Err(Malformed));
    }
    for end in 1..head.len() {
        let cut = lookup(SHARED, &request, &head[..end], Held::default(), NOW, &mut out);
        assert!(cut == Err(Malformed) || head[end - 1] == 0, "a head cut at {end}");
    }
    for bad in
        [&b"9\x00200\x001\x001\x00\x00"[..], b"2\x00200\x001\x00", b"2\x00200\x00x\x001\x00\x00"]
    {
        assert_eq!(lookup(SHARED, &request, bad, Held::default(), NOW, &mut out), Err(Malformed));
    }
}
