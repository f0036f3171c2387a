//! `getOrSet`: one load per key at a time, however many callers wait.

use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::class::{Loads, PromiseCache};
use super::clock::Clock;
use super::encode::encode;
use super::{args, decode, errors, js};
use crate::cache::Ttl;
use crate::local::{Held, LoadError, LocalCache};

/// Why a load has nothing to store.
#[derive(Clone)]
pub(super) enum Failure {
    /// The loader gave undefined, which is passed on.
    Undefined,
    /// What the loader threw or rejected with, or an error about what it gave.
    Thrown(JsValue),
}

#[wasm_bindgen]
impl PromiseCache {
    /// The value, or what `loader` gives: a value, or a function that is called with `{ key }` and
    /// gives one or a promise of one. Callers of one key share one load and get a copy each. What a
    /// loader throws rejects for all of them and is not stored; undefined is passed on and not stored.
    /// A key written or deleted meanwhile keeps what it has then.
    #[wasm_bindgen(js_name = getOrSet, unchecked_return_type = "Promise<any>")]
    pub fn get_or_set(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] key: JsValue,
        #[wasm_bindgen(unchecked_param_type = "any | ((context: { key: string }) => any)")]
        loader: JsValue,
        #[wasm_bindgen(js_name = ttlSeconds, unchecked_optional_param_type = "number | null")]
        ttl: JsValue,
    ) -> Promise {
        match self.read_call(key, loader, &ttl) {
            Ok(call) => future_to_promise(call.run()),
            Err(error) => Promise::reject(&error),
        }
    }

    fn read_call(&self, name: JsValue, source: JsValue, ttl: &JsValue) -> Result<Call, JsValue> {
        let (key, ttl) = (args::key(&name)?, args::ttl(ttl)?);
        let source = match source.dyn_into::<Function>() {
            Ok(function) => Source::Loader(function),
            Err(value) if value.is_undefined() => Source::Value(Err(Failure::Undefined)),
            Err(value) => Source::Value(Ok(encode(&value)?)),
        };
        let cache = self.tick()?.clone();
        // Now, and not when the future runs: then the loader that asks would no longer be around us.
        let apart = cache.is_inside_load(&key);
        let load = Load { name, source, clock: self.clock(), counts: Rc::clone(&self.loads) };
        Ok(Call { cache, key, ttl, apart, load })
    }
}

/// A call whose arguments were read.
struct Call {
    cache: LocalCache<Failure>,
    key: Vec<u8>,
    ttl: Ttl,
    /// The key's own loader asks before it first waits: it would wait for itself. (Later it cannot be
    /// told from anybody else, and does wait for itself.)
    apart: bool,
    load: Load,
}

impl Call {
    async fn run(self) -> Result<JsValue, JsValue> {
        let Self { cache, key, ttl, apart, load } = self;
        let name = load.name.clone();
        let loaded = if apart {
            load.run().await.map_err(LoadError::Loader)
        } else {
            cache.get_or_load(&key, ttl, || load.run()).await
        };
        match loaded {
            Ok(held) => decode::decode(held.value()),
            Err(LoadError::Loader(Failure::Undefined)) => Ok(JsValue::UNDEFINED),
            Err(LoadError::Loader(Failure::Thrown(error))) => Err(error),
            Err(LoadError::Cache(error)) => Err(errors::of(error, &name)),
            #[cfg(feature = "serde")]
            Err(LoadError::Typed(error)) => Err(error.to_string().into()), // nothing is typed here
        }
    }
}

/// Where a value comes from that is not there.
enum Source {
    Value(Result<Held, Failure>),
    Loader(Function),
}

struct Load {
    name: JsValue,
    source: Source,
    clock: Rc<Clock>,
    counts: Rc<Loads>,
}

impl Load {
    async fn run(self) -> Result<Held, Failure> {
        let loader = match &self.source {
            Source::Value(value) => return value.clone(),
            Source::Loader(function) => function,
        };
        self.counts.started.update(|count| count.saturating_add(1));
        let loaded = self.call(loader).await;
        // A clock that fails now does not undo the load: the time of its last answer will do.
        let _ = self.clock.tick();
        if matches!(loaded, Err(Failure::Thrown(_))) {
            self.counts.failed.update(|count| count.saturating_add(1));
        }
        loaded
    }

    async fn call(&self, loader: &Function) -> Result<Held, Failure> {
        let context = Object::new();
        Reflect::set(&context, &"key".into(), &self.name).map_err(Failure::Thrown)?;
        let given = loader.call1(&JsValue::UNDEFINED, &context).map_err(Failure::Thrown)?;
        let value = JsFuture::from(js::promise_of(&given)).await.map_err(Failure::Thrown)?;
        if value.is_undefined() {
            return Err(Failure::Undefined);
        }
        encode(&value).map_err(Failure::Thrown)
    }
}
