//! Small parts of text: tokens and decimal numbers.
//!
//! Everything works on bytes. Text is only ever cut at ASCII characters, so what was UTF-8 stays it,
//! and the tables behind `str`'s methods stay out of the binary.

/// What a number of seconds that does not fit counts as (RFC 9111, 1.2.2).
pub(super) const MAX_SECONDS: u32 = 1 << 31;

/// Whether two texts are equal but for the case of ASCII letters. Not inlined, here and below: what
/// is used everywhere would be most of the binary otherwise.
#[inline(never)]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && starts(a, b)
}

/// Whether `text` starts with another, without case.
#[inline(never)]
pub(super) fn starts(text: &[u8], with: &[u8]) -> bool {
    let mut letters = text.iter();
    with.iter().all(|byte| letters.next().is_some_and(|other| other.eq_ignore_ascii_case(byte)))
}

/// Without the white space around it.
#[inline(never)]
pub(super) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// Whether `text` is a token (RFC 9110, 5.6.2): the form of methods and field names.
#[inline(never)]
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && run(text, TOKEN) == text.len()
}

/// How many bytes at the start of a text are of any of some kinds.
#[inline(never)]
pub(super) fn run(text: &[u8], kinds: u8) -> usize {
    text.iter().take_while(|&&byte| KINDS[usize::from(byte)] & kinds != 0).count()
}

/// Kinds of bytes, each a bit: what tokens are made of, and structured fields.
pub(super) const TOKEN: u8 = 1;
pub(super) const DIGIT: u8 = 1 << 1;
pub(super) const SPACE: u8 = 1 << 2;
pub(super) const KEY: u8 = 1 << 3;
pub(super) const BASE64: u8 = 1 << 4;
/// What tokens of structured fields have besides.
pub(super) const SEPARATOR: u8 = 1 << 5;
/// What stands for itself in a string, and in a display string.
pub(super) const STRING: u8 = 1 << 6;
pub(super) const DISPLAY: u8 = 1 << 7;

static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 128 {
        kinds[at] = kinds_of(at as u8);
        at += 1;
    }
    kinds
};

const fn kinds_of(byte: u8) -> u8 {
    let of = match byte {
        b'a'..=b'z' => TOKEN | KEY | BASE64,
        b'A'..=b'Z' => TOKEN | BASE64,
        b'0'..=b'9' => TOKEN | KEY | BASE64 | DIGIT,
        b'_' | b'-' | b'.' | b'*' => TOKEN | KEY,
        b'+' => TOKEN | BASE64,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'^' | b'`' | b'|' | b'~' => TOKEN,
        b'/' => BASE64 | SEPARATOR,
        b'=' => BASE64,
        b':' => SEPARATOR,
        b' ' => SPACE,
        _ => 0,
    };
    let within = match byte {
        b'"' => 0,
        b'\\' => DISPLAY,
        b'%' => STRING,
        b' '..=b'~' => STRING | DISPLAY,
        _ => 0,
    };
    of | within
}

/// A number written in digits alone; one that does not fit is `u64::MAX`.
#[inline(never)]
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    let mut number = (!digits.is_empty()).then_some(0_u64)?;
    for byte in digits {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        // Not `saturating_mul`: that is a multiplication of 128 bits here.
        number =
            if number > u64::MAX / 10 { u64::MAX } else { (number * 10).saturating_add(digit) };
    }
    Some(number)
}

/// `delta-seconds` (RFC 9111, 1.2.2).
pub(super) fn seconds(digits: &[u8]) -> Option<u32> {
    decimal(digits).map(|number| number.min(u64::from(MAX_SECONDS)) as u32)
}

/// An absolute URL in two: scheme and authority, and all that follows.
pub(super) fn origin_and_path(url: &[u8]) -> (&[u8], &[u8]) {
    let mut slashes = url.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let end = slashes.nth(2).map_or(url.len(), |(place, _)| place);
    url.split_at_checked(end).unwrap_or((url, &[]))
}

/// Appends text.
#[inline(never)]
pub(super) fn append(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
}

/// Appends a number in digits.
#[inline(never)]
pub(super) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_and_saturate() {
        for (text, expected) in [
            ("0", Some(0)),
            ("003600", Some(3_600)),
            ("2147483648", Some(MAX_SECONDS)),
            ("99999999999999999999999999", Some(MAX_SECONDS)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1 ", None),
            ("0x1", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in [0, 1, 9, 10, 1_700_000_000_000, u64::MAX] {
            let mut out = b"x".to_vec();
            push_decimal(&mut out, number);
            assert_eq!(decimal(&out[1..]), Some(number));
        }
    }

    #[test]
    fn tokens() {
        assert!(is_token(b"cache-control"));
        for text in [&b""[..], b"a b", b"a:", b"a\n", b"\xc3\xa4", b"a,b"] {
            assert!(!is_token(text), "{text:?}");
        }
    }
}
