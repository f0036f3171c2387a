//! What a later response changes about what is stored (RFC 9111, 3.2): a 304 to our validation
//! (4.3.4), and a 200 to HEAD (4.3.5).

use super::conditional::{describes, is_about};
use super::fields::{Field, Fields};
use super::names::Name;
use super::reuse::selects;
use super::storage::{Times, keep};
use super::stored::Stored;
use super::texts::Texts;
use super::wire::{Malformed, Method, Response};

/// What became of a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshened {
    /// The 304 is not about it: forget it, and ask again without conditions.
    Mismatch,
    /// `out` is its new head.
    For {
        /// As in [`Kept`](super::Kept).
        ms: u64,
        /// The 304 has fields for the one who caused it that are not kept: `freshen` with `once` gives
        /// the head for that one answer.
        more: bool,
    },
    /// `out` is its new head, good for this one answer: it must not be stored any longer.
    Once,
}

/// Takes the fields of a 304 over into a stored head. Both times are as for
/// [`store`](super::store), those of the validation. `once`: the head is for this one answer, with all
/// that the 304 has, a cookie say. O(length of the texts).
#[allow(clippy::too_many_arguments)] // four texts, two times, and a choice
pub fn freshen(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    once: bool,
    out: &mut Vec<u8>,
) -> Result<Freshened, Malformed> {
    let mut texts = Texts::read([options, request, head, response])?;
    let Texts { options, request, stored, response } = &texts;
    if response.status != 304 || !is_about(&response.fields, &stored.fields) {
        return Ok(Freshened::Mismatch);
    }
    let (fields, times) =
        (merged(&stored.fields, &response.fields), Times { asked_ms, received_ms });
    let fresh = Response { status: stored.status, fields: fields.clone() };
    let kept =
        if once { None } else { keep(options, request, &fresh, stored.validated, times, out) };
    if let Some(ms) = kept {
        let more = Stored::read(out)?.fields.0.len() < fields.end_to_end().0.len();
        return Ok(Freshened::For { ms, more });
    }
    let stored = &mut texts.stored;
    (stored.asked_ms, stored.received_ms, stored.fields) = (asked_ms, received_ms, fields);
    stored.write(out);
    Ok(Freshened::Once)
}

/// What a response to HEAD says about a stored response to GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It is outdated, or must not be kept any longer: forget it.
    Outdated,
    /// `out` is its new head; milliseconds as in [`Kept`](super::Kept).
    For(u64),
    /// Nothing.
    Same,
}

/// Takes the fields of a 200 to HEAD over into a stored head, if it is about the same bytes, as far as
/// it says (RFC 9111, 4.3.5). Times as for [`store`](super::store). O(length of the texts).
pub fn update(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Updated, Malformed> {
    let texts = Texts::read([options, request, head, response])?;
    let Texts { options, request, stored, response } = &texts;
    let concerned = request.is(Method::Head)
        && response.status == 200
        && matches!(stored.status, 200 | 206)
        && selects(request, stored);
    if !concerned {
        return Ok(Updated::Same);
    }
    if !describes(&response.fields, stored) {
        return Ok(Updated::Outdated);
    }
    let fields = merged(&stored.fields, &response.fields);
    let (fresh, times) =
        (Response { status: stored.status, fields }, Times { asked_ms, received_ms });
    let kept = keep(options, request, &fresh, stored.validated, times, out);
    Ok(kept.map_or(Updated::Outdated, Updated::For))
}

/// The stored fields, each one that the later response has replaced by its own. The Age and the Date of
/// the old message say nothing about the new one.
#[inline(never)]
pub(super) fn merged<'a>(stored: &Fields<'a>, new: &Fields<'a>) -> Fields<'a> {
    let mut taken = new.end_to_end();
    taken.remove(&|field| field.name.is_of_body());
    let mut merged = stored.clone();
    let outdated = |field: &Field<'_>| matches!(field.name, Name::Age | Name::Date);
    merged.remove(&|field| taken.has_name_of(field) || outdated(field));
    merged.0.append(&mut taken.0);
    merged
}
