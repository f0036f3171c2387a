//! The bounds of a cache and the lifetimes of its entries.

use super::layout::MAX_DEADLINE;
use super::{Error, PolicyKind};

/// The longest time to live: 1,000 years of 365.25 days, in milliseconds.
pub const MAX_TTL_MS: u64 = 31_557_600_000_000;

/// The bounds and defaults of a [`Cache`](super::Cache).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// All that the entries may cost together, in bytes: keys, values and what keeping them takes.
    /// At least 1. Default 32 MiB.
    pub max_bytes: u64,
    /// How many entries there may be. At least 1. Default: `u32::MAX - 1`, which no cache reaches.
    pub max_entries: u32,
    /// An entry that costs more is refused. At least 1. Default: a quarter of `max_bytes`.
    pub max_entry_bytes: Option<u64>,
    /// How long an entry lives whose [`Ttl`] is `Default`, in milliseconds. Default: for ever.
    pub default_ttl_ms: Option<u64>,
    /// Each time to live is shortened by a random share of at most this, from 0 to 1, so that what was
    /// stored together does not expire together. Default 0.
    pub ttl_jitter: f64,
    /// Drops an entry that was not used for so many milliseconds, from 1 to [`MAX_TTL_MS`]. Default: none is.
    pub max_idle_ms: Option<u64>,
    /// Who is evicted when room must be made. Default: the least recently used.
    pub policy: PolicyKind,
    /// For replaying traces, natively only: an entry whose value is a number costs that number.
    #[doc(hidden)]
    pub bare: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: 32 << 20,
            max_entries: u32::MAX - 1,
            max_entry_bytes: None,
            default_ttl_ms: None,
            ttl_jitter: 0.0,
            max_idle_ms: None,
            policy: PolicyKind::Lru,
            bare: false,
        }
    }
}

impl Options {
    /// The bound for one entry that follows from the others: never above `max_bytes`.
    pub(super) fn entry_bound(&self) -> u64 {
        let bound = self.max_entry_bytes.unwrap_or(self.max_bytes / 4);
        bound.clamp(1, self.max_bytes)
    }

    /// Fails with [`Error::InvalidOption`] or [`Error::InvalidTtl`].
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.max_bytes == 0 {
            return Err(Error::InvalidOption("max_bytes"));
        }
        if self.max_entries == 0 || self.max_entries == u32::MAX {
            return Err(Error::InvalidOption("max_entries"));
        }
        if self.max_entry_bytes == Some(0) {
            return Err(Error::InvalidOption("max_entry_bytes"));
        }
        if !(0.0..=1.0).contains(&self.ttl_jitter) {
            return Err(Error::InvalidOption("ttl_jitter"));
        }
        self.max_idle_ms.map_or(Ok(()), check_ttl)?;
        self.default_ttl_ms.map_or(Ok(()), check_ttl)
    }
}

/// How a value is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct SetOptions<'a> {
    /// How long the entry is to live.
    pub ttl: Ttl,
    /// Names that the entry depends on: see [`Cache::invalidate_tag`](super::Cache::invalidate_tag).
    pub tags: &'a [&'a [u8]],
    /// When the value was last modified, in milliseconds. Default: now.
    pub modified_ms: Option<u64>,
    /// A key that is present keeps the expiry it has; `ttl` is for a new one.
    pub keep_ttl: bool,
    /// How long the value is held after its deadline, for those who ask for stale values, in
    /// milliseconds. Only room that is needed ends it sooner.
    pub stale_ms: Option<u64>,
    /// Whether the key must be there.
    pub only: Only,
}

impl Default for SetOptions<'_> {
    fn default() -> Self {
        Self {
            ttl: Ttl::Default,
            tags: &[],
            modified_ms: None,
            keep_ttl: false,
            stale_ms: None,
            only: Only::Always,
        }
    }
}

/// On which keys a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// On any.
    Always,
    /// On those that are absent or expired.
    IfAbsent,
    /// On those that are present.
    IfPresent,
}

/// How long an entry is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// As long as [`Options::default_ttl_ms`] says.
    Default,
    /// Until it is evicted or deleted.
    Never,
    /// So many milliseconds: from 1 to [`MAX_TTL_MS`].
    After(u64),
}

impl Ttl {
    /// The first millisecond at which the entry is gone; [`NO_DEADLINE`] for never.
    pub(super) fn deadline(self, default_ms: Option<u64>, now: u64) -> Result<u64, Error> {
        let ttl = match self {
            Self::Default => default_ms,
            Self::Never => None,
            Self::After(ms) => Some(ms),
        };
        let Some(ms) = ttl else { return Ok(NO_DEADLINE) };
        check_ttl(ms)?;
        Ok(now.saturating_add(ms).min(NO_DEADLINE - 1))
    }
}

/// The deadline of an entry that never expires.
pub(super) const NO_DEADLINE: u64 = MAX_DEADLINE;

fn check_ttl(ms: u64) -> Result<(), Error> {
    if (1..=MAX_TTL_MS).contains(&ms) { Ok(()) } else { Err(Error::InvalidTtl(ms)) }
}
