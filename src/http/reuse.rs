//! Whether a stored response may answer a request (RFC 9111, 4 and 5.2.1).

use super::cache_status::Reason;
use super::directives::{Directives, MUST_REVALIDATE, NO_CACHE, NO_STORE, PROXY_REVALIDATE};
use super::freshness::lifetime;
use super::names::Name;
use super::options::Options;
use super::rules::Rules;
use super::stored::Stored;
use super::vary;
use super::wire::Request;

/// How long a response has lived and may live, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub age_ms: u64,
    pub lifetime_ms: u64,
}

impl Life {
    /// Whole seconds until it is stale; negative since when it is.
    pub fn left(self) -> i64 {
        (self.lifetime_ms as i64).saturating_sub_unsigned(self.age_ms).div_euclid(1_000)
    }
}

pub(super) fn life(options: &Options<'_>, rules: &Rules, stored: &Stored<'_>, now_ms: u64) -> Life {
    let received = stored.received_ms / 1_000;
    let seconds = lifetime(options, rules, stored.status, &stored.fields, received);
    Life { age_ms: stored.age_ms(now_ms), lifetime_ms: u64::from(seconds.unwrap_or(0)) * 1_000 }
}

/// Whether the stored response was chosen by the same values of the fields that its Vary names.
pub(super) fn selects(request: &Request<'_>, stored: &Stored<'_>) -> bool {
    let Some(names) = vary::names(&mut stored.fields.list(Name::Vary)) else { return false };
    let mut variant = Vec::new();
    vary::select(&request.fields, &names, &mut variant);
    variant == stored.variant
}

/// What stands against answering from the store without asking; `None`: nothing does.
pub(super) fn objection(
    options: &Options<'_>,
    wanted: &Directives,
    rules: &Rules,
    life: Life,
) -> Option<Reason> {
    let Life { age_ms, lifetime_ms } = life;
    let more_than =
        |limit: Option<u32>, ms| limit.is_some_and(|seconds| ms > u64::from(seconds) * 1_000);
    if rules.directives.has(NO_CACHE) {
        return Some(Reason::Stale);
    }
    if wanted.has(NO_CACHE | NO_STORE) || more_than(wanted.max_age, age_ms) {
        return Some(Reason::Request);
    }
    if age_ms < lifetime_ms {
        let left = lifetime_ms - age_ms;
        let enough = wanted.min_fresh.is_none_or(|seconds| left >= u64::from(seconds) * 1_000);
        return (!enough).then_some(Reason::Request);
    }
    let tolerated =
        wanted.max_stale.is_some() && !more_than(wanted.max_stale, age_ms - lifetime_ms);
    (!tolerated || !may_be_stale(options, rules)).then_some(Reason::Stale)
}

/// Whether a request may ask for it stale (RFC 9111, 4.2.4). `s-maxage` says `proxy-revalidate`.
pub(super) fn may_be_stale(options: &Options<'_>, rules: &Rules) -> bool {
    let directives = &rules.directives;
    let for_shared = directives.has(PROXY_REVALIDATE) || directives.s_maxage.is_some();
    let forbidden = directives.has(MUST_REVALIDATE | NO_CACHE) || options.shared && for_shared;
    !forbidden
}
