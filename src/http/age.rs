//! How old a response is (RFC 9111, 4.2.3), in milliseconds.

use super::fields::Fields;
use super::freshness::made;
use super::names::Name;
use super::text::seconds;

/// Its age when it arrived. Date has no fractions of a second, so that `received` loses them too
/// before the two are compared.
#[inline(never)]
pub(super) fn on_arrival(fields: &Fields<'_>, asked_ms: u64, received_ms: u64) -> u64 {
    let received = received_ms / 1_000;
    let apparent = (received as i64).saturating_sub(made(fields, received)).max(0) as u64;
    let delay = received_ms.saturating_sub(asked_ms);
    let corrected = delay.saturating_add(u64::from(stated(fields)) * 1_000);
    apparent.saturating_mul(1_000).max(corrected)
}

/// What Age says (RFC 9111, 5.1): of a list, which it should not be, the first member; nothing where
/// that is no number. One with a parameter behind it is taken at its number.
fn stated(fields: &Fields<'_>) -> u32 {
    let first = fields.list(Name::Age).next().unwrap_or_default();
    let end = first.iter().position(|&byte| byte == b';').unwrap_or(first.len());
    first.get(..end).and_then(seconds).unwrap_or(0)
}
