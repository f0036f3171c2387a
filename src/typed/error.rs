//! What a call on typed values can refuse. An enum beside the engine's own, which is `Copy` and
//! becomes a number at the crossing: it cannot carry what serde has to say.

use core::fmt;

use crate::cache;

/// Why a call was refused. A call that returns an error has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The engine's reason.
    Cache(cache::Error),
    /// The value cannot be written; carries serde's words.
    NotSerializable(Box<str>),
    /// What is stored is not a value of the type that was asked for; carries serde's words.
    NotOfType(Box<str>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache(error) => error.fmt(f),
            Self::NotSerializable(why) => write!(f, "the value cannot be written: {why}"),
            Self::NotOfType(why) => write!(f, "the stored value is of another type: {why}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Cache(error) => Some(error),
            _ => None,
        }
    }
}

impl From<cache::Error> for Error {
    fn from(error: cache::Error) -> Self {
        Self::Cache(error)
    }
}
