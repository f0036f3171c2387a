//! What an entry holds.

use core::ops::Deref;

/// A value: a number, which `increment` can change in place, or bytes of a kind that the caller
/// chooses and gets back (the engine gives it no meaning).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Any `f64`; only finite ones can be incremented.
    Number(f64),
    /// Bytes, and a small number that says how to read them.
    Bytes {
        /// The caller's own.
        kind: u8,
        /// At most what [`Options::max_entry_bytes`](super::Options::max_entry_bytes) allows.
        bytes: &'a [u8],
    },
    /// A value that the caller keeps, under the id of its entry.
    Reference {
        /// What it costs there.
        bytes: u64,
    },
}

impl<'a> Value<'a> {
    /// Bytes of kind 0.
    pub const fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes { kind: 0, bytes }
    }

    /// How many bytes lie in the arena.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Number(_) | Self::Reference { .. } => 8,
            Self::Bytes { bytes, .. } => bytes.len(),
        }
    }

    /// 0 where the value has none.
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Bytes { kind, .. } => *kind,
            _ => 0,
        }
    }

    /// The bytes that lie in the arena.
    pub(super) const fn stored(&self) -> Stored<'a> {
        match *self {
            Self::Number(number) => Stored::Word(number.to_bits().to_le_bytes()),
            Self::Reference { bytes } => Stored::Word(bytes.to_le_bytes()),
            Self::Bytes { bytes, .. } => Stored::Bytes(bytes),
        }
    }
}

/// The bytes of a value.
pub(super) enum Stored<'a> {
    Word([u8; 8]),
    Bytes(&'a [u8]),
}

impl Deref for Stored<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Word(word) => word,
            Self::Bytes(bytes) => bytes,
        }
    }
}
