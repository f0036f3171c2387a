//! Values of Rust's types to values of the engine and back.
//!
//! An integer that every language can say (up to 2^53 - 1) becomes one of the engine's numbers: it
//! takes no bytes beyond the record, and `increment` works on it. Everything else is MessagePack.
//! A float stays one, also where it is whole: 5.0 must not come back as the integer 5 where the type
//! can hold either.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::Error;
use crate::cache::{MAX_SAFE_INTEGER, Value};
use crate::kinds;

/// How deep sequences and maps may be nested. Reading is recursive, and a stack in WebAssembly is a
/// megabyte: rmp-serde's own limit of 1,024 overflows it.
const MAX_DEPTH: usize = 128;

/// A value that was written.
pub(crate) enum Encoded {
    Number(f64),
    Packed(Vec<u8>),
}

impl Encoded {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Packed(bytes) => Value::Bytes { kind: kinds::ENCODED, bytes },
        }
    }
}

/// Fails with [`Error::NotSerializable`].
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Encoded, Error> {
    let bytes = rmp_serde::to_vec_named(value)
        .map_err(|error| Error::NotSerializable(error.to_string().into()))?;
    if bytes.len() > MAX_DEPTH {
        // What could not be read back is not written; each level takes a byte at least.
        read::<IgnoredAny>(&bytes).map_err(|error| Error::NotSerializable(error.into()))?;
    }
    Ok(integer(&bytes).map_or(Encoded::Packed(bytes), Encoded::Number))
}

/// Fails with [`Error::NotOfType`].
pub(crate) fn decode<T: DeserializeOwned>(value: Value<'_>) -> Result<T, Error> {
    let packed = pack(value).ok_or_else(|| not_of_type("no kind of value that is known here"))?;
    read(&packed).map_err(|error| not_of_type(&error))
}

fn read<'a, T: Deserialize<'a>>(packed: &'a [u8]) -> Result<T, String> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(packed);
    reader.set_max_depth(MAX_DEPTH);
    T::deserialize(&mut reader).map_err(|error| error.to_string())
}

fn not_of_type(why: &str) -> Error {
    Error::NotOfType(why.into())
}

/// The integer that these bytes are, where a number of the engine's holds it exactly.
fn integer(packed: &[u8]) -> Option<f64> {
    let mut rest = packed;
    let number = match rmp::Marker::from_u8(*packed.first()?) {
        rmp::Marker::F32 | rmp::Marker::F64 => return None,
        _ => rmp::decode::read_int::<i64, _>(&mut rest).ok()? as f64,
    };
    (rest.is_empty() && number.abs() <= MAX_SAFE_INTEGER).then_some(number)
}

/// What is stored, as MessagePack; also what JavaScript keeps without a codec.
fn pack(value: Value<'_>) -> Option<Cow<'_, [u8]>> {
    let mut packed = Vec::new();
    let written = match value {
        Value::Bytes { kind: kinds::ENCODED, bytes } => return Some(Cow::Borrowed(bytes)),
        Value::Number(number) => write_number(&mut packed, number),
        Value::Bytes { kind: kinds::ASCII | kinds::UTF8, bytes } => {
            rmp::encode::write_str(&mut packed, core::str::from_utf8(bytes).ok()?).ok()
        }
        Value::Bytes { kind: kinds::BYTES, bytes } => {
            rmp::encode::write_bin(&mut packed, bytes).ok()
        }
        Value::Bytes { kind: kinds::FALSE, .. } => rmp::encode::write_bool(&mut packed, false).ok(),
        Value::Bytes { kind: kinds::TRUE, .. } => rmp::encode::write_bool(&mut packed, true).ok(),
        Value::Bytes { kind: kinds::NULL, .. } => rmp::encode::write_nil(&mut packed).ok(),
        Value::Bytes { .. } | Value::Reference { .. } => None,
    };
    written.map(|()| Cow::Owned(packed))
}

/// Whole numbers as integers: that is what a type with an integer in it expects of a counter.
fn write_number(packed: &mut Vec<u8>, number: f64) -> Option<()> {
    let is_integer = number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER;
    if is_integer && !(number == 0.0 && number.is_sign_negative()) {
        rmp::encode::write_sint(packed, number as i64).ok().map(|_| ())
    } else {
        rmp::encode::write_f64(packed, number).ok()
    }
}
