//! Validators: a client's condition, tried on a stored response, and our own.

use super::date;
use super::fields::Fields;
use super::freshness::made;
use super::list::etags;
use super::names::Name;
use super::stored::Stored;
use super::wire::push_field;

/// Whether the client has what is stored: If-None-Match where there is one, else If-Modified-Since
/// (RFC 9111, 4.3.2). Only a success can be "not modified".
#[inline(never)]
pub(super) fn client_has(request: &Fields<'_>, stored: &Stored<'_>) -> bool {
    if !(200..300).contains(&stored.status) {
        return false;
    }
    if request.has(Name::IfNoneMatch) {
        return request.all(Name::IfNoneMatch).any(|tags| names_tag_of(tags, stored));
    }
    let received = stored.received_ms / 1_000;
    let since = request.only(Name::IfModifiedSince).and_then(|text| date::parse(text, received));
    since.is_some_and(|since| modified(stored, received) <= since)
}

fn names_tag_of(tags: &[u8], stored: &Stored<'_>) -> bool {
    let kept = stored.fields.only(Name::Etag).map(opaque);
    tags == b"*" || kept.is_some_and(|tag| etags(tags).any(|other| opaque(other) == tag))
}

/// When the stored response changed last; Date where it does not say.
fn modified(stored: &Stored<'_>, received: u64) -> i64 {
    let modified = stored.fields.only(Name::LastModified);
    let modified = modified.and_then(|text| date::parse(text, received));
    modified.unwrap_or_else(|| made(&stored.fields, received))
}

/// An entity tag without its mark of weakness.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The entity tag and the date that can be sent back: a tag that is there once and not empty, a date
/// that is one.
#[inline(never)]
fn validators<'a>(fields: &Fields<'a>) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    let tag = fields.only(Name::Etag).filter(|tag| !tag.is_empty());
    let date = fields.only(Name::LastModified).filter(|text| date::parse(text, 0).is_some());
    (tag, date)
}

/// Whether a response has a validator that can be sent back.
pub(super) fn has_validator(fields: &Fields<'_>) -> bool {
    validators(fields) != (None, None)
}

/// Writes the fields that ask whether a stored response is still good. The entity tag decides where
/// there is one; the date goes along for those who know no tags (RFC 9110, 13.1.3).
pub(super) fn push_conditions(out: &mut Vec<u8>, stored: &Fields<'_>) {
    let (tag, date) = validators(stored);
    if let Some(tag) = tag {
        push_field(out, b"if-none-match", tag);
    }
    if let Some(date) = date {
        push_field(out, b"if-modified-since", date);
    }
}

/// Whether a 304 speaks of this stored response (RFC 9111, 4.3.4): a strong tag must be the same, a
/// weak one the same but for its weakness; without a tag, the dates must agree where both have one.
pub(super) fn is_about(answer: &Fields<'_>, stored: &Fields<'_>) -> bool {
    let kept = stored.get(Name::Etag);
    match answer.get(Name::Etag) {
        Some(tag) if tag.starts_with(b"W/") => kept.map(opaque) == Some(opaque(tag)),
        Some(tag) => kept == Some(tag),
        None => {
            let (date, kept) = (answer.get(Name::LastModified), stored.get(Name::LastModified));
            date.is_none() || kept.is_none() || date == kept
        }
    }
}
