//! How an entry is written into pieces of the arena.
//!
//! The first piece: a head of 23 bytes, fields that only some entries have, then the stream: the key's
//! bytes and the value's. A stream too long for one piece goes on in further pieces, linked both ways,
//! so that any of them can be moved. All little-endian:
//!
//! | bytes | first piece | further piece |
//! |---|---|---|
//! | 0..4 | owner | owner |
//! | 4..6 | length in units | length in units |
//! | 6..8 | length of the key | - |
//! | 8..16 | flags (1), deadline (7) | place of the piece before (4), of the one after (4) |
//! | 16..23 | kind of the value (1), modified (6) | stream |
//!
//! Times are milliseconds. The flags' highest two bits say how much of the last unit is not used.

use super::arena::{UNIT, read_u16, read_u32, read_u64, write};
use super::value::Value;

/// The fields that every first piece has.
pub(super) const HEAD: usize = 23;
/// The fields of a further piece.
pub(super) const LINK: usize = 16;
/// The longest head with all its optional fields.
pub(super) const LONGEST_HEAD: usize = HEAD + 8 + 8 + 8 + 14;

const KEY_LEN: usize = 6;
const DEADLINE: usize = 8;
const KIND: usize = 16;
const MODIFIED: usize = 17;
const BEFORE: usize = 8;
const AFTER: usize = 12;

/// There are further pieces: the place of the next one (4), the stream's length (4).
pub(super) const CHAINED: u8 = 1;
/// The cache has a bound on idleness: when it was last used (8).
pub(super) const IDLE: u8 = 2;
/// It is held for a while after its deadline: until when (8).
pub(super) const STALE: u8 = 4;
/// It has tags: see [`Tagged`] (4, 8, 2).
pub(super) const TAGGED: u8 = 8;
/// The value is a number (8 bytes of the stream).
pub(super) const NUMBER: u8 = 16;
/// The value lies elsewhere: what it costs (8 bytes of the stream).
pub(super) const REFERENCE: u8 = 32;
const UNUSED_SHIFT: u8 = 6;

/// The latest deadline and the latest time of a modification that fit.
pub(super) const MAX_DEADLINE: u64 = (1 << 56) - 1;
pub(super) const MAX_MODIFIED: u64 = (1 << 48) - 1;

/// Where the stream begins, from the flags.
pub(super) const fn head_len(flags: u8) -> usize {
    HEAD + 8 * (flags & 7).count_ones() as usize + if flags & TAGGED == 0 { 0 } else { 14 }
}

const fn field(flags: u8, flag: u8) -> usize {
    HEAD + 8 * (flags & (flag - 1)).count_ones() as usize
}

/// What a first piece says of its entry: a view of the bytes from there on.
#[derive(Clone, Copy)]
pub(super) struct Head<'a>(pub(super) &'a [u8]);

impl<'a> Head<'a> {
    pub(super) fn owner(self) -> u32 {
        read_u32(self.0, 0)
    }

    fn piece_len(self) -> usize {
        read_u16(self.0, 4) as usize * UNIT
    }

    pub(super) fn key_len(self) -> usize {
        read_u16(self.0, KEY_LEN) as usize
    }

    pub(super) fn flags(self) -> u8 {
        self.0[DEADLINE]
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags() & flag != 0
    }

    /// The first millisecond at which the entry is gone.
    pub(super) fn deadline(self) -> u64 {
        read_u64(self.0, DEADLINE) >> 8
    }

    pub(super) fn kind(self) -> u8 {
        self.0[KIND]
    }

    pub(super) fn modified(self) -> u64 {
        // One byte before the field belongs to the word.
        read_u64(self.0, MODIFIED - 2) >> 16
    }

    /// How many bytes key and value have together.
    pub(super) fn stream_len(self) -> usize {
        let flags = self.flags();
        if flags & CHAINED != 0 {
            return read_u32(self.0, HEAD + 4) as usize;
        }
        self.piece_len() - (flags >> UNUSED_SHIFT) as usize - head_len(flags)
    }

    /// How many bytes the value has: 8 for a number and for a reference.
    pub(super) fn value_len(self) -> usize {
        self.stream_len() - self.key_len()
    }

    /// The part of the stream that lies in the first piece.
    pub(super) fn stream(self) -> &'a [u8] {
        let flags = self.flags();
        &self.0[head_len(flags)..self.piece_len() - (flags >> UNUSED_SHIFT) as usize]
    }

    /// The place of the second piece; for an entry that is [`CHAINED`].
    pub(super) fn next(self) -> u32 {
        read_u32(self.0, HEAD)
    }

    pub(super) fn used(self) -> Option<u64> {
        let flags = self.flags();
        (flags & IDLE != 0).then(|| read_u64(self.0, field(flags, IDLE)))
    }

    pub(super) fn stale_until(self) -> Option<u64> {
        let flags = self.flags();
        (flags & STALE != 0).then(|| read_u64(self.0, field(flags, STALE)))
    }

    pub(super) fn tags(self) -> Option<Tagged> {
        let flags = self.flags();
        let at = field(flags, TAGGED);
        (flags & TAGGED != 0).then(|| Tagged {
            first: read_u32(self.0, at),
            born: read_u64(self.0, at + 4),
            count: read_u16(self.0, at + 12),
        })
    }

    /// A value that the head tells without its bytes.
    pub(super) fn value_of(self, bytes: &[u8]) -> Value<'_> {
        let flags = self.flags();
        if flags & NUMBER != 0 {
            Value::Number(f64::from_bits(read_u64(bytes, 0)))
        } else if flags & REFERENCE != 0 {
            Value::Reference { bytes: read_u64(bytes, 0) }
        } else {
            Value::Bytes { kind: self.kind(), bytes }
        }
    }
}

/// What an entry knows of its tags.
#[derive(Clone, Copy)]
pub(super) struct Tagged {
    /// The first of its memberships.
    pub(super) first: u32,
    /// The generation at which it was made.
    pub(super) born: u64,
    /// How many there are.
    pub(super) count: u16,
}

/// What the head of an entry is to say.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) deadline: u64,
    pub(super) modified: u64,
    /// Where the cache bounds idleness.
    pub(super) used: Option<u64>,
    /// Where the entry is held after its deadline.
    pub(super) stale_until: Option<u64>,
    /// Where it has tags.
    pub(super) tags: Option<Tagged>,
}

impl Fields {
    /// The flags that follow from these fields and the value.
    pub(super) fn flags(&self, value: &Value) -> u8 {
        let value = match value {
            Value::Number(_) => NUMBER,
            Value::Reference { .. } => REFERENCE,
            Value::Bytes { .. } => 0,
        };
        let optional = [
            (self.used.is_some(), IDLE),
            (self.stale_until.is_some(), STALE),
            (self.tags.is_some(), TAGGED),
        ];
        optional.iter().filter(|(there, _)| *there).fold(value, |flags, (_, flag)| flags | flag)
    }

    /// Writes the head; `len` is how much of the piece is used. The chain's fields are the caller's.
    pub(super) fn write(&self, piece: &mut [u8], flags: u8, key_len: usize, kind: u8, len: usize) {
        let unused = (len.next_multiple_of(UNIT) - len) as u8;
        write(piece, KEY_LEN, &(key_len as u16).to_le_bytes());
        let word = self.deadline.min(MAX_DEADLINE) << 8 | u64::from(flags | unused << UNUSED_SHIFT);
        write(piece, DEADLINE, &word.to_le_bytes());
        piece[KIND] = kind;
        set_modified(piece, self.modified);
        if let Some(used) = self.used {
            write(piece, field(flags, IDLE), &used.to_le_bytes());
        }
        if let Some(until) = self.stale_until {
            write(piece, field(flags, STALE), &until.to_le_bytes());
        }
        if let Some(Tagged { first, born, count }) = self.tags {
            let at = field(flags, TAGGED);
            write(piece, at, &first.to_le_bytes());
            write(piece, at + 4, &born.to_le_bytes());
            write(piece, at + 12, &count.to_le_bytes());
        }
    }
}

pub(super) fn set_deadline(piece: &mut [u8], deadline: u64) {
    write(piece, DEADLINE + 1, &deadline.min(MAX_DEADLINE).to_le_bytes()[..7]);
}

pub(super) fn set_modified(piece: &mut [u8], modified: u64) {
    write(piece, MODIFIED, &modified.min(MAX_MODIFIED).to_le_bytes()[..6]);
}

/// For an entry with the flag [`IDLE`].
pub(super) fn set_used(piece: &mut [u8], used: u64) {
    let at = field(piece[DEADLINE], IDLE);
    write(piece, at, &used.to_le_bytes());
}

/// For an entry that is [`TAGGED`]: the first of its memberships.
pub(super) fn set_membership(piece: &mut [u8], first: u32) {
    let at = field(piece[DEADLINE], TAGGED);
    write(piece, at, &first.to_le_bytes());
}

/// For an entry that is [`CHAINED`].
pub(super) fn set_chain(piece: &mut [u8], next: u32, stream_len: usize) {
    write(piece, HEAD, &next.to_le_bytes());
    write(piece, HEAD + 4, &(stream_len as u32).to_le_bytes());
}

/// Sets the place of the piece after a first piece.
pub(super) fn set_next(piece: &mut [u8], next: u32) {
    write(piece, HEAD, &next.to_le_bytes());
}

/// A further piece: the places before and after it.
pub(super) fn links(piece: &[u8]) -> (u32, u32) {
    (read_u32(piece, BEFORE), read_u32(piece, AFTER))
}

pub(super) fn set_before(piece: &mut [u8], before: u32) {
    write(piece, BEFORE, &before.to_le_bytes());
}

pub(super) fn set_after(piece: &mut [u8], after: u32) {
    write(piece, AFTER, &after.to_le_bytes());
}
