//! What responses can be purged by, and what their origin invalidates, as tables.
#![cfg(feature = "http")]
#![allow(clippy::type_complexity)] // the types of tables

use isocache::http::{group_invalidations, labels};

#[path = "support/http.rs"]
mod support;
use support::{get, response, text};

fn labels_of(fields: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    labels(&get(&[]), &response("200", fields), &mut out).unwrap();
    parts(&out)
}

fn parts(out: &[u8]) -> Vec<String> {
    let text = String::from_utf8(out.to_vec()).unwrap();
    text.split_terminator('\0').map(String::from).collect()
}

#[test]
fn names_of_labels() {
    let rows: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["Cache-Tag: a, b c ,,a"], &["ta", "tb c"]),
        (&["Cache-Tag: a", "cache-tag: b"], &["ta", "tb"]),
        (&["Surrogate-Key: a  b,c\ta"], &["ta", "tb,c"]),
        (&["Surrogate-Key: a", "Cache-Tag: a, A"], &["ta", "tA"]),
        (&["Cache-Groups: \"a\", \"b c\""], &["ga", "Ga", "gb c", "Gb c"]),
        (&["Cache-Groups: \"a\"", "Cache-Groups: \"b\";x=1, \"a\""], &["ga", "Ga", "gb", "Gb"]),
        (&["Cache-Groups: \"\\\"a\\\\\""], &["g\"a\\", "G\"a\\"]),
        (&["Cache-Groups: \"a\", b"], &[]),
        (&["Cache-Groups: \"a\","], &[]),
        (&["Cache-Groups: \"a\" \"b\""], &[]),
        (&["Cache-Groups: \"\u{fc}\""], &[]),
        (&["Cache-Tag: b", "Cache-Groups: \"b\""], &["gb", "Gb", "tb"]),
    ];
    for (fields, expected) in rows {
        let expected: Vec<_> = expected
            .iter()
            .map(|label| match label.strip_prefix('g') {
                Some(name) => format!("ghttps://example.org {name}"),
                None => label.to_string(),
            })
            .collect();
        assert_eq!(labels_of(fields), expected, "{fields:?}");
    }
}

#[test]
fn bounds_of_labels() {
    let many: Vec<_> = (0..100).map(|number| format!("a{number}")).collect();
    assert_eq!(labels_of(&[&format!("Cache-Tag: {}", many.join(","))]).len(), 64);
    let groups: Vec<_> = many.iter().map(|name| format!("\"{name}\"")).collect();
    let fields = ["Cache-Tag: t", &format!("Cache-Groups: {}", groups[..32].join(", "))];
    assert_eq!(labels_of(&fields).len(), 64, "32 groups are what RFC 9875 asks for");
    let long = "x".repeat(1_025);
    assert_eq!(labels_of(&[&format!("Cache-Tag: {long}, a, {}", &long[1..])]).len(), 2);
}

#[test]
fn groups_that_an_unsafe_request_invalidates() {
    let rows: &[(&str, &str, &str, &[&str])] = &[
        ("POST", "200", "\"a\", \"b\"", &["a", "b"]),
        ("DELETE", "204", "\"a\";x", &["a"]),
        ("PUT", "303", "\"a\"", &["a"]),
        ("FOO", "200", "\"a\"", &["a"]),
        ("POST", "400", "\"a\"", &[]),
        ("POST", "500", "\"a\"", &[]),
        ("POST", "100", "\"a\"", &[]),
        ("GET", "200", "\"a\"", &[]),
        ("QUERY", "200", "\"a\"", &[]),
        ("POST", "200", "a", &[]),
        ("POST", "200", "", &[]),
    ];
    for (method, status, value, expected) in rows {
        for (url, origin) in [
            ("https://example.org/a/b?c=/d", "https://example.org"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            let field = format!("Cache-Group-Invalidation: {value}");
            let (mut out, request) = (Vec::new(), text(&[method, url], &[]));
            group_invalidations(&request, &response(status, &[&field]), &mut out).unwrap();
            let expected: Vec<_> =
                expected.iter().map(|name| format!("g{origin} {name}")).collect();
            assert_eq!(parts(&out), expected, "{method} {status} {value}");
        }
    }
}
