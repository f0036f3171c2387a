//! A cache whose values are of a type.

use core::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, decode, encode};
use crate::cache::{Cache, Options, Ttl};

impl Cache {
    /// As [`get`](Self::get), for a value that [`set_as`](Self::set_as) wrote, a counter, or one
    /// that JavaScript wrote and `T` can hold. Expected O(k + value).
    ///
    /// Fails with [`Error::NotOfType`]; the entry stays, and counts as a hit.
    pub fn get_as<T: DeserializeOwned>(
        &mut self,
        key: &[u8],
        now: u64,
    ) -> Result<Option<T>, Error> {
        self.get(key, now).map(decode).transpose()
    }

    /// As [`set`](Self::set), for whatever serde can write. An integer up to 2^53 - 1 is kept as a
    /// number that [`increment`](Self::increment) can change, all else as MessagePack. Expected
    /// O(k + value).
    ///
    /// Fails with [`Error::NotSerializable`] and as [`set`](Self::set) does.
    pub fn set_as<T: Serialize + ?Sized>(
        &mut self,
        key: &[u8],
        value: &T,
        ttl: Ttl,
        now: u64,
    ) -> Result<bool, Error> {
        Ok(self.set(key, encode(value)?.value(), ttl, now)?)
    }

    /// As [`set_if_absent`](Self::set_if_absent), for whatever serde can write. Expected O(k + value).
    ///
    /// Fails as [`set_as`](Self::set_as) does.
    pub fn set_as_if_absent<T: Serialize + ?Sized>(
        &mut self,
        key: &[u8],
        value: &T,
        ttl: Ttl,
        now: u64,
    ) -> Result<bool, Error> {
        Ok(self.set_if_absent(key, encode(value)?.value(), ttl, now)?)
    }
}

/// A [`Cache`] whose values are all of type `T`. What does not depend on the type is the
/// [`cache`](Self::cache)'s own.
pub struct TypedCache<T> {
    cache: Cache,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> TypedCache<T> {
    /// An empty cache; fails as [`Cache::new`] does.
    pub fn new(options: Options, seed: u64) -> Result<Self, Error> {
        Ok(Self::from(Cache::new(options, seed)?))
    }

    /// As [`Cache::get_as`].
    pub fn get(&mut self, key: &[u8], now: u64) -> Result<Option<T>, Error> {
        self.cache.get_as(key, now)
    }

    /// As [`Cache::set_as`].
    pub fn set(&mut self, key: &[u8], value: &T, ttl: Ttl, now: u64) -> Result<bool, Error> {
        self.cache.set_as(key, value, ttl, now)
    }

    /// As [`Cache::set_as_if_absent`].
    pub fn set_if_absent(
        &mut self,
        key: &[u8],
        value: &T,
        ttl: Ttl,
        now: u64,
    ) -> Result<bool, Error> {
        self.cache.set_as_if_absent(key, value, ttl, now)
    }

    /// The cache itself: deletes, patterns, lifetimes, counters, statistics.
    pub fn cache(&mut self) -> &mut Cache {
        &mut self.cache
    }

    /// The cache, without the type.
    pub fn into_inner(self) -> Cache {
        self.cache
    }
}

impl<T> From<Cache> for TypedCache<T> {
    fn from(cache: Cache) -> Self {
        Self { cache, of: PhantomData }
    }
}
