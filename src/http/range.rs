//! Ranges of bytes (RFC 9110, 14): what a request wants, and what a partial response holds.
//!
//! One range is understood. A request for several, in another unit, or malformed is as if it had no
//! Range, which RFC 9110, 14.2 allows.

use super::fields::Fields;
use super::list::members;
use super::names::Name;
use super::text::{decimal, same};

/// Offsets stay below this: JavaScript's numbers hold no larger integers.
const MAX_OFFSET: u64 = 1 << 53;

/// The part of a body that a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// From an offset to another one, inclusive, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Wanted {
    /// What Range says; `None` if that is nothing, or nothing that is understood.
    #[inline(never)]
    pub fn of(fields: &Fields<'_>) -> Option<Self> {
        let text = fields.only(Name::Range)?;
        let (unit, rest) = split(text, b'=')?;
        let mut ranges = members(rest);
        let (first, last) = split(ranges.next()?, b'-')?;
        if !same(unit, b"bytes") || ranges.next().is_some() {
            return None;
        }
        match (first, last) {
            (b"", last) => Some(Self::Last(decimal(last)?)),
            (first, b"") => Some(Self::From(decimal(first)?, None)),
            (first, last) => {
                let (first, last) = (decimal(first)?, decimal(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// The bytes of a body of `total` that it means, the end exclusive; `None`: there are none.
    pub fn within(self, total: u64) -> Option<(u64, u64)> {
        let (start, end) = match self {
            Self::From(first, last) => {
                (first, last.map_or(total, |last| last.saturating_add(1).min(total)))
            }
            Self::Last(count) => (total.saturating_sub(count), total),
        };
        (start < end).then_some((start, end))
    }
}

/// Where the bytes of a partial response lie in the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset behind the last byte.
    pub end: u64,
    /// Bytes of the whole, where that is known.
    pub total: Option<u64>,
}

impl Span {
    /// What Content-Range says, if it is there once and makes sense.
    #[inline(never)]
    pub(super) fn of(fields: &Fields<'_>) -> Option<Self> {
        let (unit, rest) = split(fields.only(Name::ContentRange)?, b' ')?;
        let (range, total) = split(rest, b'/')?;
        let (first, last) = split(range, b'-')?;
        let (start, end) = (decimal(first)?, decimal(last)?.saturating_add(1));
        let total = if total == b"*" { None } else { Some(decimal(total)?) };
        let sound = start < end && end <= total.unwrap_or(end) && total.unwrap_or(end) < MAX_OFFSET;
        (sound && same(unit, b"bytes")).then_some(Self { start, end, total })
    }

    /// Bytes in it.
    pub(super) fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    pub(super) fn is_whole(self) -> bool {
        self.start == 0 && self.total == Some(self.end)
    }

    /// The bytes that a request wants, as offsets into the whole, if all of them are here. `None`:
    /// they are not; `Some(None)`: they are nowhere.
    pub(super) fn holds(self, wanted: Wanted) -> Option<Option<(u64, u64)>> {
        let found = match (self.total, wanted) {
            (Some(total), wanted) => match wanted.within(total) {
                Some(found) => found,
                None => return Some(None),
            },
            (None, Wanted::From(first, Some(last))) => (first, last.saturating_add(1)),
            (None, _) => return None,
        };
        (self.start <= found.0 && found.1 <= self.end).then_some(Some(found))
    }

    /// The bytes of both, where they touch and are of one whole.
    pub(super) fn union(self, other: Self) -> Option<Self> {
        let one_whole = self.total.is_some() && self.total == other.total;
        let touch = self.start <= other.end && other.start <= self.end;
        (one_whole && touch).then_some(Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            total: self.total,
        })
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == at)?;
    let (before, rest) = text.split_at_checked(place)?;
    Some((before, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &'static str, value: &'static str) -> Fields<'static> {
        let mut fields = Fields::default();
        fields.push(name.as_bytes(), value.as_bytes()).unwrap();
        fields
    }

    #[test]
    fn content_ranges() {
        for (text, expected) in [
            ("bytes 0-0/1", Some((0, 1, Some(1)))),
            ("Bytes 4-9/*", Some((4, 10, None))),
            ("bytes 00-09/010", Some((0, 10, Some(10)))),
            (
                "bytes 0-9007199254740990/9007199254740991",
                Some((0, (1 << 53) - 1, Some((1 << 53) - 1))),
            ),
            ("bytes 0-9007199254740991/9007199254740992", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 5-4/10", None),
            ("bytes 0-10/10", None),
            ("bytes */10", None),
            ("bytes 0-1", None),
            ("bytes=0-1/10", None),
            ("lines 0-1/10", None),
            ("bytes  0-1/10", None),
            ("bytes 0-1/10, bytes 0-1/10", None),
            ("", None),
        ] {
            let span = Span::of(&fields("content-range", text));
            assert_eq!(span.map(|span| (span.start, span.end, span.total)), expected, "{text:?}");
        }
    }

    #[test]
    fn wanted_ranges() {
        for (text, expected) in [
            ("bytes=0-0", Some((0, 1))),
            ("bytes=0-", Some((0, 10))),
            ("bytes=-10", Some((0, 10))),
            ("bytes=-11", Some((0, 10))),
            ("bytes=9-99999999999999999999", Some((9, 10))),
            ("bytes=10-", None),
            ("bytes=-0", None),
        ] {
            let wanted = Wanted::of(&fields("range", text)).expect("a range");
            assert_eq!(wanted.within(10), expected, "{text:?}");
            assert_eq!(wanted.within(0), None, "{text:?}");
        }
        for text in ["", "bytes", "bytes=", "bytes=,", "bytes=--1", "bytes=1-0", "bytes=0-1-2"] {
            assert_eq!(Wanted::of(&fields("range", text)), None, "{text:?}");
        }
    }
}
