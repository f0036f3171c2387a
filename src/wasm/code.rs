//! The numbers that a method returns; `js/engine.ts` has the same list.

use crate::cache::{Cache, Error, Found, Ttl, Value};

/// The key is absent.
pub(super) const MISS: i32 = -1;
pub(super) const KEY_TOO_LONG: i32 = -2;
pub(super) const INVALID_TTL: i32 = -3;
pub(super) const INVALID_OPTION: i32 = -4;
pub(super) const INVALID_PATTERN: i32 = -5;
pub(super) const NOT_A_NUMBER: i32 = -6;
pub(super) const OUT_OF_RANGE: i32 = -7;
/// The arguments do not describe what lies in the scratch buffer, or name no open cache: a fault of
/// the caller's, never of a user's.
pub(super) const MALFORMED: i32 = -8;
pub(super) const SNAPSHOT_CORRUPT: i32 = -9;
/// Events are to be fetched and the write to be made again.
pub(super) const UNFINISHED: i32 = -10;

/// The kind of a value that is a number; kinds of bytes are below.
pub(super) const NUMBER: u32 = 256;
/// In a batch: the value is larger than any entry may be and was not sent.
pub(super) const REFUSED: u32 = 257;
/// The kind of a value that JavaScript keeps; the number is what it costs.
pub(super) const REFERENCE: u32 = 258;
/// A reference is read as this plus the entry's id: ids are far below 2^31, as an entry takes more
/// than two bytes.
pub(super) const REFERENCES: i32 = 512;

/// The number of an error.
pub(super) const fn of(error: Error) -> i32 {
    match error {
        Error::KeyTooLong(_) => KEY_TOO_LONG,
        Error::InvalidTtl(_) => INVALID_TTL,
        Error::InvalidOption(_) => INVALID_OPTION,
        Error::InvalidPattern(_) => INVALID_PATTERN,
        Error::NotANumber => NOT_A_NUMBER,
        Error::OutOfRange => OUT_OF_RANGE,
        Error::InvalidTag(_) => INVALID_OPTION,
        Error::SnapshotCorrupt(_) => SNAPSHOT_CORRUPT,
    }
}

pub(super) fn of_bool(result: Result<bool, Error>) -> i32 {
    result.map_or_else(of, i32::from)
}

/// NaN: the cache's default; infinity: never; otherwise milliseconds.
pub(super) fn ttl(ms: f64) -> Ttl {
    match ms {
        _ if ms.is_nan() => Ttl::Default,
        f64::INFINITY => Ttl::Never,
        _ => Ttl::After(ms as u64),
    }
}

/// A value from its kind, its number and its bytes.
pub(super) fn value(kind: u32, number: f64, bytes: &[u8]) -> Option<Value<'_>> {
    match kind {
        NUMBER => Some(Value::Number(number)),
        REFERENCE => Some(Value::Reference { bytes: number as u64 }),
        _ => Some(Value::Bytes { kind: u8::try_from(kind).ok()?, bytes }),
    }
}

/// The value of an entry as (kind, number or address, length); the address of one that lies in
/// several pieces is NaN.
#[inline(never)]
pub(super) fn found(cache: &Cache, found: Found) -> (i32, f64, f64) {
    match cache.value_in_place(found) {
        Err((kind, len)) => (i32::from(kind), f64::NAN, len as f64),
        Ok(Value::Number(number)) => (NUMBER as i32, number, 0.0),
        Ok(Value::Reference { bytes }) => (REFERENCES + found.id as i32, bytes as f64, 0.0),
        Ok(Value::Bytes { kind, bytes }) => {
            (i32::from(kind), bytes.as_ptr() as usize as f64, bytes.len() as f64)
        }
    }
}
