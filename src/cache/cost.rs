//! What an entry costs: the number that is held against `max_bytes`.

use super::arena::UNIT;
use super::layout::{CHAINED, HEAD, head_len};

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 65_535;

/// What an entry costs beyond the bytes of its key and value, the same on every platform, so that
/// a bound means the same number of entries everywhere. It stands for the head of its piece in the
/// arena (23), its place (4), its links in the policy (8), its share of the index (10), a deadline
/// and its place (16), and the ends of segments that no piece fills (3).
pub const ENTRY_OVERHEAD: usize = 64;

/// What each tag of an entry costs: its membership.
pub(super) const TAG_COST: usize = 20;

/// How an entry lies in the arena, which is all that its cost follows from.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The bytes of key and value.
    pub(super) stream_len: usize,
    pub(super) flags: u8,
    pub(super) tags: usize,
}

impl Shape {
    /// How many pieces the entry takes, where one holds so many bytes of the stream.
    pub(super) const fn pieces(self, piece: usize) -> usize {
        if self.stream_len <= piece { 1 } else { self.stream_len.div_ceil(piece) }
    }

    /// What the entry costs, in bytes. The links between the pieces of a long value, 16 bytes in four
    /// thousand, are not charged: a bound on one entry is to mean its bytes. They come out of the sixth
    /// that the arena may have beyond the bound.
    pub(super) const fn cost(self) -> u64 {
        let fields = head_len(self.flags & !CHAINED) - HEAD;
        let stored = (fields + self.stream_len).next_multiple_of(UNIT);
        (ENTRY_OVERHEAD + stored + self.tags * TAG_COST) as u64
    }
}
