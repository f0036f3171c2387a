//! Keys, times to live and patterns as callers give them.

use wasm_bindgen::prelude::*;

use super::errors::{self, INVALID_KEY, INVALID_PATTERN, INVALID_TTL};
use super::js;
use crate::cache::{MAX_KEY_BYTES, MAX_TTL_MS, Pattern, Ttl};

/// The bytes of a key. Else INVALID_KEY.
pub(super) fn key(given: &JsValue) -> Result<Vec<u8>, JsValue> {
    let refuse = |why| Err(errors::of_key(INVALID_KEY, why, given));
    match js::text(given) {
        Some(text) if text.len() > MAX_KEY_BYTES => refuse("the key is longer than 65,535 bytes"),
        Some(text) => Ok(text.into_bytes()),
        None if given.is_string() => refuse("the key is not well-formed Unicode"),
        None => refuse("the key is not a string"),
    }
}

/// Keys from an iterable. Else INVALID_KEY.
pub(super) fn keys(given: &JsValue) -> Result<Vec<Vec<u8>>, JsValue> {
    let items = js::items(given)?
        .ok_or_else(|| errors::refused(INVALID_KEY, "the keys are not iterable", given))?;
    items.iter().map(|item| key(&item)).collect()
}

/// Seconds: undefined is the cache's default, null and infinity never expire. Else INVALID_TTL.
pub(super) fn ttl(given: &JsValue) -> Result<Ttl, JsValue> {
    if given.is_undefined() {
        return Ok(Ttl::Default);
    }
    let seconds = given.as_f64();
    if given.is_null() || seconds == Some(f64::INFINITY) {
        return Ok(Ttl::Never);
    }
    seconds.and_then(whole_ms).map(Ttl::After).ok_or_else(|| {
        let why = "a time to live is a positive number of seconds, at most 1,000 years";
        errors::refused(INVALID_TTL, why, given)
    })
}

/// Rounded up to a whole millisecond, but 1.1 s are 1,100 ms and not the 1,101 of floating point.
fn whole_ms(seconds: f64) -> Option<u64> {
    let ms = seconds * 1_000.0;
    let nearest = ms.round();
    let is_meant = nearest > 0.0 && (ms - nearest).abs() <= 2.0 * f64::EPSILON * ms;
    let whole = if is_meant { nearest } else { ms.ceil() };
    (ms > 0.0 && ms <= MAX_TTL_MS as f64).then_some(whole as u64)
}

/// A compiled glob. Else INVALID_PATTERN.
pub(super) fn pattern(given: &JsValue) -> Result<Pattern, JsValue> {
    let Some(glob) = js::text(given) else {
        return Err(errors::refused(INVALID_PATTERN, "not a glob", given));
    };
    Pattern::new(&glob).map_err(|error| errors::of(error, given))
}
