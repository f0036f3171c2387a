//! RFC 9111 as pure functions: what may be stored, what may be reused, and what to say about it.
//!
//! Nothing here reads a clock, keeps state or moves a body. A request, a response and what was kept
//! of an earlier one come in as text ([`wire`] describes it), a decision goes out, with text where
//! it has something to send or to keep. A text that is not well formed gives [`Malformed`].
//!
//! [`lookup`] is asked before a request goes anywhere, [`store`] when a response arrived, and
//! [`freshen`] and [`answer`] when that was a 304 to a validation, [`update`] when it answered HEAD,
//! [`combine`] when it is the rest of a stored part; [`forwarded`] is the head of a response on its way
//! through, [`invalidates`] and [`group_invalidations`] what an unsafe request makes untrue,
//! [`labels`] what a response can be purged by, [`variant`] the part of a key that Vary adds, and
//! [`conditions`] what validates a stored response.

mod age;
mod answer;
mod cache_status;
mod combine;
mod conditional;
mod date;
mod directives;
mod fields;
mod freshen;
mod freshness;
mod invalidate;
mod labels;
mod list;
mod lookup;
mod names;
mod options;
mod plain;
mod preferences;
mod range;
mod reuse;
mod rules;
mod storage;
mod stored;
mod structured;
mod text;
mod texts;
mod vary;
pub mod wire;
mod words;

pub use answer::{Answer, answer, forwarded};
pub use cache_status::{Forwarded, Reason};
pub use combine::{Combined, combine};
pub use conditional::conditions;
pub use freshen::{Freshened, Updated, freshen, update};
pub use invalidate::invalidates;
pub use labels::{group_invalidations, labels};
pub use lookup::{Forward, Held, Lookup, lookup};
pub use plain::{Plain, plain};
pub use range::Span;
pub use storage::{Kept, store};
pub use vary::variant;
pub use wire::Malformed;
