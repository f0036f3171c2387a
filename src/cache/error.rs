//! What a call can refuse.

use core::fmt;

/// Why a call was refused. A call that returns an error has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A key is longer than [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES); carries its length in bytes.
    KeyTooLong(usize),
    /// A time to live is 0 or above [`MAX_TTL_MS`](super::MAX_TTL_MS); carries it in milliseconds.
    InvalidTtl(u64),
    /// An option is out of its range; carries the option's name.
    InvalidOption(&'static str),
    /// A tag is longer than [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES), or an entry has more than 65,535
    /// of them; carries the length or the number.
    InvalidTag(usize),
    /// A glob cannot be read; carries the byte offset at which reading stopped.
    InvalidPattern(usize),
    /// `increment` met a value that is not a finite number.
    NotANumber,
    /// The sum of an `increment` lies outside ±(2^53 - 1).
    OutOfRange,
    /// `restore` met bytes that are no whole, undamaged snapshot of a version it can read; carries
    /// what is wrong with them.
    SnapshotCorrupt(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyTooLong(_) => "the key is longer than 65,535 bytes",
            Self::InvalidTtl(_) => {
                "a time to live is at least a millisecond and at most 1,000 years"
            }
            Self::InvalidOption(name) => return write!(f, "the option {name} is out of range"),
            Self::InvalidTag(_) => "a tag is longer than 65,535 bytes, or there are more of them",
            Self::InvalidPattern(_) => "the pattern is not a valid glob",
            Self::NotANumber => "the value is not a finite number",
            Self::OutOfRange => "the result lies outside ±(2^53 - 1)",
            Self::SnapshotCorrupt(what) => return write!(f, "the snapshot cannot be read: {what}"),
        })
    }
}

impl core::error::Error for Error {}
