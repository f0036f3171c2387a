//! Vary: which requests a stored response answers (RFC 9111, 4.1).
//!
//! The fields that Vary names are written as one text, name by name in alphabetical order, and two
//! requests match if their texts are the same. What has the same meaning is written the same way:
//! several lines as one list, space around commas dropped, and languages, codings and character sets
//! in lower case and in the order of their weights ([`preferences`](super::preferences)). A field that
//! is absent is told from one that is empty.

use super::fields::Fields;
use super::list::members;
use super::names::Name;
use super::preferences::push_preferences;
use super::text::{append, is_token, same};
use super::wire::{Malformed, Parts, Request};

/// As many names as a response may vary on: more would make a key of nothing but them.
const MAX_NAMES: usize = 64;

/// The names in Vary, sorted, each once. `None`: it has a `*`, or something that is no name, or too
/// many of them, and no request can match.
#[inline(never)]
pub(super) fn names<'a>(fields: &Fields<'a>) -> Option<Vec<&'a [u8]>> {
    let mut names: Vec<&[u8]> = Vec::new();
    for member in fields.list(Name::Vary) {
        if member == b"*" || !is_token(member) {
            return None;
        }
        // Few are there to be sorted, and this sorts without the code of a general sort.
        let mut place = 0;
        while names.get(place).is_some_and(|other| is_before(other, member)) {
            place += 1;
        }
        if names.get(place).is_none_or(|other| !same(other, member)) {
            names.insert(place, member);
        }
        if names.len() > MAX_NAMES {
            return None;
        }
    }
    Some(names)
}

pub(super) fn is_before(a: &[u8], b: &[u8]) -> bool {
    let lower = |text: &[u8], at| text.get(at).map(u8::to_ascii_lowercase);
    let mut at = 0;
    while lower(a, at).is_some() && lower(a, at) == lower(b, at) {
        at += 1;
    }
    lower(a, at) < lower(b, at)
}

/// Appends the part of a request that `names` select; nothing can be mistaken for another name or
/// value, as neither holds a line break.
#[inline(never)]
pub(super) fn select(fields: &Fields<'_>, names: &[&[u8]], out: &mut Vec<u8>) {
    for name in names {
        push_lower(out, name);
        if !push_preferences(fields, name, out) {
            push_lines(fields, name, out);
        }
        out.push(b'\n');
    }
}

#[inline(never)]
pub(super) fn push_lower(out: &mut Vec<u8>, text: &[u8]) {
    text.iter().for_each(|byte| out.push(byte.to_ascii_lowercase()));
}

/// Writes the lines of a field behind a colon; nothing where there are none.
fn push_lines(fields: &Fields<'_>, name: &[u8], out: &mut Vec<u8>) {
    let mut separator = b':';
    for value in fields.all_of(name) {
        out.push(separator);
        push_normal(out, name, value);
        separator = b',';
    }
}

/// Cookies and credentials are no lists, and a comma in them is like any other character.
fn push_normal(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    if matches!(Name::of(name), Name::Cookie | Name::Authorization) {
        append(out, value);
        return;
    }
    for (place, member) in members(value).enumerate() {
        append(out, if place > 0 { b"," } else { b"" });
        append(out, member);
    }
}

/// What Vary adds to the key of a request: writes the names, joined by commas, and the values that
/// the request has, as two parts. `vary` holds values of Vary, one part each. Gives false, and
/// writes nothing, when no request can match. O(names · (names + fields)), of at most 64 names.
pub fn variant(request: &[u8], vary: &[u8], out: &mut Vec<u8>) -> Result<bool, Malformed> {
    let request = Request::read(request)?;
    let mut lines = Fields::default();
    for value in Parts::new(vary)? {
        lines.push(b"vary", value).ok_or(Malformed)?;
    }
    let Some(names) = names(&lines) else { return Ok(false) };
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        push_lower(out, name);
    }
    out.push(0);
    select(&request.fields, &names, out);
    out.push(0);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(vary: &str, fields: &[(&str, &str)]) -> Option<String> {
        let mut lines = Fields::default();
        lines.push(b"vary", vary.as_bytes()).unwrap();
        let names = names(&lines)?;
        let mut read = Fields::default();
        fields
            .iter()
            .for_each(|(name, value)| read.push(name.as_bytes(), value.as_bytes()).unwrap());
        let mut out = Vec::new();
        select(&read, &names, &mut out);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn equal_requests_read_the_same() {
        let same = |vary, a: &[_], b: &[_]| assert_eq!(selected(vary, a), selected(vary, b));
        same("foo", &[("Foo", "1, 2")], &[("foo", "1"), ("FOO", "2")]);
        same("Foo", &[("foo", "1,2")], &[("foo", " 1 ,  2 ")]);
        same("Accept-Language", &[("accept-language", "en, de")], &[("accept-language", "eN,De")]);
        same("foo", &[("foo", "1"), ("bar", "1")], &[("foo", "1"), ("bar", "2")]);
        assert_eq!(
            selected("A, b,a", &[("b", "2"), ("a", "1")]),
            selected("b, A", &[("a", "1"), ("b", "2")])
        );
    }

    #[test]
    fn unequal_requests_do_not() {
        let differ = |vary, a: &[_], b: &[_]| assert_ne!(selected(vary, a), selected(vary, b));
        differ("foo", &[("foo", "1")], &[("foo", "2")]);
        differ("foo", &[("foo", "a")], &[("foo", "A")]);
        differ("foo", &[("foo", "")], &[]);
        differ("foo", &[("foo", "\"a, b\"")], &[("foo", "\"a,b\"")]);
        differ("a, b", &[("a", "b:")], &[("b", "")]);
        differ("ab, a", &[("ab", "1")], &[("a", "1")]);
        differ("cookie", &[("cookie", "a=1, 2")], &[("cookie", "a=1,2")]);
    }

    #[test]
    fn nothing_matches_a_star() {
        for vary in ["*", "*, *", ", *", "foo, *", "*, foo", "f oo", "\"foo\"", "fo\u{e4}"] {
            assert_eq!(selected(vary, &[]), None, "{vary:?}");
        }
        assert_eq!(selected("", &[]).as_deref(), Some(""));
        let many: Vec<_> = (0..=MAX_NAMES).map(|number| format!("a{number}")).collect();
        assert_eq!(selected(&many.join(","), &[]), None);
        assert!(selected(&many[1..].join(","), &[]).is_some());
        assert!(selected(&"a,".repeat(100_000), &[]).is_some());
    }
}
