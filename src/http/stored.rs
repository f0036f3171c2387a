//! The head of a stored response: version, status, when it was asked for and when it arrived, the
//! part of the request that Vary selects, and the fields.

use super::age::on_arrival;
use super::fields::Fields;
use super::names::Name;
use super::range::Span;
use super::text::decimal;
use super::wire::{Malformed, Parts, push, push_fields, push_number};

/// Changes when the text does: heads of another version are malformed, so that they are misses.
const VERSION: u64 = 2;
/// The version of one that is validated before each use, whatever its fields say.
const VALIDATED_VERSION: u64 = 3;

#[derive(Debug)]
pub(super) struct Stored<'a> {
    /// It must be validated before each use, for a reason that is not in its fields.
    pub validated: bool,
    pub status: u16,
    /// Milliseconds since the epoch.
    pub asked_ms: u64,
    /// Milliseconds since the epoch.
    pub received_ms: u64,
    pub variant: &'a [u8],
    pub fields: Fields<'a>,
}

impl<'a> Stored<'a> {
    pub fn read(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Parts::new(text)?;
        let validated = match parts.number()? {
            VERSION => false,
            VALIDATED_VERSION => true,
            _ => return Err(Malformed),
        };
        let status = parts.status()?;
        let (asked_ms, received_ms) = (parts.number()?, parts.number()?);
        let variant = parts.next().ok_or(Malformed)?;
        Ok(Self { validated, status, asked_ms, received_ms, variant, fields: parts.fields()? })
    }

    /// Without the fields that belong to the connection it came by.
    #[inline(never)]
    pub fn write(&self, out: &mut Vec<u8>) {
        push_number(out, if self.validated { VALIDATED_VERSION } else { VERSION });
        push_number(out, u64::from(self.status));
        push_number(out, self.asked_ms);
        push_number(out, self.received_ms);
        push(out, self.variant);
        push_fields(out, &self.fields.end_to_end());
    }

    pub fn age_ms(&self, now_ms: u64) -> u64 {
        let resident = now_ms.saturating_sub(self.received_ms);
        on_arrival(&self.fields, self.asked_ms, self.received_ms).saturating_add(resident)
    }

    /// Where its body lies in the whole, if it is partial and says so.
    pub fn span(&self) -> Option<Span> {
        Span::of(&self.fields).filter(|_| self.status == 206)
    }

    /// Whether a part is as long as it says, as far as its length is known.
    pub fn is_undamaged(&self, length: Option<u64>) -> bool {
        match (self.span(), length) {
            (Some(span), Some(length)) => span.len() == length,
            _ => true,
        }
    }

    /// Bytes of the body, as Content-Length says.
    pub fn length(&self) -> Option<u64> {
        self.fields.only(Name::ContentLength).and_then(decimal)
    }
}
