//! Whether a stored response may answer a request (RFC 9111, 4 and 5.2.1; RFC 5861).

use super::cache_status::Reason;
use super::directives::{Directives, MUST_REVALIDATE, NO_CACHE, NO_STORE, PROXY_REVALIDATE};
use super::freshness::lifetime;
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
    pub fn of(options: &Options<'_>, rules: &Rules<'_>, stored: &Stored<'_>, now_ms: u64) -> Self {
        let received = stored.received_ms / 1_000;
        let seconds = lifetime(options, rules, stored.status, &stored.fields, received);
        Self { age_ms: stored.age_ms(now_ms), lifetime_ms: u64::from(seconds.unwrap_or(0)) * 1_000 }
    }

    /// As if what is left of it had just run out.
    pub fn ended(self) -> Self {
        Self { lifetime_ms: self.lifetime_ms.min(self.age_ms), ..self }
    }

    /// Whole seconds until it is stale; negative since when it is.
    pub fn left(self) -> i64 {
        (self.lifetime_ms as i64).saturating_sub_unsigned(self.age_ms).div_euclid(1_000)
    }

    /// For how many milliseconds it may still be used, so many seconds beyond its freshness.
    pub fn grace_ms(self, seconds: Option<u32>) -> u64 {
        let grace = seconds.map(|seconds| u64::from(seconds) * 1_000).unwrap_or(0);
        self.lifetime_ms.saturating_add(grace).saturating_sub(self.age_ms)
    }
}

/// Whether the stored response was chosen by the same values of the fields that its Vary names.
pub(super) fn selects(request: &Request<'_>, stored: &Stored<'_>) -> bool {
    let Some(names) = vary::names(&stored.fields) else { return false };
    let mut variant = Vec::new();
    vary::select(&request.fields, &names, &mut variant);
    variant == stored.variant
}

/// What stands against answering from the store without asking; `None`: nothing does.
pub(super) fn objection(wanted: &Directives<'_>, stale: Stale<'_>, life: Life) -> Option<Reason> {
    let Life { age_ms, lifetime_ms } = life;
    let more_than =
        |limit: Option<u32>, ms| limit.is_some_and(|seconds| ms > u64::from(seconds) * 1_000);
    if stale.needs_validation() {
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
    (!tolerated || !stale.may_be_used()).then_some(Reason::Stale)
}

/// What decides whether a response may be used when it is stale.
#[derive(Clone, Copy)]
pub(super) struct Stale<'a> {
    pub rules: &'a Rules<'a>,
    pub shared: bool,
    /// As in [`Stored`].
    pub validated: bool,
}

impl Stale<'_> {
    /// Whether it must be validated before each use, fresh or stale.
    pub fn needs_validation(self) -> bool {
        self.validated || self.rules.directives.has(NO_CACHE)
    }

    /// Whether that is not forbidden (RFC 9111, 4.2.4). `s-maxage` says `proxy-revalidate`.
    pub fn may_be_used(self) -> bool {
        let directives = &self.rules.directives;
        let for_shared = directives.has(PROXY_REVALIDATE) || directives.s_maxage.is_some();
        let forbidden = directives.has(MUST_REVALIDATE) || self.shared && for_shared;
        !forbidden && !self.needs_validation()
    }

    /// For how many milliseconds from now it may be used while it is validated (RFC 5861, 3).
    pub fn revalidating_ms(self, life: Life) -> u64 {
        let window = self.rules.directives.stale_while_revalidate;
        if window.is_some() && self.may_be_used() { life.grace_ms(window) } else { 0 }
    }

    /// For how many milliseconds from now it may stand for an error (RFC 5861, 4).
    pub fn covering_ms(self, wanted: &Directives<'_>, life: Life) -> u64 {
        let window = self.rules.directives.stale_if_error.max(wanted.stale_if_error);
        let asked = wanted.has(NO_CACHE | NO_STORE);
        if window.is_some() && !asked && self.may_be_used() { life.grace_ms(window) } else { 0 }
    }
}
