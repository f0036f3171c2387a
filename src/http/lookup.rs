//! What to do with a request, given what is stored under its key.

use super::answer::push_answer;
use super::cache_status::{Did, Reason, push_cache_status};
use super::conditional::{client_has, push_conditions};
use super::directives::{Directives, ONLY_IF_CACHED};
use super::fields::Fields;
use super::names::Name;
use super::options::Options;
use super::reuse::{life, objection, selects};
use super::rules::Rules;
use super::stored::Stored;
use super::wire::{Malformed, Request, push, push_field};

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Ask the origin. `out` holds the conditions to send in place of the client's own; where it is
    /// empty, the request goes as it is.
    Forward(Reason),
    /// Answer from the store: `out` is the head, the stored body follows.
    Hit,
    /// Answer that the client has it: `out` is the head of a 304.
    NotModified,
    /// Answer that nothing stored will do and asking is forbidden: `out` is the head of a 504.
    OnlyIfCached,
}

/// Decides what to do with a request; `head` is what [`store`](super::store) wrote for its key, or
/// empty, `now_ms` milliseconds since the epoch. O(length of the texts).
///
/// A head that a request does not match is as good as none: no key can make a response answer a
/// request that its own fields forbid it to answer.
pub fn lookup(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    now_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Lookup, Malformed> {
    let (options, request) = (Options::read(options)?, Request::read(request)?);
    let stored = if head.is_empty() { None } else { Some(Stored::read(head)?) };
    if !request.is(b"GET") && !request.is(b"HEAD") {
        return Ok(Lookup::Forward(Reason::Method));
    }
    let wanted = Directives::of_request(&request.fields);
    let outcome = decide(&options, &request, &wanted, stored.as_ref(), now_ms, out);
    if wanted.has(ONLY_IF_CACHED) && matches!(outcome, Lookup::Forward(_)) {
        refuse(&options, out);
        return Ok(Lookup::OnlyIfCached);
    }
    Ok(outcome)
}

fn refuse(options: &Options<'_>, out: &mut Vec<u8>) {
    out.clear();
    push(out, b"504");
    push_field(out, b"content-length", b"0");
    push_field(out, b"cache-control", b"no-store");
    push_cache_status(out, options, &Fields::default(), Did::Refused);
}

fn decide(
    options: &Options<'_>,
    request: &Request<'_>,
    wanted: &Directives,
    stored: Option<&Stored<'_>>,
    now_ms: u64,
    out: &mut Vec<u8>,
) -> Lookup {
    if is_for_origin(&request.fields, wanted) {
        return Lookup::Forward(Reason::Bypass);
    }
    let Some(stored) = stored.filter(|stored| selects(request, stored)) else {
        return Lookup::Forward(Reason::Miss);
    };
    let rules = Rules::of(options, &stored.fields);
    if !rules.allow(options, stored.status) {
        return Lookup::Forward(Reason::Miss);
    }
    let life = life(options, &rules, stored, now_ms);
    if let Some(reason) = objection(options, wanted, &rules, life) {
        if request.is(b"GET") {
            push_conditions(out, &stored.fields);
        }
        return Lookup::Forward(reason);
    }
    let not_modified = client_has(&request.fields, stored);
    push_answer(out, options, stored, not_modified, life.age_ms, Did::Hit(life.left()));
    if not_modified { Lookup::NotModified } else { Lookup::Hit }
}

/// Whether a request has conditions that only the origin can try, or wants a part. A range may be
/// ignored (RFC 9110, 14.2), and is, rather than refused when asking is forbidden.
fn is_for_origin(fields: &Fields<'_>, wanted: &Directives) -> bool {
    fields.has(Name::IfMatch)
        || fields.has(Name::IfUnmodifiedSince)
        || fields.has(Name::Range) && !wanted.has(ONLY_IF_CACHED)
}
