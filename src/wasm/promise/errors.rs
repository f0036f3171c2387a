//! What a method rejects with: an `Error` with the `code`, `key` and `value` that the npm package's
//! `CacheError` has too.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::js;
use crate::cache;

pub(super) const INVALID_KEY: &str = "INVALID_KEY";
pub(super) const INVALID_TTL: &str = "INVALID_TTL";
pub(super) const INVALID_OPTION: &str = "INVALID_OPTION";
pub(super) const INVALID_PATTERN: &str = "INVALID_PATTERN";
pub(super) const NOT_SERIALIZABLE: &str = "NOT_SERIALIZABLE";

/// The longest piece of what was refused that a message shows.
const SHOWN: usize = 60;

/// An error about a value that is no key.
pub(super) fn refused(code: &str, message: &str, value: &JsValue) -> JsValue {
    let error = new(code, &format!("{message}: {}", show(value)));
    put(&error, "value", value);
    error
}

/// An error about a key, or about what was done with one.
pub(super) fn of_key(code: &str, message: &str, key: &JsValue) -> JsValue {
    if !key.is_string() {
        return refused(code, message, key);
    }
    let error = new(code, message);
    put(&error, "key", key);
    error
}

/// The engine's refusal of a call with this key or pattern.
pub(super) fn of(error: cache::Error, key: &JsValue) -> JsValue {
    let message = error.to_string();
    match error {
        cache::Error::KeyTooLong(_) => of_key(INVALID_KEY, &message, key),
        cache::Error::InvalidTtl(_) => of_key(INVALID_TTL, &message, key),
        cache::Error::InvalidOption(_) => of_key(INVALID_OPTION, &message, key),
        cache::Error::InvalidTag(_) => refused(INVALID_OPTION, &message, key),
        cache::Error::SnapshotCorrupt(_) => refused("SNAPSHOT_CORRUPT", &message, key),
        cache::Error::InvalidPattern(_) => refused(INVALID_PATTERN, &message, key),
        cache::Error::NotANumber => of_key("NOT_A_NUMBER", &message, key),
        cache::Error::OutOfRange => of_key("OUT_OF_RANGE", &message, key),
    }
}

fn new(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name("CacheError");
    put(&error, "code", &code.into());
    error.into()
}

/// Cannot fail on an error that was just made, and if it did there were nothing better to do.
fn put(error: &JsValue, name: &str, value: &JsValue) {
    drop(Reflect::set(error, &name.into(), value));
}

/// Something short about a value: the text of primitives, the tag of objects.
fn show(value: &JsValue) -> String {
    let is_primitive = !value.is_object() && !value.is_function();
    let text = if is_primitive { js::string(value) } else { js::tag(value) };
    let text = text.map_or_else(|_| "an object".into(), String::from);
    if text.chars().nth(SHOWN).is_none() {
        return text;
    }
    text.chars().take(SHOWN).chain("...".chars()).collect()
}
