//! What an entry holds.

/// A value: a number, which `increment` can change in place; bytes of a kind that the caller chooses
/// and gets back (the engine gives it no meaning); or a reference to what the caller keeps.
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
    /// A value that the caller keeps elsewhere, under the [id](super::Cache::id_of_last) of its entry.
    Reference {
        /// What it costs beyond key and record.
        bytes: u64,
    },
}

impl<'a> Value<'a> {
    /// Bytes of kind 0.
    pub const fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes { kind: 0, bytes }
    }

    /// How many bytes lie in the entry's block: none for a number or a reference.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Number(_) | Self::Reference { .. } => 0,
            Self::Bytes { bytes, .. } => bytes.len(),
        }
    }
}
