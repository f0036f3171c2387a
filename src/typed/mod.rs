//! Typed values: whatever serde can write, in and out of a cache (feature `serde`).
//!
//! ```
//! use isocache::cache::{Options, Ttl};
//! use isocache::typed::TypedCache;
//!
//! #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
//! struct User {
//!     name: String,
//!     visits: u32,
//! }
//!
//! let mut users = TypedCache::<User>::new(Options::default(), 42)?;
//! let now = 1_700_000_000_000;
//! users.set(b"user:1", &User { name: "Ada".into(), visits: 3 }, Ttl::After(60_000), now)?;
//! assert_eq!(users.get(b"user:1", now)?.map(|user| user.visits), Some(3));
//! assert_eq!(users.get(b"user:2", now)?, None);
//! # Ok::<(), isocache::typed::Error>(())
//! ```
//!
//! [`TypedCache`] holds values of one type. Where types are mixed, a [`Cache`](crate::cache::Cache)
//! has [`get_as`](crate::cache::Cache::get_as) and [`set_as`](crate::cache::Cache::set_as).
//!
//! The format is MessagePack (by `rmp-serde`), structs as maps with named fields. postcard is
//! smaller and faster, and lost: its bytes mean nothing without the type, so that a struct with one
//! field more reads as a wrong value instead of an error or a default, and JavaScript cannot read it.

mod cache;
mod codec;
mod error;

pub use cache::TypedCache;
pub(crate) use codec::{Encoded, decode, encode};
pub use error::Error;
