//! Two parts of one body (RFC 9111, 3.4).

use super::answer::push_span;
use super::conditional::same_bytes;
use super::fields::Field;
use super::freshen::merged;
use super::names::Name;
use super::range::Span;
use super::storage::{Times, complete, keep, resize};
use super::stored::Stored;
use super::texts::Texts;
use super::wire::{Malformed, Response};

/// Two parts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combined {
    /// As in [`Kept`](super::Kept).
    pub ms: u64,
    /// What both are together; the total is always known.
    pub span: Span,
    /// Where the stored bytes begin, as an offset into the whole.
    pub stored: u64,
    /// Where the arriving bytes begin, as an offset into the whole.
    pub arriving: u64,
}

/// Combines a stored part with a 206, if they are of the same bytes and leave no gap between them:
/// `out` is then the head of both, that of a 200 once nothing is missing. Where they overlap, they are
/// equal. Times as for [`store`](super::store). O(length of the texts).
pub fn combine(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Option<Combined>, Malformed> {
    let texts = Texts::read([options, request, head, response])?;
    let Texts { options, request, stored, response } = &texts;
    let Some((held, new)) = parts(stored, response) else { return Ok(None) };
    let Some(span) = held.union(new) else { return Ok(None) };
    let mut range = Vec::new();
    push_span(&mut range, Some(span), span.total);
    let value = range.strip_suffix(&[0]).unwrap_or(&range);
    let (mut length, fields) = (Vec::new(), merged(&stored.fields, &response.fields));
    let mut both = Response { status: 206, fields };
    if span.is_whole() {
        complete(&mut both, span.end, &mut length);
    } else {
        resize(&mut both.fields, span.len(), &mut length);
        both.fields.0.push(Field { name: Name::ContentRange, text: b"content-range", value });
    }
    let times = Times { asked_ms, received_ms };
    let ms = keep(options, request, &both, stored.validated, times, out);
    Ok(ms.map(|ms| Combined { ms, span, stored: held.start, arriving: new.start }))
}

/// Where both lie, if they are parts of the same bytes.
fn parts(stored: &Stored<'_>, response: &Response<'_>) -> Option<(Span, Span)> {
    let (held, new) = (stored.span()?, Span::of(&response.fields)?);
    (response.status == 206 && same_bytes(&response.fields, stored)).then_some((held, new))
}
