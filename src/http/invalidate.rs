//! What an unsafe request makes untrue (RFC 9111, 4.4).

use super::names::Name;
use super::wire::{Malformed, Request, Response, push};

/// Writes the references that must not be answered from the store any more, one part each: the
/// request's own URL, and what Location and Content-Location refer to. The latter are as they came:
/// they are to be resolved against the URL, and count only if they have its origin. Nothing for a
/// safe method or an error. Methods that are not known may be unsafe. O(length of the texts).
pub fn invalidates(request: &[u8], response: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (request, response) = (Request::read(request)?, Response::read(response)?);
    if request.method.is_safe() || !(200..400).contains(&response.status) {
        return Ok(());
    }
    push(out, request.url);
    for name in [Name::Location, Name::ContentLocation] {
        response.fields.all(name).for_each(|reference| push(out, reference));
    }
    Ok(())
}
