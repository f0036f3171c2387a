//! Cache-Status (RFC 9211): what this cache did, behind what the caches before it did.

use super::fields::Fields;
use super::names::Name;
use super::options::Options;
use super::text::{append, push_decimal};

/// Why a request was not answered from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing stored answers it.
    Miss,
    /// What is stored must be validated first.
    Stale,
    /// The request asks for more than what is stored can give.
    Request,
    /// Its method is never answered from the store.
    Method,
    /// It asks for something that is not kept: a range, or a condition for the origin alone.
    Bypass,
}

impl Reason {
    /// The reason of a number: the place in the list of reasons.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Miss, Self::Stale, Self::Request, Self::Method, Self::Bypass]
            .get(number as usize)
            .copied()
    }

    fn name(self) -> &'static [u8] {
        match self {
            Self::Miss => b"miss",
            Self::Stale => b"stale",
            Self::Request => b"request",
            Self::Method => b"method",
            Self::Bypass => b"bypass",
        }
    }
}

/// What this cache has to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Did {
    /// Answered from the store; how many seconds are left, negative when it was stale.
    Hit(i64),
    /// Asked the origin.
    Forwarded { reason: Reason, status: u16, stored: bool },
    /// Answered that it may not ask.
    Refused,
}

/// Appends name and value of the field.
#[inline(never)]
pub(super) fn push_cache_status(
    out: &mut Vec<u8>,
    options: &Options<'_>,
    upstream: &Fields<'_>,
    did: Did,
) {
    append(out, b"cache-status\0");
    for line in upstream.all(Name::CacheStatus).filter(|line| !line.is_empty()) {
        append(out, line);
        append(out, b", ");
    }
    append(out, options.name);
    push_did(out, did);
    out.push(0);
}

fn push_did(out: &mut Vec<u8>, did: Did) {
    match did {
        Did::Hit(left) => {
            append(out, if left < 0 { b"; hit; ttl=-" } else { b"; hit; ttl=" });
            push_decimal(out, left.unsigned_abs());
        }
        Did::Forwarded { reason, status, stored } => {
            append(out, b"; fwd=");
            append(out, reason.name());
            append(out, b"; fwd-status=");
            push_decimal(out, u64::from(status));
            append(out, if stored { b"; stored" } else { b"" });
        }
        Did::Refused => append(out, b"; detail=only-if-cached"),
    }
}
