//! The options of a cache, and the seed that is none.

use js_sys::{Array, Function, Math, Reflect, Uint32Array};
use wasm_bindgen::prelude::*;

use super::args;
use super::errors::{self, INVALID_OPTION};
use super::js;
use crate::cache::{MAX_SAFE_INTEGER, Options, PolicyKind, Ttl};

/// The engine's options and the clock. INVALID_OPTION: unknown, out of range, or of another type.
pub(super) fn read(given: &JsValue) -> Result<(Options, Option<Function>), JsValue> {
    let (mut options, mut clock) = (Options::default(), None);
    if given.is_undefined() {
        return Ok((options, clock));
    }
    if !given.is_object() {
        return Err(errors::refused(INVALID_OPTION, "the options are not an object", given));
    }
    for pair in js::entries(given)?.iter() {
        let pair = Array::from(&pair);
        let (name, value) = (pair.get(0).as_string().unwrap_or_default(), pair.get(1));
        match &*name {
            _ if value.is_undefined() => {}
            "maxBytes" => options.max_bytes = count(&name, &value)?,
            "maxEntries" => options.max_entries = entries(count(&name, &value)?),
            "maxEntryBytes" => options.max_entry_bytes = Some(count(&name, &value)?),
            "defaultTtl" => options.default_ttl_ms = default_ttl(&value)?,
            "policy" => options.policy = policy(&value)?,
            "clock" => clock = Some(function(&value)?),
            _ => {
                return Err(errors::refused(
                    INVALID_OPTION,
                    "there is no such option",
                    &name.into(),
                ));
            }
        }
    }
    Ok((options, clock))
}

/// A whole number, at least 1.
fn count(name: &str, given: &JsValue) -> Result<u64, JsValue> {
    let number = given.as_f64().map(f64::floor).filter(|n| (1.0..=MAX_SAFE_INTEGER).contains(n));
    let refuse = || errors::refused(INVALID_OPTION, &format!("{name} is not at least 1"), given);
    number.map(|number| number as u64).ok_or_else(refuse)
}

/// More entries than ids is as good as no bound.
fn entries(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).min(Options::default().max_entries)
}

fn default_ttl(given: &JsValue) -> Result<Option<u64>, JsValue> {
    Ok(match args::ttl(given)? {
        Ttl::After(ms) => Some(ms),
        _ => None,
    })
}

fn policy(given: &JsValue) -> Result<PolicyKind, JsValue> {
    let name = given.as_string();
    let found = PolicyKind::ALL.iter().find(|kind| Some(kind.name()) == name.as_deref());
    found.copied().ok_or_else(|| errors::refused(INVALID_OPTION, "there is no such policy", given))
}

fn function(given: &JsValue) -> Result<Function, JsValue> {
    let function = given.dyn_ref::<Function>().cloned();
    function.ok_or_else(|| errors::refused(INVALID_OPTION, "the clock is not a function", given))
}

/// What protects the index from keys chosen to collide. Drawn at a cache's first call: an edge worker
/// has no randomness while its modules load.
pub(super) fn seed() -> u64 {
    let halves = random_words().unwrap_or_else(|_| [0; 2].map(|_: u32| guess()));
    u64::from(halves[0]) << 32 | u64::from(halves[1])
}

fn random_words() -> Result<[u32; 2], JsValue> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into())?;
    let draw = Reflect::get(&crypto, &"getRandomValues".into())?.dyn_into::<Function>()?;
    let words = Uint32Array::new_with_length(2);
    draw.call1(&crypto, &words)?;
    Ok([words.get_index(0), words.get_index(1)])
}

/// Where there is no `crypto`: strangers can guess it with effort.
fn guess() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}
