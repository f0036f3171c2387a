//! Comma-separated lists (RFC 9110, 5.6.1).
//!
//! A comma inside a quoted string does not separate. A quote that is never closed is an ordinary
//! character, and so are all quotes behind it: otherwise `x="y, no-store` would hide the `no-store`,
//! and looking for the end of every quote again would be quadratic.

use super::text::trim;

/// The members of a list: trimmed, the empty ones left out.
pub(super) fn members(value: &[u8]) -> Members<'_> {
    Members { rest: value, escapes: true, quotes: true }
}

/// As [`members`], for entity tags, where `\` inside quotes is an ordinary character.
pub(super) fn etags(value: &[u8]) -> Members<'_> {
    Members { rest: value, escapes: false, quotes: true }
}

pub(super) struct Members<'a> {
    rest: &'a [u8],
    escapes: bool,
    quotes: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (member, rest) = self.rest.split_at_checked(self.end())?;
            self.rest = rest.get(1..).unwrap_or_default();
            let member = trim(member);
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    }
}

impl Members<'_> {
    /// Where the first member ends: at a comma, or with the text.
    fn end(&mut self) -> usize {
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at) {
            match byte {
                b',' => return at,
                b'"' if self.quotes => match self.closing(at) {
                    Some(close) => at = close,
                    None => self.quotes = false,
                },
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// The quote that closes the one at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut at = open + 1;
        loop {
            match self.rest.get(at)? {
                b'"' => return Some(at),
                b'\\' if self.escapes => at += 2,
                _ => at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        members(text.as_bytes()).map(|m| std::str::from_utf8(m).unwrap()).collect()
    }

    #[test]
    fn members_of_lists() {
        for (text, expected) in [
            ("", &[][..]),
            (" , ,, ", &[]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            (" a ,\tb ", &["a", "b"]),
            ("a=\"x, y\", b", &["a=\"x, y\"", "b"]),
            ("a=\"x\\\", y\", b", &["a=\"x\\\", y\"", "b"]),
            ("a=\"x, no-store", &["a=\"x", "no-store"]),
            ("a=\"x\", b=\"y, c=\"z\"", &["a=\"x\"", "b=\"y, c=\"z\""]),
            ("a=\"x\\", &["a=\"x\\"]),
        ] {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_backslash_in_an_etag_is_a_character() {
        let found: Vec<_> = etags(b"\"a\\\", W/\"b,c\"").collect();
        assert_eq!(found, [&b"\"a\\\""[..], b"W/\"b,c\""]);
    }

    #[test]
    fn hostile_quotes_take_linear_time() {
        let text = "\"\\".repeat(1 << 20);
        assert_eq!(members(text.as_bytes()).count(), 1);
        let text = "\",".repeat(1 << 20) + "\"";
        assert!(members(text.as_bytes()).count() > 0);
    }
}
