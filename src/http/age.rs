//! How old a response is (RFC 9111, 4.2.3), in milliseconds.

use super::fields::Fields;
use super::freshness::made;
use super::names::Name;
use super::text::{MAX_SECONDS, seconds};

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

/// What Age says. Of a list the first member counts (RFC 9111, 5.1), but two statements are as old as
/// can be, like one that is no number of seconds: two lines, or what Fetch makes of them, a list with
/// a space behind its comma.
fn stated(fields: &Fields<'_>) -> u32 {
    if !fields.has(Name::Age) {
        return 0;
    }
    fields.only(Name::Age).and_then(first).and_then(seconds).unwrap_or(MAX_SECONDS)
}

fn first(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|&byte| byte == b',').unwrap_or(text.len());
    let (first, rest) = text.split_at_checked(end)?;
    (!rest.starts_with(b", ")).then_some(first)
}
