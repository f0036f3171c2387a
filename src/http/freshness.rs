//! For how long a response is fresh (RFC 9111, 4.2.1 and 4.2.2).

use super::date;
use super::directives::PUBLIC;
use super::fields::Fields;
use super::names::Name;
use super::options::Options;
use super::rules::{Rules, is_heuristic};
use super::text::MAX_SECONDS;

/// The longest that is guessed: a day.
const MAX_HEURISTIC: i64 = 86_400;

/// Seconds, if the response or a guess says. `received` is when it arrived, in seconds.
#[inline(never)]
pub(super) fn lifetime(
    options: &Options<'_>,
    rules: &Rules<'_>,
    status: u16,
    fields: &Fields<'_>,
    received: u64,
) -> Option<u32> {
    let directives = &rules.directives;
    if let Some(seconds) = directives.s_maxage.filter(|_| options.shared).or(directives.max_age) {
        return Some(seconds);
    }
    if !rules.targeted && fields.has(Name::Expires) {
        return Some(until_expires(fields, received));
    }
    (is_heuristic(status) || directives.has(PUBLIC)).then(|| heuristic(fields, received)).flatten()
}

/// When the response was made: Date or, where that is missing or no date, when it arrived.
#[inline(never)]
pub(super) fn made(fields: &Fields<'_>, received: u64) -> i64 {
    let date = fields.only(Name::Date).and_then(|text| date::parse(text, received));
    date.unwrap_or(received as i64)
}

/// An Expires that is no date, or is there twice, is in the past (RFC 9111, 5.3).
fn until_expires(fields: &Fields<'_>, received: u64) -> u32 {
    let expires = fields.only(Name::Expires).and_then(|text| date::parse(text, received));
    let seconds = expires.map_or(0, |at| at.saturating_sub(made(fields, received)));
    seconds.clamp(0, i64::from(MAX_SECONDS)) as u32
}

/// A tenth of the time since the last modification.
fn heuristic(fields: &Fields<'_>, received: u64) -> Option<u32> {
    let modified = date::parse(fields.only(Name::LastModified)?, received)?;
    let unchanged = made(fields, received).saturating_sub(modified);
    (unchanged >= 0).then(|| (unchanged / 10).min(MAX_HEURISTIC) as u32)
}
