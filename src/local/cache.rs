//! The handle: the engine's methods with the clock inside, and writes that end what loads may store.

use std::cell::RefCell;
use std::rc::Rc;

use super::Held;
use super::flights::Flights;
use crate::cache::{Cache, Error, Pattern, Stats, Ttl, Value};

/// A [`Cache`] and its clock, shared by the tasks of one thread: clones are the same cache.
///
/// `E` is what loaders fail with. The methods are those of [`Cache`] and cost the same; what is read
/// is copied out. None of the caller's code runs while the cache is borrowed, so that a clock, a
/// waker or a loader may call the cache.
pub struct LocalCache<E> {
    pub(super) inner: Rc<Inner<E>>,
}

pub(super) struct Inner<E> {
    pub(super) cache: RefCell<Cache>,
    pub(super) flights: Flights<E>,
    clock: Box<dyn Fn() -> u64>,
}

impl<E> Clone for LocalCache<E> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

impl<E> LocalCache<E> {
    /// Shares a cache. `clock` gives milliseconds since any fixed moment, as `now` of [`Cache`]'s
    /// methods.
    pub fn new(cache: Cache, clock: impl Fn() -> u64 + 'static) -> Self {
        let (cache, flights, clock) = (RefCell::new(cache), Flights::new(), Box::new(clock));
        Self { inner: Rc::new(Inner { cache, flights, clock }) }
    }

    /// As [`Cache::get`], copied.
    pub fn get(&self, key: &[u8]) -> Option<Held> {
        let now = self.now();
        self.inner.cache.borrow_mut().get(key, now).map(Held::from)
    }

    /// As [`Cache::has`].
    pub fn has(&self, key: &[u8]) -> bool {
        self.with(|cache, now| cache.has(key, now))
    }

    /// As [`Cache::set`]. A load of this key that is under way gives its callers what it loads and
    /// does not store it.
    pub fn set(&self, key: &[u8], value: Value, ttl: Ttl) -> Result<bool, Error> {
        let stored = self.with(|cache, now| cache.set(key, value, ttl, now))?;
        self.inner.flights.detach(key); // also when it was refused: what was there is gone
        Ok(stored)
    }

    /// As [`Cache::set_if_absent`]; loads as for [`set`](Self::set), if it stored.
    pub fn set_if_absent(&self, key: &[u8], value: Value, ttl: Ttl) -> Result<bool, Error> {
        let stored = self.with(|cache, now| cache.set_if_absent(key, value, ttl, now))?;
        if stored {
            self.inner.flights.detach(key);
        }
        Ok(stored)
    }

    /// As [`Cache::reject`]; loads as for [`set`](Self::set).
    pub fn reject(&self, key: &[u8]) {
        self.with(|cache, now| cache.reject(key, now));
        self.inner.flights.detach(key);
    }

    /// As [`Cache::increment`]; loads as for [`set`](Self::set).
    pub fn increment(&self, key: &[u8], by: f64, initial: f64, ttl: Ttl) -> Result<f64, Error> {
        let sum = self.with(|cache, now| cache.increment(key, by, initial, ttl, now))?;
        self.inner.flights.detach(key);
        Ok(sum)
    }

    /// As [`Cache::delete`]; loads as for [`set`](Self::set), also when there was no entry: what is
    /// deleted is what was known until now, and a load under way began before.
    pub fn delete(&self, key: &[u8]) -> bool {
        let deleted = self.with(|cache, now| cache.delete(key, now));
        self.inner.flights.detach(key);
        deleted
    }

    /// As [`Cache::ttl`], in milliseconds.
    pub fn ttl(&self, key: &[u8]) -> Option<u64> {
        self.with(|cache, now| cache.ttl(key, now))
    }

    /// As [`Cache::expire_in`].
    pub fn expire_in(&self, key: &[u8], ttl: Ttl) -> Result<bool, Error> {
        self.with(|cache, now| cache.expire_in(key, ttl, now))
    }

    /// As [`Cache::persist`].
    pub fn persist(&self, key: &[u8]) -> bool {
        self.with(|cache, now| cache.persist(key, now))
    }

    /// As [`Cache::count_keys`].
    pub fn count_keys(&self, pattern: &Pattern) -> u64 {
        self.with(|cache, now| cache.count_keys(pattern, now))
    }

    /// All keys that match, copied. O(n), as [`Cache::keys`].
    pub fn keys(&self, pattern: &Pattern) -> Vec<Box<[u8]>> {
        let mut keys = Vec::new();
        self.with(|cache, now| {
            cache.keys(pattern, 0, now, |key| {
                keys.push(key.into());
                true
            })
        });
        keys
    }

    /// As [`Cache::delete_pattern`]; loads of all keys that match as for [`delete`](Self::delete).
    pub fn delete_pattern(&self, pattern: &Pattern) -> u64 {
        let deleted = self.with(|cache, now| cache.delete_pattern(pattern, now));
        self.inner.flights.detach_matching(|key| pattern.matches(key));
        deleted
    }

    /// As [`Cache::clear`]; all loads as for [`delete`](Self::delete).
    pub fn clear(&self) -> u64 {
        let deleted = self.with(Cache::clear);
        self.inner.flights.detach_matching(|_| true);
        deleted
    }

    /// As [`Cache::purge_expired`].
    pub fn purge_expired(&self, limit: usize) -> u64 {
        self.with(|cache, now| cache.purge_expired(limit, now))
    }

    /// As [`Cache::stats`].
    pub fn stats(&self) -> Stats {
        self.inner.cache.borrow().stats()
    }

    /// As [`Cache::reset_stats`].
    pub fn reset_stats(&self) {
        self.inner.cache.borrow_mut().reset_stats();
    }

    /// As [`Cache::max_entry_bytes`].
    pub fn max_entry_bytes(&self) -> u64 {
        self.inner.cache.borrow().max_entry_bytes()
    }

    /// The bounds in force.
    pub fn options(&self) -> crate::cache::Options {
        *self.inner.cache.borrow().options()
    }

    /// Whether the caller runs inside the loader that loads this key.
    #[cfg(all(feature = "promise-class", target_arch = "wasm32"))]
    pub(crate) fn is_inside_load(&self, key: &[u8]) -> bool {
        self.inner.flights.is_inside(key)
    }

    /// The clock is asked before the cache is borrowed: it is the caller's code. What is called with
    /// the cache never is.
    fn with<R>(&self, call: impl FnOnce(&mut Cache, u64) -> R) -> R {
        let now = self.now();
        call(&mut self.inner.cache.borrow_mut(), now)
    }

    pub(super) fn now(&self) -> u64 {
        (self.inner.clock)()
    }
}
