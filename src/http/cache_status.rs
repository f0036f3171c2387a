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
    /// It has a condition for the origin alone.
    Bypass,
    /// What is stored is a part, and not the one that is asked for.
    Partial,
}

impl Reason {
    /// The reason of a number: the place in the list of reasons.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Miss, Self::Stale, Self::Request, Self::Method, Self::Bypass, Self::Partial]
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
            Self::Partial => b"partial",
        }
    }
}

/// What came of asking the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// Why it was asked.
    pub reason: Reason,
    /// The status of its response; `None`: it could not be reached.
    pub status: Option<u16>,
    /// The response is stored now.
    pub stored: bool,
    /// It was asked on behalf of several requests at once.
    pub collapsed: bool,
}

/// What this cache has to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Did {
    /// Answered from the store; how many seconds are left, negative when it was stale.
    Hit(i64),
    /// Asked the origin.
    Forwarded(Forwarded),
    /// Asked the origin in vain, and answered from the store; seconds as for a hit.
    Covered(Forwarded, i64),
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
            append(out, b"; hit");
            push_left(out, left);
        }
        Did::Forwarded(forwarded) => push_forwarded(out, forwarded),
        Did::Covered(forwarded, left) => {
            push_forwarded(out, forwarded);
            push_left(out, left);
            append(out, b"; detail=stale-if-error");
        }
        Did::Refused => append(out, b"; detail=only-if-cached"),
    }
}

fn push_left(out: &mut Vec<u8>, left: i64) {
    append(out, if left < 0 { b"; ttl=-" } else { b"; ttl=" });
    push_decimal(out, left.unsigned_abs());
}

fn push_forwarded(out: &mut Vec<u8>, forwarded: Forwarded) {
    append(out, b"; fwd=");
    append(out, forwarded.reason.name());
    if let Some(status) = forwarded.status {
        append(out, b"; fwd-status=");
        push_decimal(out, u64::from(status));
    }
    append(out, if forwarded.stored { b"; stored" } else { b"" });
    append(out, if forwarded.collapsed { b"; collapsed" } else { b"" });
}
