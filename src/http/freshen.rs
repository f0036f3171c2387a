//! What a 304 to our validation changes about what is stored (RFC 9111, 3.2 and 4.3.4).

use super::conditional::is_about;
use super::fields::{Field, Fields};
use super::names::Name;
use super::options::Options;
use super::storage::{Kept, keep};
use super::stored::Stored;
use super::wire::{Malformed, Request, Response};

/// What became of a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshened {
    /// The 304 is not about it: forget it, and ask again without conditions.
    Mismatch,
    /// `out` is its new head; the time is as in [`Kept::For`].
    For(u64),
    /// `out` is its new head, good for this one answer: it must not be stored any longer.
    Once,
}

/// Takes the fields of a 304 over into a stored head. Both times are as for
/// [`store`](super::store), those of the validation. O(length of the texts).
pub fn freshen(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    response: &[u8],
    asked_ms: u64,
    received_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Freshened, Malformed> {
    let (options, request) = (Options::read(options)?, Request::read(request)?);
    let (stored, response) = (Stored::read(head)?, Response::read(response)?);
    if response.status != 304 || !is_about(&response.fields, &stored.fields) {
        return Ok(Freshened::Mismatch);
    }
    let fields = merged(&stored.fields, &response.fields);
    let fresh = Response { status: stored.status, fields: fields.clone() };
    if let Kept::For(ms) = keep(&options, &request, fresh, asked_ms, received_ms, out) {
        return Ok(Freshened::For(ms));
    }
    Stored { asked_ms, received_ms, fields, ..stored }.write(out);
    Ok(Freshened::Once)
}

/// The stored fields, each one that the 304 has replaced by the 304's. The Age and the Date of the
/// old message say nothing about the new one.
fn merged<'a>(stored: &Fields<'a>, new: &Fields<'a>) -> Fields<'a> {
    let mut taken = new.end_to_end();
    taken.0.retain(|field| !field.name.is_of_body());
    let mut merged = stored.clone();
    let outdated = |field: &Field<'_>| matches!(field.name, Name::Age | Name::Date);
    merged.0.retain(|field| !taken.has_name_of(field) && !outdated(field));
    merged.0.append(&mut taken.0);
    merged
}
