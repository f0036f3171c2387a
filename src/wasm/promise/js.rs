//! JavaScript's own functions where js-sys has them without `catch`, and small words for the rest.

use js_sys::{Array, JsString, Promise, Reflect, Symbol};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Array, js_name = isArray)]
    pub(super) fn is_array(value: &JsValue) -> Result<bool, JsValue>;

    /// A hole becomes undefined.
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    pub(super) fn array_from(iterable: &JsValue) -> Result<Array, JsValue>;

    /// The values of getters among them.
    #[wasm_bindgen(catch, js_namespace = Object, js_name = entries)]
    pub(super) fn entries(object: &JsValue) -> Result<Array, JsValue>;

    /// `[object Date]` and the like: also for objects of another realm.
    #[wasm_bindgen(catch, js_namespace = ["Object", "prototype", "toString"], js_name = call)]
    pub(super) fn tag(value: &JsValue) -> Result<JsString, JsValue>;

    /// As every thing that can be written somehow.
    #[wasm_bindgen(catch, js_name = String)]
    pub(super) fn string(value: &JsValue) -> Result<JsString, JsValue>;

    /// The milliseconds of a Date that may be of another realm.
    #[wasm_bindgen(catch, js_namespace = ["Date", "prototype", "getTime"], js_name = call)]
    pub(super) fn time_of(date: &JsValue) -> Result<f64, JsValue>;
}

/// The text, if it is a string that UTF-8 can say: lone surrogates come back as U+FFFD.
pub(super) fn text(value: &JsValue) -> Option<String> {
    value.as_string().filter(|text| JsValue::from_str(text) == *value)
}

/// A promise that is settled already.
pub(super) fn settled(result: Result<JsValue, JsValue>) -> Promise {
    match result {
        Ok(value) => Promise::resolve(&value),
        Err(error) => Promise::reject(&error),
    }
}

/// A promise of whatever a loader gave, which may be one. By `new Promise`, because `Promise.resolve`
/// can throw.
pub(super) fn promise_of(given: &JsValue) -> Promise {
    Promise::new(&mut |resolve, _| {
        let settled = resolve.call1(&JsValue::UNDEFINED, given);
        debug_assert!(settled.is_ok(), "resolve never throws");
    })
}

/// All that an iterable object gives; None: it is none.
pub(super) fn items(value: &JsValue) -> Result<Option<Array>, JsValue> {
    if !value.is_object() || !Reflect::get(value, &Symbol::iterator())?.is_function() {
        return Ok(None);
    }
    array_from(value).map(Some)
}

/// A member of an object; undefined: it has none, or there is no object.
pub(super) fn member(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    if object.is_object() { Reflect::get(object, &name.into()) } else { Ok(JsValue::UNDEFINED) }
}
