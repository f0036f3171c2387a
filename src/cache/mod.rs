//! The engine: keys to values under a bound, in pure Rust.
//!
//! [`Cache`] is put together from parts that do not know each other: records in an arena, an index
//! from hash to record, a policy that names victims, and the deadlines of what expires. Only the
//! files that implement [`Cache`] see all of them.

mod arena;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod arena_tests;
#[cfg(feature = "auto")]
mod auto;
#[allow(clippy::module_inception)] // the type gives the file its name
mod cache;
mod cost;
mod deadlines;
mod error;
mod find;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod finding_tests;
mod gdsf;
mod ghosts;
mod glob;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod glob_steps;
mod hash;
mod index;
mod item;
mod journal;
mod layout;
mod lifetime;
mod links;
mod lru;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod model_tests;
mod numbers;
mod options;
mod pages;
mod patterns;
mod policies;
mod policy;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod policy_tests;
mod random;
mod records;
mod resize;
mod room;
mod s3_fifo;
#[cfg(feature = "auto")]
mod shadows;
mod sieve;
mod sketch;
mod snapshot;
mod stats;
mod table;
mod tags;
#[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
mod validate;
mod value;
mod w_tinylfu;
mod window;
mod write;

pub use cache::Cache;
pub use cost::{ENTRY_OVERHEAD, MAX_KEY_BYTES};
pub use error::Error;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub(crate) use find::Found;
pub use glob::Pattern;
pub use item::{About, Item};
pub use journal::{Event, Reason, What};
pub use numbers::MAX_SAFE_INTEGER;
pub use options::{MAX_TTL_MS, Only, Options, SetOptions, Ttl};
pub use policies::PolicyKind;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub(crate) use snapshot::{SnapshotCheck, SnapshotReader, SnapshotWriter};
pub use stats::Stats;
pub use value::Value;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub(crate) use write::Given;
