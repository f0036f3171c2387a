//! A byte-bounded cache without threads and without a clock of its own.
//!
//! The crate is the engine of the npm package of the same name, and works without it: natively, or
//! inside somebody else's WebAssembly. Time is an argument of every call, randomness an argument of
//! the constructor, so the same calls always give the same cache.
//!
//! ```
//! use isocache::cache::{Cache, Options, Ttl, Value};
//!
//! let mut cache = Cache::new(Options { max_bytes: 1 << 20, ..Options::default() }, 42)?;
//! let now = 1_700_000_000_000; // milliseconds since the epoch
//! cache.set(b"greeting", Value::bytes(b"hello"), Ttl::After(5_000), now)?;
//! assert_eq!(cache.get(b"greeting", now + 4_999), Some(Value::bytes(b"hello")));
//! assert_eq!(cache.get(b"greeting", now + 5_000), None);
//! # Ok::<(), isocache::cache::Error>(())
//! ```

pub mod cache;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "serde", all(feature = "promise-class", target_arch = "wasm32")))]
mod kinds;
#[cfg(feature = "async")]
pub mod local;
#[cfg(feature = "serde")]
pub mod typed;
#[cfg(target_arch = "wasm32")]
mod wasm;
