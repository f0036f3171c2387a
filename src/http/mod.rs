//! RFC 9111 as pure functions: what may be stored, what may be reused, and what to say about it.
//!
//! Nothing here reads a clock, keeps state or moves a body. A request, a response and what was kept
//! of an earlier one come in as text ([`wire`] describes it), a decision goes out, with text where
//! it has something to send or to keep. A text that is not well formed gives [`Malformed`].
//!
//! [`lookup`] is asked before a request goes anywhere, [`store`] when a response arrived, and
//! [`freshen`] and [`answer`] when that was a 304 to a validation; [`forwarded`] is the head of a
//! response on its way through, [`invalidates`] what an unsafe request makes untrue, and [`variant`]
//! the part of a key that Vary adds.

mod age;
mod answer;
mod cache_status;
mod conditional;
mod date;
mod directives;
mod fields;
mod freshen;
mod freshness;
mod invalidate;
mod list;
mod lookup;
mod names;
mod options;
mod reuse;
mod rules;
mod storage;
mod stored;
mod structured;
mod text;
mod vary;
pub mod wire;

pub use answer::{Answer, answer, forwarded};
pub use cache_status::Reason;
pub use freshen::{Freshened, freshen};
pub use invalidate::invalidates;
pub use lookup::{Lookup, lookup};
pub use storage::{Kept, store};
pub use vary::variant;
pub use wire::Malformed;
