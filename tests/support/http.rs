//! Messages as text, and the usual course of things: a response is stored, time passes, a request comes.
#![allow(dead_code)] // each test uses some of it

use isocache::http::{Answer, Held, Kept, Lookup, Reason, lookup, store};

/// Sun, 15 Oct 2023 00:00:00 GMT
pub const NOW: u64 = 1_697_328_000_000;
pub const DATE: &str = "Date: Sun, 15 Oct 2023 00:00:00 GMT";
pub const SHARED: &[u8] = b"1\0isocache\0CDN-Cache-Control\0";
pub const PRIVATE: &[u8] = b"0\0isocache\0";
pub const HIT: Option<Reason> = None;
pub const MISS: Option<Reason> = Some(Reason::Miss);
pub const STALE: Option<Reason> = Some(Reason::Stale);
pub const ASKED: Option<Reason> = Some(Reason::Request);

/// Start line and fields as they are written in the tables ("Name: value") to text.
pub fn text(start: &[&str], fields: &[&str]) -> Vec<u8> {
    let pairs = fields.iter().flat_map(|field| {
        let (name, value) = field.split_once(':').unwrap();
        [name, value]
    });
    start.iter().copied().chain(pairs).flat_map(|part| [part.as_bytes(), &[0]].concat()).collect()
}

pub fn get(fields: &[&str]) -> Vec<u8> {
    text(&["GET", "https://example.org/a"], fields)
}

pub fn response(status: &str, fields: &[&str]) -> Vec<u8> {
    text(&[status], fields)
}

/// The parts of a text, fields as in the tables.
pub fn read(out: &[u8], start: usize) -> (Vec<String>, Vec<String>) {
    let mut parts: Vec<_> =
        String::from_utf8(out.to_vec()).unwrap().split('\0').map(String::from).collect();
    assert_eq!(parts.pop().as_deref(), Some(""), "ended by a NUL");
    let fields = parts.split_off(start);
    (parts, fields.chunks(2).map(|pair| format!("{}: {}", pair[0], pair[1])).collect())
}

pub fn keep(options: &[u8], request: &[u8], response: &[u8]) -> (Option<Kept>, Vec<u8>) {
    let mut head = Vec::new();
    let kept = store(options, request, response, NOW, NOW, &mut head).unwrap();
    (kept, head)
}

/// A lookup of an ordinary entry, so many seconds later.
pub fn find(options: &[u8], request: &[u8], head: &[u8], seconds: u64) -> (Lookup, Vec<u8>) {
    let mut out = Vec::new();
    let now = NOW + seconds * 1_000;
    (lookup(options, request, head, Held::default(), now, &mut out).unwrap(), out)
}

/// Why the request goes to the origin, if it does; and the rest of the answer.
pub fn ask(options: &[u8], request: &[u8], head: &[u8], seconds: u64) -> (Option<Reason>, Vec<u8>) {
    match find(options, request, head, seconds) {
        (Lookup::Forward(forward), out) => (Some(forward.reason), out),
        (_, out) => (None, out),
    }
}

/// Stores a response to a plain GET and asks for it again, so many seconds later.
pub fn again(options: &[u8], fields: &[&str], request: &[&str], seconds: u64) -> Option<Reason> {
    let (_, head) = keep(options, &get(&[]), &response("200", fields));
    ask(options, &get(request), &head, seconds).0
}

pub fn hit(answer: Answer) -> Lookup {
    Lookup::Answer { answer, revalidate: false }
}
