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
}

impl Held {
    /// The value as the engine takes it. O(1).
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes { kind, bytes } => Value::Bytes { kind: *kind, bytes },
        }
    }

    /// The bytes, of whatever kind; None: it is a number. O(1).
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Number(_) => None,
            Self::Bytes { bytes, .. } => Some(bytes),
        }
    }

    /// The number; None: it is bytes. O(1).
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bytes { .. } => None,
        }
    }
}

impl From<Value<'_>> for Held {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Bytes { kind, bytes } => Self::Bytes { kind, bytes: bytes.into() },
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
