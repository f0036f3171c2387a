//! The engine's values to JavaScript's, each time anew.
//!
//! Whatever the bytes are, the answer is a value or an error: they may come from Rust that wrote them
//! itself, or from a snapshot.

use js_sys::{Array, BigInt, JsString, Map, Object, Set, Uint8Array};
use rmp::Marker;
use wasm_bindgen::prelude::*;

use super::encode::{EXTENSION, MAX_DEPTH, UNDEFINED, tags};
use super::errors::{self, NOT_SERIALIZABLE};
use crate::cache::{MAX_SAFE_INTEGER, Value};
use crate::kinds;

/// Else NOT_SERIALIZABLE.
pub(super) fn decode(value: Value<'_>) -> Result<JsValue, JsValue> {
    let decoded = match value {
        Value::Number(number) => Some(number.into()),
        Value::Bytes { kind, bytes } => of_kind(kind, bytes),
        Value::Reference { .. } => None,
    };
    decoded.ok_or_else(|| {
        let why = "what is stored cannot be read as a value of JavaScript's";
        errors::refused(NOT_SERIALIZABLE, why, &JsValue::UNDEFINED)
    })
}

fn of_kind(kind: u8, bytes: &[u8]) -> Option<JsValue> {
    Some(match kind {
        kinds::BYTES => Uint8Array::from(bytes).into(),
        kinds::ASCII | kinds::UTF8 => core::str::from_utf8(bytes).ok()?.into(),
        kinds::UTF16 => utf16(bytes),
        kinds::FALSE => false.into(),
        kinds::TRUE => true.into(),
        kinds::NULL => JsValue::NULL,
        kinds::BIG_INT => big_int(core::str::from_utf8(bytes).ok()?)?,
        kinds::ENCODED => {
            let mut reader = Reader { bytes, depth: 0 };
            let value = reader.value()?;
            return reader.bytes.is_empty().then_some(value);
        }
        _ => return None,
    })
}

/// In pieces: the code units are arguments of a call.
fn utf16(bytes: &[u8]) -> JsValue {
    let units: Vec<u16> =
        bytes.as_chunks().0.iter().map(|&pair: &[u8; 2]| u16::from_le_bytes(pair)).collect();
    let empty = JsString::from("");
    units
        .chunks(4_096)
        .fold(empty, |text, piece| text.concat(&JsString::from_char_code(piece)))
        .into()
}

fn big_int(digits: &str) -> Option<JsValue> {
    BigInt::new(&digits.into()).ok().map(JsValue::from)
}

struct Reader<'a> {
    /// What is left.
    bytes: &'a [u8],
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<JsValue> {
        // On the deepest level there may be text or a big integer that is an extension with a part.
        if self.depth > MAX_DEPTH + 1 {
            return None;
        }
        self.depth += 1;
        let [marker] = self.next()?;
        let value = self.behind(Marker::from_u8(marker));
        self.depth -= 1;
        value
    }

    fn behind(&mut self, marker: Marker) -> Option<JsValue> {
        Some(match marker {
            Marker::Null => JsValue::NULL,
            Marker::True => true.into(),
            Marker::False => false.into(),
            Marker::FixPos(number) => number.into(),
            Marker::FixNeg(number) => number.into(),
            Marker::U8 => u8::from_be_bytes(self.next()?).into(),
            Marker::U16 => u16::from_be_bytes(self.next()?).into(),
            Marker::U32 => u32::from_be_bytes(self.next()?).into(),
            Marker::U64 => integer(u64::from_be_bytes(self.next()?).into()),
            Marker::I8 => i8::from_be_bytes(self.next()?).into(),
            Marker::I16 => i16::from_be_bytes(self.next()?).into(),
            Marker::I32 => i32::from_be_bytes(self.next()?).into(),
            Marker::I64 => integer(i64::from_be_bytes(self.next()?).into()),
            Marker::F32 => f32::from_be_bytes(self.next()?).into(),
            Marker::F64 => f64::from_be_bytes(self.next()?).into(),
            marker => return self.long(marker),
        })
    }

    /// What has a length of its own.
    fn long(&mut self, marker: Marker) -> Option<JsValue> {
        use Marker::{
            Array16, Array32, Bin8, Bin16, Bin32, FixArray, FixMap, FixStr, Map16, Map32,
        };
        use Marker::{Str8, Str16, Str32};
        let length = match marker {
            FixStr(length) | FixArray(length) | FixMap(length) => u32::from(length),
            Str8 | Bin8 => u8::from_be_bytes(self.next()?).into(),
            Str16 | Bin16 | Array16 | Map16 => u16::from_be_bytes(self.next()?).into(),
            Str32 | Bin32 | Array32 | Map32 => u32::from_be_bytes(self.next()?),
            marker => return self.extension(marker),
        } as usize;
        Some(match marker {
            FixStr(_) | Str8 | Str16 | Str32 => {
                core::str::from_utf8(self.take(length)?).ok()?.into()
            }
            Bin8 | Bin16 | Bin32 => Uint8Array::from(self.take(length)?).into(),
            FixArray(_) | Array16 | Array32 => self.array(length)?.into(),
            _ => {
                let pairs = self.pairs(length)?;
                // Not by assignment, which would change the prototype under the name `__proto__`.
                Object::from_entries(&pairs).ok()?.into()
            }
        })
    }

    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    /// Grows with what is there: a length alone takes no memory.
    fn array(&mut self, length: usize) -> Option<Array> {
        let array = Array::new();
        for _ in 0..length {
            array.push(&self.value()?);
        }
        Some(array)
    }

    fn pairs(&mut self, length: usize) -> Option<Array> {
        let pairs = Array::new();
        for _ in 0..length {
            pairs.push(&Array::of2(&self.value()?, &self.value()?));
        }
        Some(pairs)
    }

    fn extension(&mut self, marker: Marker) -> Option<JsValue> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => u8::from_be_bytes(self.next()?).into(),
            Marker::Ext16 => u16::from_be_bytes(self.next()?).into(),
            Marker::Ext32 => u32::from_be_bytes(self.next()?),
            _ => return None,
        } as usize;
        let kind = i8::from_be_bytes(self.next()?);
        let depth = self.depth;
        let content = self.take(length)?;
        match kind {
            UNDEFINED => Some(JsValue::UNDEFINED),
            EXTENSION => Reader { bytes: content, depth }.wrapped(),
            _ => None,
        }
    }

    /// An array of two: a tag, and an array of the parts.
    fn wrapped(&mut self) -> Option<JsValue> {
        let [frame, tag, parts] = self.next()?;
        let length = match (Marker::from_u8(frame), Marker::from_u8(parts)) {
            (Marker::FixArray(2), Marker::FixArray(length)) => u32::from(length),
            (Marker::FixArray(2), Marker::Array16) => u16::from_be_bytes(self.next()?).into(),
            (Marker::FixArray(2), Marker::Array32) => u32::from_be_bytes(self.next()?),
            _ => return None,
        };
        let parts = self.array(length as usize)?;
        let first = parts.get(0);
        Some(match tag {
            tags::TEXT => utf16(&first.dyn_ref::<Uint8Array>()?.to_vec()),
            tags::MAP => map(&parts).into(),
            tags::SET => Set::new(&parts).into(),
            tags::OBJECT => Object::from_entries(&couples(&parts)).ok()?.into(),
            tags::DATE => js_sys::Date::new(&first.as_f64()?.into()).into(),
            tags::BIG_INT => big_int(&first.as_string()?)?,
            _ => return None,
        })
    }
}

fn map(parts: &Array) -> Map {
    let map = Map::new();
    for at in (0..parts.length()).step_by(2) {
        map.set(&parts.get(at), &parts.get(at + 1));
    }
    map
}

/// Arrays of two from a list of name, value, name, value.
fn couples(parts: &Array) -> Array {
    let couples = Array::new();
    for at in (0..parts.length()).step_by(2) {
        couples.push(&Array::of2(&parts.get(at), &parts.get(at + 1)));
    }
    couples
}

/// A number where it is exact, as everywhere in JavaScript; else a big one.
fn integer(number: i128) -> JsValue {
    let float = number as f64;
    if float.abs() <= MAX_SAFE_INTEGER { float.into() } else { BigInt::from(number).into() }
}
