//! Validators: a client's condition, tried on a stored response, and our own.

use super::date;
use super::fields::Fields;
use super::freshness::made;
use super::list::etags;
use super::names::Name;
use super::stored::Stored;
use super::text::decimal;
use super::wire::{Malformed, push_field};

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
#[inline(never)]
pub(super) fn push_conditions(out: &mut Vec<u8>, stored: &Fields<'_>) {
    let (tag, date) = validators(stored);
    if let Some(tag) = tag {
        push_field(out, b"if-none-match", tag);
    }
    if let Some(date) = date {
        push_field(out, b"if-modified-since", date);
    }
}

/// Writes the fields that ask whether a stored head is still good; nothing if it has no validator.
/// For a validation that no request waits for. O(length of the text).
pub fn conditions(head: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    push_conditions(out, &Stored::read(head)?.fields);
    Ok(())
}

/// An entity tag that names bytes, not only a meaning (RFC 9110, 8.8.3).
#[inline(never)]
pub(super) fn strong_tag<'a>(fields: &Fields<'a>) -> Option<&'a [u8]> {
    fields
        .only(Name::Etag)
        .filter(|tag| tag.len() > 1 && tag.starts_with(b"\"") && tag.ends_with(b"\""))
}

/// Last-Modified where it names bytes: where nothing was changed in the minute before the response
/// was made (RFC 9110, 8.8.2.2).
#[inline(never)]
fn strong_date(fields: &Fields<'_>, received: u64) -> Option<i64> {
    let parse = |name| fields.only(name).and_then(|text| date::parse(text, received));
    let (modified, made) = (parse(Name::LastModified)?, parse(Name::Date)?);
    (made.saturating_sub(modified) >= 60).then_some(modified)
}

/// Whether If-Range lets Range count: its validator is the stored one, and strong (RFC 9110, 13.1.5).
#[inline(never)]
pub(super) fn range_counts(request: &Fields<'_>, stored: &Stored<'_>) -> bool {
    if !request.has(Name::IfRange) {
        return true;
    }
    let Some(validator) = request.only(Name::IfRange) else { return false };
    if validator.ends_with(b"\"") {
        return strong_tag(&stored.fields) == Some(validator);
    }
    let received = stored.received_ms / 1_000;
    let date = date::parse(validator, received);
    date.is_some() && date == strong_date(&stored.fields, received)
}

/// Whether an arriving part is of the same bytes as a stored one (RFC 9111, 3.4).
pub(super) fn same_bytes(new: &Fields<'_>, stored: &Stored<'_>) -> bool {
    if new.has(Name::Etag) || stored.fields.has(Name::Etag) {
        let tag = strong_tag(new);
        return tag.is_some() && tag == strong_tag(&stored.fields);
    }
    let received = stored.received_ms / 1_000;
    let date = new.only(Name::LastModified).and_then(|text| date::parse(text, received));
    date.is_some() && date == strong_date(&stored.fields, received)
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

/// Whether the fields of an answer to HEAD describe the stored response: all validators that it has,
/// and its length, are the stored ones (RFC 9111, 4.3.5).
pub(super) fn describes(answer: &Fields<'_>, stored: &Stored<'_>) -> bool {
    let same = |name| !answer.has(name) || answer.only(name) == stored.fields.only(name);
    let length = answer.only(Name::ContentLength).and_then(decimal);
    let kept = if stored.status == 206 {
        stored.span().and_then(|span| span.total)
    } else {
        stored.length()
    };
    let other_length = length.is_some() && kept.is_some() && length != kept;
    same(Name::Etag) && same(Name::LastModified) && !other_length
}
