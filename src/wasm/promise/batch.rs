//! Many keys at once, and all that a pattern matches. All arguments are read before the first entry
//! changes.

use js_sys::{Array, Map, Promise};
use wasm_bindgen::prelude::*;

use super::class::PromiseCache;
use super::encode::encode;
use super::errors::{self, INVALID_KEY};
use super::{args, decode, js};
use crate::cache::Ttl;
use crate::local::Held;

#[wasm_bindgen]
impl PromiseCache {
    /// A Map of those keys that are present.
    #[wasm_bindgen(js_name = getMany, unchecked_return_type = "Promise<Map<string, any>>")]
    pub fn get_many(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Iterable<string>")] keys: JsValue,
    ) -> Promise {
        js::settled(self.values_of(&keys))
    }

    fn values_of(&self, keys: &JsValue) -> Result<JsValue, JsValue> {
        let keys = args::keys(keys)?;
        let cache = self.tick()?;
        let found = Map::new();
        for key in keys {
            let Some(held) = cache.get(&key) else { continue };
            found.set(
                &String::from_utf8_lossy(&key).as_ref().into(),
                &decode::decode(held.value())?,
            );
        }
        Ok(found.into())
    }

    /// Stores a Map, an iterable of `[key, value]` or `[key, value, ttlSeconds]`, or an object's own
    /// names; gives the number of entries stored. `ttlSeconds` is for entries without one of their own.
    #[wasm_bindgen(js_name = setMany, unchecked_return_type = "Promise<number>")]
    pub fn set_many(
        &self,
        #[wasm_bindgen(
            unchecked_param_type = "Iterable<readonly [key: string, value: any, ttlSeconds?: number | null]> | { readonly [key: string]: any }"
        )]
        entries: JsValue,
        #[wasm_bindgen(js_name = ttlSeconds, unchecked_optional_param_type = "number | null")]
        ttl: JsValue,
    ) -> Promise {
        js::settled(self.store_all(&entries, &ttl))
    }

    fn store_all(&self, entries: &JsValue, ttl: &JsValue) -> Result<JsValue, JsValue> {
        let ttl = args::ttl(ttl)?;
        let entries: Vec<_> =
            items(entries)?.iter().map(|item| entry(&item, ttl)).collect::<Result<_, _>>()?;
        let cache = self.tick()?;
        let mut stored = 0;
        for (key, held, ttl) in &entries {
            let result = cache.set(key, held.value(), *ttl);
            stored += u32::from(result.map_err(|error| errors::of(error, &JsValue::UNDEFINED))?);
        }
        Ok(stored.into())
    }

    /// How many of the keys were present and are removed.
    #[wasm_bindgen(js_name = deleteMany, unchecked_return_type = "Promise<number>")]
    pub fn delete_many(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Iterable<string>")] keys: JsValue,
    ) -> Promise {
        js::settled(args::keys(&keys).and_then(|keys| {
            let cache = self.tick()?;
            Ok((keys.iter().filter(|key| cache.delete(key)).count() as f64).into())
        }))
    }

    /// Removes all keys that a glob matches (`*` `?` `[a-z]` `[^a]`, `\` escapes); gives how many.
    /// INVALID_PATTERN.
    #[wasm_bindgen(js_name = deletePattern, unchecked_return_type = "Promise<number>")]
    pub fn delete_pattern(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] pattern: JsValue,
    ) -> Promise {
        js::settled(
            args::pattern(&pattern)
                .and_then(|pattern| Ok((self.tick()?.delete_pattern(&pattern) as f64).into())),
        )
    }

    /// Removes everything; gives how many entries there were.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn clear(&self) -> Promise {
        js::settled(self.tick().map(|cache| (cache.clear() as f64).into()))
    }
}

/// The entries of an iterable, or the names and values of an object.
fn items(given: &JsValue) -> Result<Array, JsValue> {
    match js::items(given)? {
        Some(items) => Ok(items),
        None if given.is_object() => js::entries(given),
        None => Err(errors::refused(INVALID_KEY, "these are no entries", given)),
    }
}

fn entry(item: &JsValue, default: Ttl) -> Result<(Vec<u8>, Held, Ttl), JsValue> {
    if !js::is_array(item)? {
        return Err(errors::refused(INVALID_KEY, "an entry is not [key, value]", item));
    }
    let parts = js::array_from(item)?;
    let ttl = match args::ttl(&parts.get(2))? {
        Ttl::Default => default,
        own => own,
    };
    Ok((args::key(&parts.get(0))?, encode(&parts.get(1))?, ttl))
}
