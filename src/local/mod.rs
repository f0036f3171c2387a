//! A cache that the tasks of one thread share, with one load per key at a time (feature `async`).
//!
//! [`LocalCache`] is a handle: clone it into every task. It needs no executor of its own and no
//! threads, only `core::future`, so that it works under any of them: in a browser, in a worker, in
//! tokio's `LocalSet`.
//!
//! ```
//! use isocache::cache::{Cache, Options, Ttl};
//! use isocache::local::{Held, LocalCache};
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = std::pin::pin!(future);
//! #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! #     loop {
//! #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
//! #             return output;
//! #         }
//! #     }
//! # }
//!
//! let engine = Cache::new(Options::default(), 42)?;
//! let cache = LocalCache::<String>::new(engine, || 1_700_000_000_000);
//! let page = block_on(cache.get_or_load(b"/", Ttl::After(5_000), || async {
//!     Ok("what somebody fetched".as_bytes())
//! }));
//! assert_eq!(page, Ok(Held::from("what somebody fetched".as_bytes())));
//! assert!(cache.has(b"/"));
//! # Ok::<(), isocache::cache::Error>(())
//! ```

mod cache;
mod flight;
mod flights;
mod held;
mod join;
mod load;
#[cfg(feature = "serde")]
mod typed;

pub use cache::LocalCache;
pub use held::Held;
pub use load::LoadError;
