//! RFC 9111 as tables: a response is stored, time passes, a request comes.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

use isocache::http::{
    Answer, Freshened, Kept, Lookup, Malformed, Reason, answer, forwarded, freshen, invalidates,
    lookup, store, variant,
};

/// Sun, 15 Oct 2023 00:00:00 GMT
const NOW: u64 = 1_697_328_000_000;
const DATE: &str = "Date: Sun, 15 Oct 2023 00:00:00 GMT";
const SHARED: &[u8] = b"1\0isocache\0CDN-Cache-Control\0";
const PRIVATE: &[u8] = b"0\0isocache\0";
const HIT: Option<Reason> = None;
const MISS: Option<Reason> = Some(Reason::Miss);
const STALE: Option<Reason> = Some(Reason::Stale);
const ASKED: Option<Reason> = Some(Reason::Request);

/// Start line and fields as they are written in the tables ("Name: value") to text.
fn text(start: &[&str], fields: &[&str]) -> Vec<u8> {
    let pairs = fields.iter().flat_map(|field| {
        let (name, value) = field.split_once(':').unwrap();
        [name, value]
    });
    start.iter().copied().chain(pairs).flat_map(|part| [part.as_bytes(), &[0]].concat()).collect()
}

fn get(fields: &[&str]) -> Vec<u8> {
    text(&["GET", "https://example.org/a"], fields)
}

fn response(status: &str, fields: &[&str]) -> Vec<u8> {
    text(&[status], fields)
}

/// The parts of a text, fields as in the tables.
fn read(out: &[u8], start: usize) -> (Vec<String>, Vec<String>) {
    let mut parts: Vec<_> =
        String::from_utf8(out.to_vec()).unwrap().split('\0').map(String::from).collect();
    assert_eq!(parts.pop().as_deref(), Some(""), "ended by a NUL");
    let fields = parts.split_off(start);
    (parts, fields.chunks(2).map(|pair| format!("{}: {}", pair[0], pair[1])).collect())
}

fn keep(options: &[u8], request: &[u8], response: &[u8]) -> (Kept, Vec<u8>) {
    let mut head = Vec::new();
    let kept = store(options, request, response, NOW, NOW, &mut head).unwrap();
    (kept, head)
}

/// Why the request goes to the origin, if it does; and the rest of the answer.
fn ask(options: &[u8], request: &[u8], head: &[u8], seconds: u64) -> (Option<Reason>, Vec<u8>) {
    let mut out = Vec::new();
    match lookup(options, request, head, NOW + seconds * 1_000, &mut out).unwrap() {
        Lookup::Forward(reason) => (Some(reason), out),
        _ => (None, out),
    }
}

/// Stores a response to a plain GET and asks for it again, so many seconds later.
fn again(options: &[u8], fields: &[&str], request: &[&str], seconds: u64) -> Option<Reason> {
    let (_, head) = keep(options, &get(&[]), &response("200", fields));
    ask(options, &get(request), &head, seconds).0
}

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
        (&["Cache-Control: max-age=60, no-cache=\"x\"", "ETag: \"a\""], 0, STALE),
    ];
    for (fields, seconds, expected) in rows {
        let found = again(SHARED, fields, &[], *seconds);
        // What could never be used is not stored, and then it is a miss.
        let same = found == *expected || (*expected == STALE && found == MISS);
        assert!(same, "{fields:?} after {seconds} s: {found:?}");
    }
}

#[test]
fn an_age_that_is_no_number_of_seconds_is_old() {
    for age in ["abc", "-7200", "7200.0", "7200,0", "0, 0", "7200;foo=bar", ""] {
        let age = format!("Age: {age}");
        assert_ne!(
            again(SHARED, &["Cache-Control: max-age=3600", DATE, &age], &[], 0),
            HIT,
            "{age}"
        );
    }
    assert_ne!(again(SHARED, &["Cache-Control: max-age=3600", "Age: 0", "Age: 7200"], &[], 0), HIT);
}

#[test]
fn age_counts_what_the_way_took() {
    let (request, response) =
        (get(&[]), response("200", &["Cache-Control: max-age=60", DATE, "Age: 5"]));
    let mut head = Vec::new();
    store(SHARED, &request, &response, NOW - 2_500, NOW + 999, &mut head).unwrap();
    let mut out = Vec::new();
    assert_eq!(lookup(SHARED, &request, &head, NOW + 2_000, &mut out), Ok(Lookup::Hit));
    assert!(read(&out, 1).1.contains(&"age: 9".into()), "5 + 3.499 on the way + 1.001 here");
    // A clock that goes back makes nothing younger than it was.
    out.clear();
    lookup(SHARED, &request, &head, NOW - 90_000, &mut out).unwrap();
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
        ("200", &[], &["Cache-Control: private=\"x-a\", max-age=60"], false, true),
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
        ("200", &[], &["Cache-Control: max-age=60, public", "Set-Cookie: a=b"], true, true),
        ("200", &[], &["CDN-Cache-Control: max-age=60", "Set-Cookie: a=b"], true, false),
        ("200", &[], &[fresh, "Vary: *"], false, false),
        ("200", &[], &[fresh, "Vary: a b"], false, false),
        ("200", &[], &["Cache-Control: must-understand, no-store, max-age=60"], true, true),
        ("599", &[], &["Cache-Control: must-understand, no-store, max-age=60"], false, false),
        ("599", &[], &["Cache-Control: must-understand, max-age=60"], false, false),
        ("206", &["Range: bytes=0-1"], &[fresh], false, false),
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
            assert_eq!(kept != Kept::No, *expected, "{status} {request:?} {fields:?} {kept:?}");
            assert_eq!(head.is_empty(), !*expected);
        }
    }
    for method in ["HEAD", "POST", "PUT", "get", "M-SEARCH"] {
        let request = text(&[method, "https://example.org/a"], &[]);
        assert_eq!(keep(SHARED, &request, &response("200", &[fresh])).0, Kept::No, "{method}");
    }
}

#[test]
fn how_long_a_response_is_kept() {
    let day = 86_400_000;
    let rows: &[(&[&str], Kept)] = &[
        (&["Cache-Control: max-age=60, must-revalidate"], Kept::For(60_000)),
        (&["Cache-Control: max-age=60, must-revalidate", "Age: 20"], Kept::For(40_000)),
        (&["Cache-Control: max-age=60"], Kept::For(120_000)),
        (&["Cache-Control: max-age=7200"], Kept::For(10_800_000)),
        (&["Cache-Control: s-maxage=60"], Kept::For(60_000)),
        (&["Cache-Control: max-age=60", "ETag: \"a\""], Kept::For(60_000 + day)),
        (&["Cache-Control: max-age=60", "ETag: \"a\"", "Age: 600"], Kept::For(day)),
        (&["Cache-Control: max-age=60", "Age: 600"], Kept::No),
    ];
    for (fields, expected) in rows {
        assert_eq!(keep(SHARED, &get(&[]), &response("200", fields)).0, *expected, "{fields:?}");
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
        (minute, "Range: bytes=0-1", 1, Some(Reason::Bypass)),
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
fn only_if_cached_is_never_forwarded() {
    let (_, head) = keep(SHARED, &get(&[]), &response("200", &["Cache-Control: max-age=60"]));
    let rows: &[(&str, &[u8], u64, Lookup)] = &[
        ("X: y", &[], 0, Lookup::OnlyIfCached),
        ("X: y", &head, 59, Lookup::Hit),
        ("X: y", &head, 60, Lookup::OnlyIfCached),
        ("Cache-Control: no-cache", &head, 0, Lookup::OnlyIfCached),
        ("Range: bytes=0-1", &head, 0, Lookup::Hit),
        ("If-Match: \"a\"", &head, 0, Lookup::OnlyIfCached),
    ];
    for (field, head, seconds, expected) in rows {
        let mut out = Vec::new();
        let request = get(&["Cache-Control: only-if-cached", field]);
        let found = lookup(SHARED, &request, head, NOW + seconds * 1_000, &mut out).unwrap();
        assert_eq!(found, *expected, "{field} {seconds}");
        if found == Lookup::OnlyIfCached {
            let (start, fields) = read(&out, 1);
            assert_eq!(start, ["504"]);
            assert!(fields.contains(&"cache-status: isocache; detail=only-if-cached".into()));
        }
    }
}

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
        let mut out = Vec::new();
        let found = lookup(SHARED, &get(request), &head, NOW, &mut out).unwrap();
        assert_eq!(found == Lookup::NotModified, *expected, "{status} {fields:?} {request:?}");
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
    let done = freshen(SHARED, &get(&[]), &head, &new, times.0, times.1, &mut fresh);
    assert_eq!(done, Ok(Freshened::For(60_000 + 86_400_000)));
    let whole = answer(SHARED, &get(&[]), &fresh, Reason::Stale, true, NOW + 121_000, &mut out);
    assert_eq!(whole, Ok(Answer::Whole));
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
    let same =
        answer(SHARED, &get(&["If-None-Match: \"a\""]), &fresh, Reason::Stale, true, NOW, &mut out);
    assert_eq!(same, Ok(Answer::NotModified));
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
        let done = freshen(SHARED, &get(&[]), &head, &response(status, fields), NOW, NOW, &mut out)
            .unwrap();
        assert_eq!(done != Freshened::Mismatch, *expected, "{stored:?} {status} {fields:?}");
        assert_eq!(out.is_empty(), !*expected);
    }
    let (_, head) =
        keep(SHARED, &get(&[]), &response("200", &["Cache-Control: max-age=60", "ETag: \"a\""]));
    let forbidding = response("304", &["Cache-Control: no-store"]);
    let done = freshen(SHARED, &get(&[]), &head, &forbidding, NOW, NOW, &mut Vec::new());
    assert_eq!(done, Ok(Freshened::Once));
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
fn responses_on_their_way_say_where_they_come_from() {
    let mut out = Vec::new();
    let fields =
        ["Cache-Status: a; hit", "Cache-Status: b; fwd=miss", "Connection: x", "X: 1", "Y: 2"];
    forwarded(b"1\0\"my cache\"\0", &response("404", &fields), Reason::Bypass, false, &mut out)
        .unwrap();
    let expected = "cache-status: a; hit, b; fwd=miss, \"my cache\"; fwd=bypass; fwd-status=404";
    assert_eq!(read(&out, 0).1, ["Y: 2", expected]);
    for (number, name) in ["miss", "stale", "request", "method", "bypass"].into_iter().enumerate() {
        out.clear();
        let reason = Reason::from_number(number as u32).unwrap();
        forwarded(SHARED, &response("200", &[]), reason, true, &mut out).unwrap();
        assert_eq!(
            read(&out, 0).1,
            [format!("cache-status: isocache; fwd={name}; fwd-status=200; stored")]
        );
    }
    assert_eq!(Reason::from_number(5), None);
}

#[test]
fn texts_that_are_not_well_formed_are_refused() {
    let (request, good) = (get(&[]), response("200", &["Cache-Control: max-age=60"]));
    let (_, head) = keep(SHARED, &request, &good);
    let mut out = Vec::new();
    for bad in [&b"x"[..], b"1\0", b"2\0isocache\0", b"1\0iso\ncache\0"] {
        assert_eq!(lookup(bad, &request, &head, NOW, &mut out), Err(Malformed));
        assert_eq!(store(bad, &request, &good, NOW, NOW, &mut out), Err(Malformed));
    }
    for end in 1..head.len() {
        let cut = lookup(SHARED, &request, &head[..end], NOW, &mut out);
        assert!(cut == Err(Malformed) || head[end - 1] == 0, "a head cut at {end}");
    }
    for bad in
        [&b"9\x00200\x001\x001\x00\x00"[..], b"1\x00200\x001\x00", b"1\x00200\x00x\x001\x00\x00"]
    {
        assert_eq!(lookup(SHARED, &request, bad, NOW, &mut out), Err(Malformed));
    }
}
