//! Snapshots: what a cache holds as bytes, and back. docs/snapshot.md has the format.
//!
//! Both directions work in pieces, because the bytes may be as many as the cache's own and linear
//! memory keeps every peak: [`SnapshotWriter`] fills buffers of any size; reading is two passes over
//! the same pieces, [`SnapshotCheck`], which changes nothing, and [`SnapshotReader`](read::SnapshotReader), which only a
//! finished check can start. [`Cache::snapshot`](super::Cache::snapshot) and
//! [`Cache::restore`](super::Cache::restore) are those over one slice.
//!
//! Only `port.rs` knows how the cache keeps entries.

mod checksum;
mod format;
mod parse;
mod port;
mod read;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod whole;
mod write;

pub(crate) use read::SnapshotCheck;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub(crate) use read::SnapshotReader;
pub(crate) use write::SnapshotWriter;
