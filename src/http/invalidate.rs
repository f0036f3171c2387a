//! What an unsafe request makes untrue (RFC 9111, 4.4).

use super::names::Name;
use super::texts::Texts;
use super::wire::{Malformed, push};

/// Writes the references that must not be answered from the store any more, one part each: the
/// request's own URL, and what Location and Content-Location refer to. The latter are as they came:
/// they are to be resolved against the URL, and count only if they have its origin. Nothing for a
/// safe method or an error. Methods that are not known may be unsafe. O(length of the texts).
pub fn invalidates(request: &[u8], response: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let texts = Texts::exchange(request, response)?;
    if !texts.changes() {
        return Ok(());
    }
    push(out, texts.request.url);
    for name in [Name::Location, Name::ContentLocation] {
        texts.response.fields.all(name).for_each(|reference| push(out, reference));
    }
    Ok(())
}
