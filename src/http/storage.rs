//! Whether a response may be stored, and for how long that is worth it (RFC 9111, 3).

use super::age::on_arrival;
use super::conditional::has_validator;
use super::directives::{Directives, MUST_REVALIDATE, NO_CACHE, NO_STORE, PUBLIC};
use super::freshness::lifetime;
use super::names::Name;
use super::options::Options;
use super::reuse::may_be_stale;
use super::rules::{Rules, is_heuristic};
use super::stored::Stored;
use super::vary;
use super::wire::{Malformed, Request, Response};

/// How long a stale response stays that can be validated: a day.
const VALIDATED_MS: u64 = 86_400_000;
/// The longest that another one stays, for requests that take it stale: an hour.
const STALE_MS: u64 = 3_600_000;

/// What became of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It must not be stored, or could never be used.
    No,
    /// Store it: `out` is the head to keep beside the body, which is worth it for so many
    /// milliseconds.
    For(u64),
}

/// Decides whether the response to a request may be stored. Both times are milliseconds since the
/// epoch: when the request went out, when the response arrived. O(length of the texts).
pub fn store(
    options: &[u8],
    request: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Kept, Malformed> {
    let (options, request) = (Options::read(options)?, Request::read(request)?);
    let response = Response::read(response)?;
    Ok(keep(&options, &request, response, asked_ms, received_ms, out))
}

#[inline(never)]
pub(super) fn keep(
    options: &Options<'_>,
    request: &Request<'_>,
    response: Response<'_>,
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Kept {
    let rules = Rules::of(options, &response.fields);
    let Some(names) = vary::names(&mut response.fields.list(Name::Vary)) else { return Kept::No };
    if !may_store(options, request, &response, &rules) {
        return Kept::No;
    }
    let ms = worth_ms(options, &rules, &response, asked_ms, received_ms);
    if ms == 0 {
        return Kept::No;
    }
    let mut variant = Vec::new();
    vary::select(&request.fields, &names, &mut variant);
    let Response { status, fields } = response;
    Stored { status, asked_ms, received_ms, variant: &variant, fields }.write(out);
    Kept::For(ms)
}

fn may_store(
    options: &Options<'_>,
    request: &Request<'_>,
    response: &Response<'_>,
    rules: &Rules,
) -> bool {
    let Response { status, fields } = response;
    let directives = &rules.directives;
    let final_and_whole = *status >= 200 && !is_about_request(*status);
    let wanted = Directives::of_request(&request.fields);
    let told = directives.has(PUBLIC)
        || directives.max_age.is_some()
        || directives.s_maxage.is_some() && options.shared
        || directives.has(super::directives::PRIVATE)
        || !rules.targeted && fields.has(Name::Expires)
        || is_heuristic(*status);
    request.is(b"GET")
        && final_and_whole
        && !wanted.has(NO_STORE)
        && rules.allow(options, *status)
        && told
        && (!options.shared || may_share(request, response, rules))
}

/// Whether a status answers what one request asked for, and says nothing about the resource: a part,
/// a condition, an expectation, its fields. Another request would not have been told so.
fn is_about_request(status: u16) -> bool {
    matches!(status, 206 | 304 | 408 | 412 | 413 | 416 | 417 | 421 | 425 | 426 | 431)
}

/// Whether a response to one user may be given to another. Authorization needs the consent of RFC
/// 9111, 3.5. For Set-Cookie the RFC leaves it to the origin, and origins forget: a session's cookie
/// on a page that says `max-age=60` would reach every visitor, so that a shared cache wants to be
/// told that it is meant.
fn may_share(request: &Request<'_>, response: &Response<'_>, rules: &Rules) -> bool {
    let directives = &rules.directives;
    let shared = directives.has(PUBLIC) || directives.s_maxage.is_some();
    let authorised = shared || directives.has(MUST_REVALIDATE);
    let cookies = shared || rules.targeted && directives.max_age.is_some();
    (authorised || !request.fields.has(Name::Authorization))
        && (cookies || !response.fields.has(Name::SetCookie))
}

/// For how long a response can be of use; 0: never.
fn worth_ms(
    options: &Options<'_>,
    rules: &Rules,
    response: &Response<'_>,
    asked_ms: u64,
    received_ms: u64,
) -> u64 {
    let Response { status, fields } = response;
    let seconds = lifetime(options, rules, *status, fields, received_ms / 1_000).unwrap_or(0);
    let lifetime_ms = u64::from(seconds) * 1_000;
    let age_ms = on_arrival(fields, asked_ms, received_ms);
    if has_validator(fields) {
        return lifetime_ms.saturating_sub(age_ms).saturating_add(VALIDATED_MS);
    }
    let stale_ms = if may_be_stale(options, rules) { lifetime_ms.min(STALE_MS) } else { 0 };
    let usable_ms = if rules.directives.has(NO_CACHE) { 0 } else { lifetime_ms + stale_ms };
    usable_ms.saturating_sub(age_ms)
}
