//! The head of what the client gets: of a stored response, or of one on its way through.

use super::cache_status::{Did, Reason, push_cache_status};
use super::conditional::client_has;
use super::fields::Field;
use super::names::Name;
use super::options::Options;
use super::stored::Stored;
use super::text::starts;
use super::wire::{Malformed, Request, Response, push, push_field, push_fields, push_number};

/// How to answer with a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With its body.
    Whole,
    /// With a 304, as the client has it.
    NotModified,
}

/// Writes the head of the answer to a request whose stored response the origin has just called good:
/// freshness is not asked for again. `reason` is why the origin was asked. O(length of the texts).
pub fn answer(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    reason: Reason,
    stored: bool,
    now_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Answer, Malformed> {
    let (options, request) = (Options::read(options)?, Request::read(request)?);
    let head = Stored::read(head)?;
    let not_modified = client_has(&request.fields, &head);
    let did = Did::Forwarded { reason, status: 304, stored };
    push_answer(out, &options, &head, not_modified, head.age_ms(now_ms), did);
    Ok(if not_modified { Answer::NotModified } else { Answer::Whole })
}

/// Writes the fields of a response on its way from the origin to the client. O(length of the texts).
pub fn forwarded(
    options: &[u8],
    response: &[u8],
    reason: Reason,
    stored: bool,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let (options, response) = (Options::read(options)?, Response::read(response)?);
    let mut fields = response.fields.end_to_end();
    fields.0.retain(|field| field.name != Name::CacheStatus);
    push_fields(out, &fields);
    let did = Did::Forwarded { reason, status: response.status, stored };
    push_cache_status(out, &options, &response.fields, did);
    Ok(())
}

/// Writes status and fields of an answer from the store.
#[inline(never)]
pub(super) fn push_answer(
    out: &mut Vec<u8>,
    options: &Options<'_>,
    stored: &Stored<'_>,
    not_modified: bool,
    age_ms: u64,
    did: Did,
) {
    push_number(out, if not_modified { 304 } else { u64::from(stored.status) });
    for field in &stored.fields.0 {
        let replaced = matches!(field.name, Name::Age | Name::CacheStatus);
        let left_out = not_modified && describes_content(field);
        if !replaced && !left_out {
            push_field(out, field.text, field.value);
        }
    }
    push(out, b"age");
    push_number(out, age_ms / 1_000);
    push_cache_status(out, options, &stored.fields, did);
}

/// Fields of the content, which a 304 does not have. Content-Location names a resource, and
/// Content-Security-Policy concerns the client.
fn describes_content(field: &Field<'_>) -> bool {
    starts(field.text, b"content-")
        && !starts(field.text, b"content-security-policy")
        && field.name != Name::ContentLocation
}
