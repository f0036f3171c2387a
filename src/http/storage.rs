//! Whether a response may be stored, and for how long that is worth it (RFC 9111, 3).

use super::age::on_arrival;
use super::conditional::has_validator;
use super::directives::{Directives, MUST_REVALIDATE, NO_STORE, PRIVATE, PUBLIC};
use super::fields::{Field, Fields};
use super::freshness::lifetime;
use super::names::Name;
use super::options::Options;
use super::range::Span;
use super::reuse::Stale;
use super::rules::{Rules, is_heuristic};
use super::stored::Stored;
use super::text::{decimal, origin_and_path, push_decimal};
use super::texts::{NO_HEAD, Texts};
use super::vary;
use super::wire::{Malformed, Method, Request, Response};

/// How long a stale response stays that can be validated: a day.
const VALIDATED_MS: u64 = 86_400_000;
/// How long another one stays, for requests that take it stale and for HEAD, which may renew it: as long
/// as it was fresh, but at least a minute and at most an hour.
const STALE_MS: (u64, u64) = (60_000, 3_600_000);

/// A response that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// For how many milliseconds it can be of any use: fresh, stale, or validated.
    pub ms: u64,
    /// The part of the whole that it is; `None`: it is the whole.
    pub span: Option<Span>,
    /// It answers GET and HEAD too, although it was asked for by POST.
    pub for_get: bool,
}

/// When a request went out, and when its response arrived: milliseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub asked_ms: u64,
    pub received_ms: u64,
}

/// Decides whether the response to a request may be stored; if so, `out` is the head to keep beside
/// the body. Both times are milliseconds since the epoch: when the request went out, when the response
/// arrived. O(length of the texts), times the names in Connection and in the arguments of directives.
pub fn store(
    options: &[u8],
    request: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Option<Kept>, Malformed> {
    let (mut joined, mut length) = (Vec::new(), Vec::new());
    let mut texts = Texts::read([options, request, NO_HEAD, response])?;
    let Texts { options, request, response, .. } = &mut texts;
    let rules = Rules::of(options, &response.fields, &mut joined);
    let for_get = request.is(Method::Post);
    let may = if for_get {
        may_answer_get(options, request, response, &rules)
    } else {
        request.is(Method::Get) || request.is(Method::Query) && response.status != 206
    };
    let Some(span) = part(request, response).filter(|_| may) else { return Ok(None) };
    let span = span.filter(|span| {
        let is_whole = span.is_whole();
        if is_whole {
            complete(response, span.end, &mut length);
        }
        !is_whole
    });
    let times = Times { asked_ms, received_ms };
    let ms = keep(options, request, response, false, times, out);
    Ok(ms.map(|ms| Kept { ms, span, for_get }))
}

/// The part that a response is of the whole, `Some(None)` for the whole; `None`: neither. Only whoever
/// asked for a part gets one, and one that is longer or shorter than it says is damaged.
fn part(request: &Request<'_>, response: &Response<'_>) -> Option<Option<Span>> {
    if response.status != 206 {
        return Some(None);
    }
    let span = Span::of(&response.fields)?;
    let length = response.fields.only(Name::ContentLength);
    let right = length.is_none_or(|text| decimal(text) == Some(span.len()));
    (right && request.fields.has(Name::Range)).then_some(Some(span))
}

/// Makes a 206 that is all of the whole the 200 that it would have been.
pub(super) fn complete<'a>(response: &mut Response<'a>, total: u64, length: &'a mut Vec<u8>) {
    response.status = 200;
    resize(&mut response.fields, total, length);
}

/// Says what a body is now: so many bytes, and no part unless that is said behind.
pub(super) fn resize<'a>(fields: &mut Fields<'a>, bytes: u64, length: &'a mut Vec<u8>) {
    fields.remove(&|field| matches!(field.name, Name::ContentRange | Name::ContentLength));
    push_decimal(length, bytes);
    let value: &'a [u8] = length;
    fields.0.push(Field { name: Name::ContentLength, text: b"content-length", value });
}

/// Whether the response to a POST answers later GETs (RFC 9110, 9.3.3): it says for how long, and that
/// it is what the URL stands for.
fn may_answer_get(
    options: &Options<'_>,
    request: &Request<'_>,
    response: &Response<'_>,
    rules: &Rules<'_>,
) -> bool {
    let location = response.fields.only(Name::ContentLocation);
    let same = location.is_some_and(|location| {
        location == request.url
            || location.starts_with(b"/") && location == origin_and_path(request.url).1
    });
    response.status == 200 && same && rules.is_explicit(options, &response.fields)
}

/// Writes the head of a response that may be stored, and gives for how many milliseconds that is worth
/// it. `validated`: as in [`Stored`].
#[inline(never)]
pub(super) fn keep(
    options: &Options<'_>,
    request: &Request<'_>,
    response: &Response<'_>,
    mut validated: bool,
    times: Times,
    out: &mut Vec<u8>,
) -> Option<u64> {
    let Response { status, fields } = response;
    let mut joined = Vec::new();
    let rules = Rules::of(options, fields, &mut joined);
    let names = vary::names(fields)?;
    if !may_store(options, request, response, &rules) {
        return None;
    }
    // For Set-Cookie the RFC leaves it to the origin, and origins forget: a session's cookie on a page
    // that says `max-age=60` would reach every visitor.
    let mut kept = fields.clone();
    kept.remove(&|field| rules.withholds(options, field.text));
    if options.shared && kept.has(Name::SetCookie) && !rules.shares_cookies() {
        validated = true;
        kept.remove(&|field| field.name == Name::SetCookie);
    }
    let stale = Stale { rules: &rules, shared: options.shared, validated };
    let fresh = Response { status: *status, fields: kept };
    let ms = worth_ms(options, stale, &fresh, times);
    if ms == 0 {
        return None;
    }
    let mut variant = Vec::new();
    vary::select(&request.fields, &names, &mut variant);
    let Response { status, fields } = fresh;
    let Times { asked_ms, received_ms } = times;
    Stored { validated, status, asked_ms, received_ms, variant: &variant, fields }.write(out);
    Some(ms)
}

fn may_store(
    options: &Options<'_>,
    request: &Request<'_>,
    response: &Response<'_>,
    rules: &Rules<'_>,
) -> bool {
    let Response { status, fields } = response;
    // What is guessed about a resource says nothing about the answer to one question.
    let guessed = rules.directives.has(PUBLIC | PRIVATE) || is_heuristic(*status);
    let told = rules.is_explicit(options, fields) || guessed && !request.is(Method::Query);
    *status >= 200
        && !is_about_request(*status)
        && !Directives::of_request(&request.fields).has(NO_STORE)
        && rules.allow(options, *status)
        && told
        && (!options.shared || may_share(request, rules))
}

/// Whether a status answers what one request asked for, and says nothing about the resource: a
/// condition, an expectation, its fields. Another request would not have been told so.
fn is_about_request(status: u16) -> bool {
    matches!(status, 304 | 408 | 412 | 413 | 416 | 417 | 421 | 425 | 426 | 431)
}

/// Whether a response to a request with Authorization may be given to others (RFC 9111, 3.5).
fn may_share(request: &Request<'_>, rules: &Rules<'_>) -> bool {
    let directives = &rules.directives;
    directives.has(PUBLIC | MUST_REVALIDATE)
        || directives.s_maxage.is_some()
        || !request.fields.has(Name::Authorization)
}

/// For how long a response can be of use; 0: never.
fn worth_ms(options: &Options<'_>, stale: Stale<'_>, response: &Response<'_>, times: Times) -> u64 {
    let Response { status, fields } = response;
    let Times { asked_ms, received_ms } = times;
    let seconds = lifetime(options, stale.rules, *status, fields, received_ms / 1_000).unwrap_or(0);
    let lifetime_ms = u64::from(seconds) * 1_000;
    let directives = &stale.rules.directives;
    let window = directives.stale_while_revalidate.max(directives.stale_if_error).unwrap_or(0);
    let unasked_ms = if lifetime_ms > 0 { lifetime_ms.clamp(STALE_MS.0, STALE_MS.1) } else { 0 };
    let tolerated_ms = (u64::from(window) * 1_000).max(unasked_ms);
    let stale_ms = if stale.may_be_used() { tolerated_ms } else { 0 };
    let age_ms = on_arrival(fields, asked_ms, received_ms);
    let usable_ms = (lifetime_ms + stale_ms).saturating_sub(age_ms);
    if has_validator(fields) {
        return (lifetime_ms.saturating_sub(age_ms) + VALIDATED_MS).max(usable_ms);
    }
    if stale.needs_validation() { 0 } else { usable_ms }
}
