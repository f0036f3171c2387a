//! The head of what the client gets: of a stored response, or of one on its way through.

use super::cache_status::{Did, Forwarded, push_cache_status};
use super::conditional::{client_has, range_counts};
use super::fields::Field;
use super::names::Name;
use super::options::Options;
use super::range::{Span, Wanted};
use super::reuse::Life;
use super::rules::Rules;
use super::stored::Stored;
use super::text::{append, push_decimal, starts};
use super::texts::{NO_RESPONSE, Texts};
use super::wire::{
    Malformed, Method, Request, Response, push, push_field, push_fields, push_number,
};

/// How to answer with a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With all of its body.
    Whole,
    /// With a 304, as the client has it.
    NotModified,
    /// With a 206, and with the bytes of the stored body from `start` until before `end`.
    Part {
        /// Offset of the first byte, in what is stored.
        start: u64,
        /// Offset behind the last byte, in what is stored.
        end: u64,
    },
    /// With a 416: it has no byte of the range.
    Unsatisfiable,
}

/// An answer, and where in the whole its part lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub answer: Answer,
    /// For a part and a 416; else meaningless.
    span: Span,
}

/// How a stored response answers a request, conditions before ranges (RFC 9110, 13.2.2); `None`: it is
/// partial, and has not all that is wanted. `length` is that of the stored body, where it is known.
#[inline(never)]
pub(super) fn choose(
    request: &Request<'_>,
    stored: &Stored<'_>,
    length: Option<u64>,
) -> Option<Chosen> {
    let ranged = request.is(Method::Get) && range_counts(&request.fields, stored);
    let wanted = if ranged { Wanted::of(&request.fields) } else { None };
    let chosen = if stored.status == 206 {
        let span = stored.span().filter(|_| stored.is_undamaged(length))?;
        from_part(span, wanted?)?
    } else {
        let length = length.or_else(|| stored.length()).filter(|_| stored.status == 200);
        from_whole(wanted, length)
    };
    if client_has(&request.fields, stored) {
        return Some(Chosen { answer: Answer::NotModified, ..chosen });
    }
    Some(chosen)
}

fn from_part(held: Span, wanted: Wanted) -> Option<Chosen> {
    let Some((start, end)) = held.holds(wanted)? else {
        return Some(Chosen { answer: Answer::Unsatisfiable, span: held });
    };
    let answer = Answer::Part { start: start - held.start, end: end - held.start };
    Some(Chosen { answer, span: Span { start, end, ..held } })
}

fn from_whole(wanted: Option<Wanted>, length: Option<u64>) -> Chosen {
    let mut span = Span { start: 0, end: 0, total: length };
    let answer = match (wanted, length) {
        (Some(wanted), Some(total)) => match wanted.within(total) {
            Some((start, end)) => {
                span = Span { start, end, ..span };
                Answer::Part { start, end }
            }
            None => Answer::Unsatisfiable,
        },
        _ => Answer::Whole,
    };
    Chosen { answer, span }
}

impl Chosen {
    /// Writes status and fields of the answer.
    #[inline(never)]
    pub fn push(
        self,
        out: &mut Vec<u8>,
        options: &Options<'_>,
        stored: &Stored<'_>,
        age_ms: u64,
        did: Did,
    ) {
        push_number(out, self.status(stored));
        for field in &stored.fields.0 {
            let replaced = matches!(field.name, Name::Age | Name::CacheStatus);
            if !replaced && !self.leaves_out(field) {
                push_field(out, field.text, field.value);
            }
        }
        self.push_range(out);
        push(out, b"age");
        push_number(out, age_ms / 1_000);
        push_cache_status(out, options, &stored.fields, did);
    }

    fn status(self, stored: &Stored<'_>) -> u64 {
        match self.answer {
            Answer::Whole => u64::from(stored.status),
            Answer::NotModified => 304,
            Answer::Part { .. } => 206,
            Answer::Unsatisfiable => 416,
        }
    }

    fn leaves_out(self, field: &Field<'_>) -> bool {
        match self.answer {
            Answer::Whole => false,
            Answer::NotModified | Answer::Unsatisfiable => describes_content(field),
            Answer::Part { .. } => matches!(field.name, Name::ContentLength | Name::ContentRange),
        }
    }

    fn push_range(self, out: &mut Vec<u8>) {
        let bytes = match self.answer {
            Answer::Part { start, end } => end - start,
            Answer::Unsatisfiable => 0,
            _ => return,
        };
        push(out, b"content-range");
        push_span(out, if bytes > 0 { Some(self.span) } else { None }, self.span.total);
        push(out, b"content-length");
        push_number(out, bytes);
    }
}

/// Appends a value of Content-Range as a part: of nothing, where there is no span.
#[inline(never)]
pub(super) fn push_span(out: &mut Vec<u8>, span: Option<Span>, total: Option<u64>) {
    append(out, b"bytes ");
    match span {
        Some(span) => {
            push_decimal(out, span.start);
            out.push(b'-');
            push_decimal(out, span.end.saturating_sub(1));
        }
        None => out.push(b'*'),
    }
    out.push(b'/');
    match total {
        Some(total) => push_decimal(out, total),
        None => out.push(b'*'),
    }
    out.push(0);
}

/// Fields of the content, which a 304 does not have. Content-Location names a resource, and
/// Content-Security-Policy concerns the client.
fn describes_content(field: &Field<'_>) -> bool {
    starts(field.text, b"content-")
        && !starts(field.text, b"content-security-policy")
        && field.name != Name::ContentLocation
}

/// Writes the head of the answer to a request from a stored response that was not fresh: the origin
/// has just called it good, or has `failed` and it stands for the error. Freshness is not asked for
/// again. `length` is that of the stored body, where it is known. `None`: it is partial, and has not
/// all that is wanted. O(length of the texts).
#[allow(clippy::too_many_arguments)] // three texts and four facts
pub fn answer(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    forwarded: Forwarded,
    failed: bool,
    length: Option<u64>,
    now_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Option<Answer>, Malformed> {
    let texts = Texts::read([options, request, head, NO_RESPONSE])?;
    let Texts { options, request, stored: head, .. } = &texts;
    let Some(chosen) = choose(request, head, length) else { return Ok(None) };
    let mut joined = Vec::new();
    let rules = Rules::of(options, &head.fields, &mut joined);
    let life = Life::of(options, &rules, head, now_ms);
    let did = if failed { Did::Covered(forwarded, life.left()) } else { Did::Forwarded(forwarded) };
    chosen.push(out, options, head, life.age_ms, did);
    Ok(Some(chosen.answer))
}

/// Writes the fields of a response on its way from the origin to the client; the status is its own,
/// whatever `how` says. O(length of the texts).
pub fn forwarded(
    options: &[u8],
    response: &[u8],
    how: Forwarded,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let (options, response) = (Options::read(options)?, Response::read(response)?);
    let mut fields = response.fields.end_to_end();
    fields.remove(&|field| field.name == Name::CacheStatus);
    push_fields(out, &fields);
    let did = Did::Forwarded(Forwarded { status: Some(response.status), ..how });
    push_cache_status(out, &options, &response.fields, did);
    Ok(())
}
