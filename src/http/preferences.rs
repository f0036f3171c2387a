//! What a client prefers, in Accept-Language, Accept-Encoding and Accept-Charset: names with weights.
//!
//! Their order means nothing (RFC 9110, 12.5.4), neither does case, and a weight of 1 is that of a name
//! without one. They are written heaviest first, then by name, each once, so that more requests share
//! a stored response. A list that is no list of weighted names, or a long one, stays as it is.

use super::fields::Fields;
use super::names::Name;
use super::text::{append, is_token, push_decimal, same, trim};
use super::vary::{is_before, push_lower};

/// More members are not sorted: nobody has that many.
const MAX_MEMBERS: usize = 64;
/// A weight of 1; weights have three digits.
const MOST: u16 = 1_000;

type Preference<'a> = (u16, &'a [u8]);

/// Writes what a client prefers behind a colon; false, and nothing written, if the field is another
/// one, absent or not well formed.
pub(super) fn push_preferences(fields: &Fields<'_>, name: &[u8], out: &mut Vec<u8>) -> bool {
    let weighted =
        matches!(Name::of(name), Name::AcceptLanguage | Name::AcceptEncoding | Name::AcceptCharset);
    let Some(preferences) = Some(fields).filter(|_| weighted).and_then(|f| read(f, name)) else {
        return false;
    };
    for (place, (weight, name)) in preferences.into_iter().enumerate() {
        out.push(if place > 0 { b',' } else { b':' });
        push_lower(out, name);
        if weight < MOST {
            append(out, b";q=");
            push_decimal(out, weight.into());
        }
    }
    true
}

fn read<'a>(fields: &Fields<'a>, name: &[u8]) -> Option<Vec<Preference<'a>>> {
    let mut preferences: Vec<Preference<'a>> = Vec::new();
    for member in fields.list(Name::of(name)) {
        let new = preference(member)?;
        // Sorts as Vary's names are sorted, and for the same reason.
        let mut place = 0;
        while preferences.get(place).is_some_and(|other| goes_before(other, &new)) {
            place += 1;
        }
        if preferences.get(place).is_none_or(|other| other.0 != new.0 || !same(other.1, new.1)) {
            preferences.insert(place, new);
        }
        if preferences.len() > MAX_MEMBERS {
            return None;
        }
    }
    (!preferences.is_empty()).then_some(preferences)
}

fn goes_before(a: &Preference<'_>, b: &Preference<'_>) -> bool {
    a.0 > b.0 || a.0 == b.0 && is_before(a.1, b.1)
}

/// `name` or `name;q=0.5`.
fn preference(member: &[u8]) -> Option<Preference<'_>> {
    let end = member.iter().position(|&byte| byte == b';').unwrap_or(member.len());
    let (name, rest) = member.split_at_checked(end)?;
    let name = trim(name);
    let weight = match rest.split_first() {
        Some((_, parameter)) => weight(trim(parameter))?,
        None => MOST,
    };
    is_token(name).then_some((weight, name))
}

/// `q=0.5` in thousandths (RFC 9110, 12.4.2).
fn weight(parameter: &[u8]) -> Option<u16> {
    let (name, value) = parameter.split_at_checked(2)?;
    let (whole, fraction) = value.split_first()?;
    let digits = match fraction.split_first() {
        Some((b'.', digits)) if digits.len() <= 3 => digits,
        None => &[],
        _ => return None,
    };
    let mut weight = match whole {
        b'0' => 0,
        b'1' => MOST,
        _ => return None,
    };
    let mut unit = MOST / 10;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        weight += digit * unit;
        unit /= 10;
    }
    (same(name, b"q=") && weight <= MOST).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: &[&str]) -> Option<String> {
        let mut fields = Fields::default();
        lines.iter().for_each(|line| fields.push(b"Accept-Language", line.as_bytes()).unwrap());
        let mut out = Vec::new();
        push_preferences(&fields, b"accept-language", &mut out)
            .then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn preferences_are_sorted() {
        for (lines, expected) in [
            (&["de, en"][..], ":de,en"),
            (&["en,DE"], ":de,en"),
            (&["en", "de"], ":de,en"),
            (&["fr;q=0.5, de ; Q=1.000, en;q=0.50"], ":de,en;q=500,fr;q=500"),
            (&["en, en;q=1, EN;q=1.0"], ":en"),
            (&["en, en;q=0.9"], ":en,en;q=900"),
            (&["*;q=0, en;q=0.001, de;q=0.01"], ":de;q=10,en;q=1,*;q=0"),
            (&["b, a-b, a"], ":a,a-b,b"),
        ] {
            assert_eq!(written(lines).as_deref(), Some(expected), "{lines:?}");
        }
    }

    #[test]
    fn what_is_not_well_formed_stays() {
        for line in [
            "",
            ",",
            "en;",
            "en;q",
            "en;q=",
            "en;q=2",
            "en;q=1.001",
            "en;q=0.1234",
            "en;q=.5",
            "en;q=-1",
            "en;q=0.x",
            "en;q=0.5.1",
            "en;level=1",
            "en;q=1;x",
            "de en",
            "en;q =1",
            ";q=1",
        ] {
            assert_eq!(written(&[line]), None, "{line:?}");
        }
        assert_eq!(written(&[]), None);
        let many: Vec<_> = (0..=MAX_MEMBERS).map(|number| format!("a{number}")).collect();
        assert_eq!(written(&[&many.join(",")]), None);
        assert!(written(&[&many[1..].join(",")]).is_some());
        let mut fields = Fields::default();
        fields.push(b"accept", b"a;q=0.5").unwrap();
        assert!(!push_preferences(&fields, b"accept", &mut Vec::new()), "order counts there");
    }
}
