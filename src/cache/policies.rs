//! The policy of a cache, chosen once: a name for callers, a `match` for the hot path.

use super::Options;
#[cfg(feature = "auto")]
use super::auto::Auto;
use super::gdsf::Gdsf;
use super::lru::Lru;
use super::policy::{Bound, Facts, Policy};
use super::s3_fifo::S3Fifo;
use super::sieve::Sieve;
use super::w_tinylfu::WTinyLfu;

/// Who is evicted when room must be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyKind {
    /// The least recently used, exactly.
    #[default]
    Lru,
    /// SIEVE: the oldest that was not used since a hand last passed it.
    Sieve,
    /// S3-FIFO: new entries must prove themselves in a small queue.
    S3Fifo,
    /// W-TinyLFU: what leaves a window stays only if it is used more often than what would have
    /// to go.
    WTinyLfu,
    /// GDSF: what is used least for the bytes it takes. For byte bounds.
    Gdsf,
    /// Whichever of these does best on a sample of the requests. With the feature `auto`.
    #[cfg(feature = "auto")]
    Auto,
}

impl PolicyKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Lru,
        Self::Sieve,
        Self::S3Fifo,
        Self::WTinyLfu,
        Self::Gdsf,
        #[cfg(feature = "auto")]
        Self::Auto,
    ];

    /// The name that options and statistics use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lru => "lru",
            Self::Sieve => "sieve",
            Self::S3Fifo => "s3-fifo",
            Self::WTinyLfu => "w-tinylfu",
            Self::Gdsf => "gdsf",
            #[cfg(feature = "auto")]
            Self::Auto => "auto",
        }
    }

    /// The policy of a name. O(1).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Any policy.
pub(super) enum Policies {
    Lru(Lru),
    Sieve(Sieve),
    S3Fifo(S3Fifo),
    WTinyLfu(WTinyLfu),
    Gdsf(Gdsf),
    #[cfg(feature = "auto")]
    Auto(Box<Auto>),
}

impl Policies {
    pub(super) fn new(options: &Options) -> Self {
        match options.policy {
            PolicyKind::Lru => Self::Lru(Lru::new()),
            PolicyKind::Sieve => Self::Sieve(Sieve::new()),
            PolicyKind::S3Fifo => Self::S3Fifo(S3Fifo::new(options)),
            PolicyKind::WTinyLfu => Self::WTinyLfu(WTinyLfu::new(Bound::likely(options))),
            PolicyKind::Gdsf => Self::Gdsf(Gdsf::new(Bound::likely(options))),
            #[cfg(feature = "auto")]
            PolicyKind::Auto => Self::Auto(Box::new(Auto::new(options))),
        }
    }
}

/// Calls a method of whichever policy it is.
macro_rules! each {
    ($self:ident, $policy:ident => $call:expr) => {
        match $self {
            Self::Lru($policy) => $call,
            Self::Sieve($policy) => $call,
            Self::S3Fifo($policy) => $call,
            Self::WTinyLfu($policy) => $call,
            Self::Gdsf($policy) => $call,
            #[cfg(feature = "auto")]
            Self::Auto($policy) => $call,
        }
    };
}

impl Policies {
    #[inline(never)]
    fn hit_other(&mut self, id: u32, facts: Facts) {
        each!(self, policy => policy.hit(id, facts));
    }
}

impl Policy for Policies {
    fn prepare(&mut self, hash: u32, cost: u64) {
        each!(self, policy => policy.prepare(hash, cost));
    }

    fn insert(&mut self, id: u32, facts: Facts) {
        each!(self, policy => policy.insert(id, facts));
    }

    #[inline(always)]
    fn hit(&mut self, id: u32, facts: Facts) {
        match self {
            Self::Lru(policy) => policy.hit(id, facts),
            _ => self.hit_other(id, facts),
        }
    }

    fn resize(&mut self, id: u32, from: u64, facts: Facts) {
        each!(self, policy => policy.resize(id, from, facts));
    }

    fn remove(&mut self, id: u32, facts: Facts) {
        each!(self, policy => policy.remove(id, facts));
    }

    fn victim(&mut self, bound: Bound, facts: Facts) -> Option<u32> {
        each!(self, policy => policy.victim(bound, facts))
    }

    fn rebound(&mut self, options: &Options) {
        each!(self, policy => policy.rebound(options));
    }

    #[cfg(feature = "auto")]
    fn uses(&self, id: u32, facts: Facts) -> u32 {
        each!(self, policy => policy.uses(id, facts))
    }

    fn order(&self) -> Vec<u32> {
        each!(self, policy => policy.order())
    }

    fn bytes(&self) -> usize {
        each!(self, policy => policy.bytes())
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    fn validate(&self, facts: Facts) -> Vec<u32> {
        each!(self, policy => policy.validate(facts))
    }
}
