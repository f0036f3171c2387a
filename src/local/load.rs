//! One load per key at a time.
//!
//! The caller that starts a load owns it and runs its loader inside its own future; the others wait
//! and get the same outcome, errors too. There is no task of the cache's own, so a load moves as long
//! as its owner is polled. When the owner is dropped half-way, those who wait are told, and the first
//! of them that runs begins anew with its own loader.
//!
//! A loader that asks, directly or through other loads, for a key whose load waits for it would never
//! end. Loads know which others they wait for, so that the call that would close such a circle is
//! recognised, and loads apart: it calls its own loader, stores nothing, and disturbs nobody. What
//! cannot be seen is a loader that waits for another *task* which asks for the loader's key.

use core::fmt;
use std::future::poll_fn;
use std::pin::pin;

use super::flights::{Boarding, Owner};
use super::join::{Arrival, Join};
use super::{Held, LocalCache};
use crate::cache::{Error, MAX_KEY_BYTES, MAX_TTL_MS, Ttl};

/// Why [`LocalCache::get_or_load`] has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The cache refused the call, before any loader ran.
    Cache(Error),
    /// The loader failed, and everybody who waited for it gets this.
    Loader(E),
    /// What was loaded cannot be written, or what is stored is of another type.
    #[cfg(feature = "serde")]
    Typed(crate::typed::Error),
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache(error) => error.fmt(f),
            Self::Loader(error) => write!(f, "the load failed: {error}"),
            #[cfg(feature = "serde")]
            Self::Typed(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for LoadError<E> {}

impl<E: Clone> LocalCache<E> {
    /// The value, or what `loader` gives, which is stored with `ttl` from the moment it is there.
    ///
    /// However many callers ask for a key that is absent, one loader runs at a time, and all of them
    /// get what it gives or fails with; a failure is not stored. A key that was written or deleted
    /// while it loaded keeps what it has then: what was loaded goes to those who wait and is not
    /// stored, and who asks later starts a load of their own. A value that costs more than
    /// [`Options::max_entry_bytes`](crate::cache::Options::max_entry_bytes) is given and not stored.
    ///
    /// The future does nothing until it is polled, and may be dropped at any time. Expected
    /// O(k + value), and O(log n) for n loads under way.
    ///
    /// Fails with [`LoadError::Loader`], and with [`LoadError::Cache`] for a key that is too long or
    /// an invalid TTL, also when the key is present.
    pub async fn get_or_load<L, F, V>(
        &self,
        key: &[u8],
        ttl: Ttl,
        loader: L,
    ) -> Result<Held, LoadError<E>>
    where
        L: FnOnce() -> F,
        F: Future<Output = Result<V, E>>,
        V: Into<Held>,
    {
        let load = async || loader().await.map(Into::into).map_err(LoadError::Loader);
        self.load(key, ttl, load).await
    }

    /// As [`get_or_load`](Self::get_or_load), for loaders with errors of the cache's own.
    pub(super) async fn load(
        &self,
        key: &[u8],
        ttl: Ttl,
        loader: impl AsyncFnOnce() -> Result<Held, LoadError<E>>,
    ) -> Result<Held, LoadError<E>> {
        check(key, ttl).map_err(LoadError::Cache)?;
        let flights = &self.inner.flights;
        loop {
            if let Some(held) = self.get(key) {
                return Ok(held);
            }
            let flight = match flights.board(key) {
                Boarding::Own(owner) => return self.fly(owner, key, ttl, loader).await,
                Boarding::Join(flight) => flight,
            };
            match Join::new(flights, flight).await {
                Arrival::Landed(result) => return result,
                Arrival::Abandoned => {}
                Arrival::WaitsForItself => return loader().await,
            }
        }
    }

    async fn fly(
        &self,
        mut owner: Owner<'_, E>,
        key: &[u8],
        ttl: Ttl,
        loader: impl AsyncFnOnce() -> Result<Held, LoadError<E>>,
    ) -> Result<Held, LoadError<E>> {
        let mut load = pin!(async move { loader().await });
        let result = poll_fn(|context| {
            let _inside = owner.enter();
            load.as_mut().poll(context)
        })
        .await;
        let now = self.now(); // the caller's code, which may write the key
        if let (Ok(held), true) = (&result, owner.speaks()) {
            let stored = self.inner.cache.borrow_mut().set(key, held.value(), ttl, now);
            debug_assert!(stored.is_ok(), "key and ttl were checked");
        }
        owner.land(result.clone());
        result
    }
}

/// What would refuse the write after the load, before it.
const fn check(key: &[u8], ttl: Ttl) -> Result<(), Error> {
    match ttl {
        _ if key.len() > MAX_KEY_BYTES => Err(Error::KeyTooLong(key.len())),
        Ttl::After(ms) if ms == 0 || ms > MAX_TTL_MS => Err(Error::InvalidTtl(ms)),
        _ => Ok(()),
    }
}
