//! Every parser of header fields, with arbitrary values: nothing panics, every text that is written is well formed, a
//! head that was written can be read, and what is served of a body lies inside it.

#![no_main]

use arbitrary::Arbitrary;
use isocache::http::{
    Answer, Forwarded, Freshened, Held, Lookup, Reason, answer, combine, conditions, forwarded,
    freshen, group_invalidations, invalidates, labels, lookup, store, update, variant,
};
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_697_328_000_000;
const FIELDS: [&str; 32] = [
    "cache-control",
    "cdn-cache-control",
    "date",
    "expires",
    "age",
    "last-modified",
    "etag",
    "vary",
    "content-range",
    "content-length",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "cache-tag",
    "surrogate-key",
    "cache-groups",
    "cache-group-invalidation",
    "accept-language",
    "accept-encoding",
    "pragma",
    "connection",
    "set-cookie",
    "authorization",
    "cookie",
    "cache-status",
    "location",
    "content-location",
    "accept-charset",
    "if-match",
    "content-type",
    "x",
];
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "QUERY", "PUT"];
const STATUSES: [&str; 6] = ["200", "206", "304", "404", "503", "100"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    shared: bool,
    first: (u8, Vec<(u8, &'a [u8])>),
    second: (u8, Vec<(u8, &'a [u8])>),
    response: (u8, Vec<(u8, &'a [u8])>),
    later: (u8, Vec<(u8, &'a [u8])>),
    after: u32,
    length: u32,
    known: bool,
}

/// A message; values keep what they have up to what no field can hold.
fn text(start: &[&str], fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut push = |part: &[u8]| {
        text.extend(part.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
        text.push(0);
    };
    start.iter().for_each(|part| push(part.as_bytes()));
    for (name, value) in fields {
        push(FIELDS[usize::from(*name) % FIELDS.len()].as_bytes());
        push(value);
    }
    text
}

fn request((method, fields): &(u8, Vec<(u8, &[u8])>)) -> Vec<u8> {
    text(&[METHODS[usize::from(*method) % METHODS.len()], "https://example.org/a"], fields)
}

fn response((status, fields): &(u8, Vec<(u8, &[u8])>)) -> Vec<u8> {
    text(&[STATUSES[usize::from(*status) % STATUSES.len()]], fields)
}

/// A text of so many parts before its fields.
fn is_well_formed(text: &[u8], start: usize) -> bool {
    let parts = text.iter().filter(|&&byte| byte == 0).count();
    text.last() == Some(&0) && parts >= start && (parts - start) % 2 == 0
}

fuzz_target!(|input: Input<'_>| {
    let options: &[u8] =
        if input.shared { b"1\0isocache\0CDN-Cache-Control\0" } else { b"0\0isocache\0" };
    let (first, second) = (request(&input.first), request(&input.second));
    let (arrived, later) = (response(&input.response), response(&input.later));
    let now = NOW + u64::from(input.after);
    let length = input.known.then_some(u64::from(input.length));
    let how =
        Forwarded { reason: Reason::Stale, status: Some(304), stored: true, collapsed: false };
    let mut out = Vec::new();

    forwarded(options, &arrived, how, &mut out).unwrap();
    assert!(is_well_formed(&out, 0));
    for writes in [labels, group_invalidations, invalidates] {
        out.clear();
        writes(&first, &arrived, &mut out).unwrap();
        assert!(out.is_empty() || out.ends_with(&[0]));
        assert!(
            out.iter().filter(|&&byte| byte == 0).count() <= 64 || out.len() < arrived.len() + 99
        );
    }
    out.clear();
    let vary: Vec<u8> =
        input.response.1.iter().flat_map(|(_, v)| [&text(&[], &[(0, v)])[14..]].concat()).collect();
    assert_eq!(variant(&first, &vary, &mut out), Ok(!out.is_empty()));

    let mut head = Vec::new();
    let Some(kept) = store(options, &first, &arrived, NOW, NOW, &mut head).unwrap() else {
        return assert!(head.is_empty());
    };
    assert!(is_well_formed(&head, 5) && kept.ms > 0);
    out.clear();
    conditions(&head, &mut out).unwrap();
    assert!(out.is_empty() || is_well_formed(&out, 0));
    let held = Held { length, purged: false, collapsed: false };
    out.clear();
    match lookup(options, &second, &head, held, now, &mut out).unwrap() {
        Lookup::Answer { answer, .. } => {
            check(answer, length, kept.span.map(|span| span.end - span.start), &out)
        }
        Lookup::Forward(_) => assert!(out.is_empty() || is_well_formed(&out, 0)),
        Lookup::OnlyIfCached => assert!(is_well_formed(&out, 1)),
    }
    out.clear();
    if let Some(found) = answer(options, &second, &head, how, true, length, now, &mut out).unwrap()
    {
        check(found, length, kept.span.map(|span| span.end - span.start), &out);
    }
    for once in [false, true] {
        out.clear();
        let done = freshen(options, &first, &head, &later, now, now, once, &mut out).unwrap();
        assert_eq!(done == Freshened::Mismatch, out.is_empty());
        assert!(
            out.is_empty() || is_well_formed(&out, 5) && conditions(&out, &mut Vec::new()).is_ok()
        );
    }
    out.clear();
    update(options, &second, &head, &later, now, now, &mut out).unwrap();
    assert!(out.is_empty() || is_well_formed(&out, 5));
    out.clear();
    if let Some(both) = combine(options, &second, &head, &later, now, now, &mut out).unwrap() {
        assert!(is_well_formed(&out, 5));
        let (span, held) = (both.span, kept.span.expect("a part"));
        assert!(span.start == both.stored.min(both.arriving) && held.start == both.stored);
        assert!(span.end >= held.end && span.total.is_some_and(|total| total >= span.end));
    }
});

/// What is served lies inside what is there, as far as that is known.
fn check(answer: Answer, length: Option<u64>, part: Option<u64>, out: &[u8]) {
    assert!(is_well_formed(out, 1));
    if let Answer::Part { start, end } = answer {
        assert!(start < end);
        assert!(length.is_none_or(|length| end <= length) && part.is_none_or(|part| end <= part));
    }
}
