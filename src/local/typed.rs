//! Typed values over the handle.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Held, LoadError, LocalCache};
use crate::cache::Ttl;
use crate::typed::{Encoded, Error, decode, encode};

impl<E> LocalCache<E> {
    /// As [`Cache::get_as`](crate::cache::Cache::get_as).
    pub fn get_as<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
        // Decoding is the caller's code: not while the cache is borrowed.
        self.get(key).map(|held| decode(held.value())).transpose()
    }

    /// As [`Cache::set_as`](crate::cache::Cache::set_as); loads as for [`set`](Self::set).
    pub fn set_as<T: Serialize + ?Sized>(
        &self,
        key: &[u8],
        value: &T,
        ttl: Ttl,
    ) -> Result<bool, Error> {
        Ok(self.set(key, encode(value)?.value(), ttl)?)
    }
}

impl<E: Clone> LocalCache<E> {
    /// As [`get_or_load`](Self::get_or_load), typed. Each caller gets a value of its own.
    ///
    /// Fails with [`LoadError::Typed`] too: what was loaded cannot be written, or what is stored is
    /// of another type (it stays).
    pub async fn get_or_load_as<T, L, F>(
        &self,
        key: &[u8],
        ttl: Ttl,
        loader: L,
    ) -> Result<T, LoadError<E>>
    where
        T: Serialize + DeserializeOwned,
        L: FnOnce() -> F,
        F: Future<Output = Result<T, E>>,
    {
        let load = async || {
            let value = loader().await.map_err(LoadError::Loader)?;
            encode(&value).map(Held::from).map_err(LoadError::Typed)
        };
        let held = self.load(key, ttl, load).await?;
        decode(held.value()).map_err(LoadError::Typed)
    }
}

impl From<Encoded> for Held {
    fn from(encoded: Encoded) -> Self {
        Self::from(encoded.value())
    }
}
