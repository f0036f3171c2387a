//! A value that nobody's borrow holds.

use std::rc::Rc;

use crate::cache::Value;

/// What an entry held when it was read, or what a loader gives. Cloning it is O(1).
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// As [`Value::Number`].
    Number(f64),
    /// As [`Value::Bytes`].
    Bytes {
        /// The caller's own.
        kind: u8,
        /// Shared by those who waited for one load.
        bytes: Rc<[u8]>,
    },
    /// As [`Value::Reference`].
    Reference {
        /// What it costs where it lies.
        bytes: u64,
    },
}

impl Held {
    /// The value as the engine takes it. O(1).
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes { kind, bytes } => Value::Bytes { kind: *kind, bytes },
            Self::Reference { bytes } => Value::Reference { bytes: *bytes },
        }
    }

    /// The bytes, of whatever kind; None: it has none. O(1).
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes),
            Self::Number(_) | Self::Reference { .. } => None,
        }
    }

    /// The number; None: it is none. O(1).
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bytes { .. } | Self::Reference { .. } => None,
        }
    }
}

impl From<Value<'_>> for Held {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Bytes { kind, bytes } => Self::Bytes { kind, bytes: bytes.into() },
            Value::Reference { bytes } => Self::Reference { bytes },
        }
    }
}

impl From<f64> for Held {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&[u8]> for Held {
    /// Bytes of kind 0.
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes { kind: 0, bytes: bytes.into() }
    }
}

impl From<Vec<u8>> for Held {
    /// Bytes of kind 0.
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes { kind: 0, bytes: bytes.into() }
    }
}
