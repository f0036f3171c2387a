//! When a stored response answers a request that asks for nothing in particular.

use super::names::Name;
use super::options::Options;
use super::reuse::{Life, Stale};
use super::rules::Rules;
use super::stored::Stored;
use super::wire::Malformed;

/// For how long [`lookup`](super::lookup) gives a hit to every GET and HEAD without fields that a
/// cache obeys (and, where it varies, of the same variant), so that whoever keeps the head need not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Milliseconds since the epoch: from then on it is stale.
    pub until_ms: u64,
    /// When its age was nothing, in the same unit; before the epoch: it is no plain one.
    pub born_ms: u64,
}

/// `None`: never, as it is partial, must be validated, or says what other caches did with it.
/// O(length of the texts).
pub fn plain(options: &[u8], head: &[u8]) -> Result<Option<Plain>, Malformed> {
    let (options, stored) = (Options::read(options)?, Stored::read(head)?);
    let mut joined = Vec::new();
    let rules = Rules::of(&options, &stored.fields, &mut joined);
    let stale = Stale { rules: &rules, shared: options.shared, validated: stored.validated };
    let told = stored.fields.has(Name::CacheStatus);
    if told || stored.status == 206 || stale.needs_validation() || !rules.answers(&options, &stored)
    {
        return Ok(None);
    }
    let Life { age_ms, lifetime_ms } = Life::of(&options, &rules, &stored, stored.received_ms);
    let born = stored.received_ms.checked_sub(age_ms);
    Ok(born.map(|born_ms| Plain { until_ms: born_ms.saturating_add(lifetime_ms), born_ms }))
}
