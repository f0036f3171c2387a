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
//!
//! Counters are changed in place, and one call does something to all keys that a glob matches:
//!
//! ```
//! use isocache::cache::{Cache, Options, Pattern, PolicyKind, Ttl};
//!
//! let options = Options { policy: PolicyKind::S3Fifo, ..Options::default() };
//! let mut cache = Cache::new(options, 42)?;
//! let now = 0;
//! for page in ["page:1", "page:2", "pages"] {
//!     cache.increment(page.as_bytes(), 1.0, 0.0, Ttl::Default, now)?;
//! }
//! assert_eq!(cache.increment(b"page:1", 1.0, 0.0, Ttl::Default, now), Ok(2.0));
//! assert_eq!(cache.delete_pattern(&Pattern::new("page:*")?, now), 2);
//! assert_eq!(cache.stats().entries, 1);
//! # Ok::<(), isocache::cache::Error>(())
//! ```
//!
//! # Features
//!
//! None of them brings a thread, a clock or a runtime; without any of them the crate depends on
//! nothing, natively and on wasm32.
//!
//! | feature | what it adds | depends on |
//! |---|---|---|
//! | `http` (default) | `http`: the decisions of an HTTP cache, RFC 9111 | nothing |
//! | `serde` | `typed`: values of your own types, as MessagePack | serde, rmp-serde |
//! | `async` | `local`: a handle for the tasks of one thread, with one load per key at a time | nothing |
//! | `promise-class` | wasm32: `PromiseCache`, a class for JavaScript whose methods give promises | wasm-bindgen and friends |
//! | `npm` | wasm32: what the npm package's own JavaScript calls; for nobody else | wasm-bindgen |

extern crate alloc;

pub mod cache;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "serde", all(feature = "promise-class", target_arch = "wasm32")))]
mod kinds;
#[cfg(feature = "async")]
pub mod local;
#[cfg(feature = "serde")]
pub mod typed;
#[cfg(all(target_arch = "wasm32", any(feature = "npm", feature = "promise-class")))]
mod wasm;

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
