//! JavaScript's values to the engine's: the kinds and the MessagePack that `js/values.ts` and
//! `js/msgpack.ts` write too, for those values that both can.
//!
//! By hand over `rmp`, not through serde-wasm-bindgen: that takes a Date for an empty object, a hole
//! or undefined for null, -0 for 0, and text with lone surrogates for other text. What is written here
//! comes back equal (a class's instance as the plain object of its fields); all else is refused.

use js_sys::{Array, BigInt, JsString, Uint8Array};
use wasm_bindgen::prelude::*;

use super::errors::{self, NOT_SERIALIZABLE};
use super::js;
use crate::kinds;
use crate::local::Held;

/// How deep values may be nested. Writing is recursive, and the stack is a megabyte.
pub(super) const MAX_DEPTH: usize = 512;
/// Objects that share parts can be small and take any amount of bytes: this ends them.
const MAX_BYTES: usize = 256 << 20;

/// What MessagePack cannot say is an extension of this type: a tag, and the parts.
pub(super) const EXTENSION: i8 = 0x4d;
/// The type of JavaScript's undefined, in MessagePack as msgpackr writes it.
pub(super) const UNDEFINED: i8 = 0;

/// `js/msgpack.ts` has the same, and some more; big integers are told by their kind there.
pub(super) mod tags {
    pub(crate) const TEXT: u8 = 1;
    pub(crate) const MAP: u8 = 2;
    pub(crate) const OBJECT: u8 = 3;
    pub(crate) const SET: u8 = 4;
    pub(crate) const DATE: u8 = 5;
    pub(crate) const BIG_INT: u8 = 16;
}

/// What is to be stored. Else NOT_SERIALIZABLE, or what the caller's getters throw.
pub(super) fn encode(value: &JsValue) -> Result<Held, JsValue> {
    if let Some(number) = value.as_f64() {
        return Ok(Held::Number(number));
    }
    if value.is_undefined() {
        return Err(refuse("undefined is what a miss gives and cannot be stored", value));
    }
    let (kind, bytes) = match plain(value) {
        Some(plain) => plain,
        None => {
            let mut writer = Writer { out: Vec::new(), inside: Vec::new() };
            writer.value(value)?;
            (kinds::ENCODED, writer.out)
        }
    };
    Ok(Held::Bytes { kind, bytes: bytes.into() })
}

/// What needs no MessagePack.
fn plain(value: &JsValue) -> Option<(u8, Vec<u8>)> {
    if let Some(boolean) = value.as_bool() {
        return Some((if boolean { kinds::TRUE } else { kinds::FALSE }, Vec::new()));
    }
    if value.is_null() {
        return Some((kinds::NULL, Vec::new()));
    }
    if value.is_string() {
        let utf8 = js::text(value).map(|text| (kinds::UTF8, text.into_bytes()));
        return Some(utf8.unwrap_or_else(|| (kinds::UTF16, utf16(value))));
    }
    if let Some(number) = value.dyn_ref::<BigInt>() {
        return Some((kinds::BIG_INT, decimal(number).into_bytes()));
    }
    value.dyn_ref::<Uint8Array>().map(|bytes| (kinds::BYTES, bytes.to_vec()))
}

/// The code units, the low byte of each first.
fn utf16(text: &JsValue) -> Vec<u8> {
    text.unchecked_ref::<JsString>().iter().flat_map(u16::to_le_bytes).collect()
}

fn decimal(number: &BigInt) -> String {
    number.to_string(10).map(String::from).unwrap_or_default()
}

fn refuse(why: &str, value: &JsValue) -> JsValue {
    errors::refused(NOT_SERIALIZABLE, why, value)
}

struct Writer {
    out: Vec<u8>,
    /// The objects around the present one: a value among them is a cycle.
    inside: Vec<JsValue>,
}

impl Writer {
    fn value(&mut self, value: &JsValue) -> Result<(), JsValue> {
        if let Some(number) = value.as_f64() {
            self.number(number);
        } else if value.is_undefined() {
            self.out.extend([0xd4, UNDEFINED as u8, 0]);
        } else if value.is_object() {
            self.object(value)?;
        } else {
            self.primitive(value)?;
        }
        if self.out.len() > MAX_BYTES {
            Err(refuse("the value is too large", value))
        } else {
            Ok(())
        }
    }

    /// As msgpackr: integers of 32 bits as such, all others as floats, so that a larger integer is
    /// never taken for a big one.
    fn number(&mut self, number: f64) {
        let integer = number as i32;
        if f64::from(integer) == number && !(integer == 0 && number.is_sign_negative()) {
            written(rmp::encode::write_sint(&mut self.out, i64::from(integer)));
        } else {
            written(rmp::encode::write_f64(&mut self.out, number));
        }
    }

    fn primitive(&mut self, value: &JsValue) -> Result<(), JsValue> {
        let Some((kind, bytes)) = plain(value) else {
            return Err(refuse("functions and symbols cannot be stored", value));
        };
        match kind {
            kinds::NULL => written(rmp::encode::write_nil(&mut self.out)),
            kinds::UTF16 => {
                self.extension(tags::TEXT, &[JsValue::from(Uint8Array::from(&*bytes))])?
            }
            kinds::BIG_INT => {
                let digits = String::from_utf8_lossy(&bytes);
                self.extension(tags::BIG_INT, &[JsValue::from_str(&digits)])?;
            }
            kinds::UTF8 => self.text(&bytes),
            _ => written(rmp::encode::write_bool(&mut self.out, kind == kinds::TRUE)),
        }
        Ok(())
    }

    fn text(&mut self, utf8: &[u8]) {
        written(rmp::encode::write_str_len(&mut self.out, utf8.len() as u32));
        self.out.extend(utf8);
    }

    fn object(&mut self, object: &JsValue) -> Result<(), JsValue> {
        if let Some(bytes) = object.dyn_ref::<Uint8Array>() {
            written(rmp::encode::write_bin(&mut self.out, &bytes.to_vec()));
            return Ok(());
        }
        if self.inside.len() >= MAX_DEPTH {
            return Err(refuse("the value is nested too deep", object));
        }
        if self.inside.contains(object) {
            return Err(refuse("the value contains itself", object));
        }
        self.inside.push(object.clone());
        self.parts_of(object)?;
        self.inside.pop();
        Ok(())
    }

    fn parts_of(&mut self, object: &JsValue) -> Result<(), JsValue> {
        if js::is_array(object)? {
            let items: Vec<JsValue> = js::array_from(object)?.iter().collect();
            written(rmp::encode::write_array_len(&mut self.out, items.len() as u32));
            return items.iter().try_for_each(|item| self.value(item));
        }
        match &*String::from(js::tag(object)?) {
            "[object Object]" => self.fields(&js::entries(object)?),
            "[object Map]" => self.extension(tags::MAP, &pairs(&js::array_from(object)?)),
            "[object Set]" => {
                self.extension(tags::SET, &js::array_from(object)?.iter().collect::<Vec<_>>())
            }
            "[object Date]" => self.extension(tags::DATE, &[js::time_of(object)?.into()]),
            _ => Err(refuse("such an object cannot be stored", object)),
        }
    }

    /// A map where MessagePack and msgpackr can say the names.
    fn fields(&mut self, entries: &Array) -> Result<(), JsValue> {
        let pairs = pairs(entries);
        let names: Option<Vec<String>> = pairs.iter().step_by(2).map(js::text).collect();
        let Some(names) = names.filter(|names| names.iter().all(|name| name != "__proto__")) else {
            return self.extension(tags::OBJECT, &pairs);
        };
        written(rmp::encode::write_map_len(&mut self.out, names.len() as u32));
        for (name, value) in names.iter().zip(pairs.iter().skip(1).step_by(2)) {
            self.text(name.as_bytes());
            self.value(value)?;
        }
        Ok(())
    }

    fn extension(&mut self, tag: u8, parts: &[JsValue]) -> Result<(), JsValue> {
        let outer = core::mem::take(&mut self.out);
        written(rmp::encode::write_array_len(&mut self.out, 2));
        written(rmp::encode::write_uint(&mut self.out, u64::from(tag)));
        written(rmp::encode::write_array_len(&mut self.out, parts.len() as u32));
        parts.iter().try_for_each(|part| self.value(part))?;
        let inner = core::mem::replace(&mut self.out, outer);
        written(rmp::encode::write_ext_meta(&mut self.out, inner.len() as u32, EXTENSION));
        self.out.extend(inner);
        Ok(())
    }
}

/// Writing to a Vec does not fail.
fn written<T, E>(result: Result<T, E>) {
    debug_assert!(result.is_ok());
}

/// Name, value, name, value.
fn pairs(entries: &Array) -> Vec<JsValue> {
    entries.iter().flat_map(|pair| Array::from(&pair).iter().collect::<Vec<_>>()).collect()
}
