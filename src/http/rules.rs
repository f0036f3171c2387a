//! What a response allows: the directives that count for this cache, and what its status allows.

use super::directives::{Directives, MUST_UNDERSTAND, NO_CACHE, NO_STORE, PRIVATE, PUBLIC};
use super::fields::Fields;
use super::list::members;
use super::names::Name;
use super::options::Options;
use super::stored::Stored;
use super::text::same;

/// The directives of a response that count.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub directives: Directives<'a>,
    /// They came from a targeted field: Cache-Control and Expires are as if they were not there
    /// (RFC 9213, 2.2).
    pub targeted: bool,
}

impl<'a> Rules<'a> {
    /// `joined` is room for the lines of a targeted field.
    pub fn of(options: &Options<'_>, fields: &Fields<'a>, joined: &'a mut Vec<u8>) -> Self {
        let target = options.targets().find(|target| join(fields, target, joined));
        let text: &'a [u8] = joined;
        let found = target.and_then(|_| Directives::targeted(text));
        let targeted = found.is_some();
        let mut directives = found.unwrap_or_else(|| Directives::cache_control(fields));
        directives.unqualify(|names| members(names).any(|name| rules_reuse(options, name)));
        Self { directives, targeted }
    }

    /// Whether the response may be kept at all (RFC 9111, 3): asked before it is stored, and again
    /// before it is reused. `no-store` gives way to a `must-understand` that is understood.
    pub fn allow(&self, options: &Options<'_>, status: u16) -> bool {
        let directives = &self.directives;
        let must_understand = directives.has(MUST_UNDERSTAND);
        let understood = is_heuristic(status) || is_understood(status);
        !(must_understand && !understood
            || directives.has(NO_STORE) && !must_understand
            || directives.has(PRIVATE) && options.shared)
    }

    /// Whether a stored response may be reused at all: what is stored in a private cache may have been
    /// handed to a shared one.
    pub fn answers(&self, options: &Options<'_>, stored: &Stored<'_>) -> bool {
        let cookie = options.shared && stored.fields.has(Name::SetCookie);
        self.allow(options, stored.status) && (!cookie || self.shares_cookies())
    }

    /// Whether the response says itself for how long it is fresh.
    pub fn is_explicit(&self, options: &Options<'_>, fields: &Fields<'_>) -> bool {
        self.directives.max_age.is_some()
            || self.directives.s_maxage.is_some() && options.shared
            || !self.targeted && fields.has(Name::Expires)
    }

    /// Whether the origin consents to what it set a cookie with going to others.
    pub fn shares_cookies(&self) -> bool {
        let directives = &self.directives;
        directives.has(PUBLIC)
            || directives.s_maxage.is_some()
            || self.targeted && directives.max_age.is_some()
    }

    /// Whether a field is not for others than whom it was sent to, or for this one use: it is not
    /// stored.
    pub fn withholds(&self, options: &Options<'_>, field: &[u8]) -> bool {
        let counts = |flag| flag == NO_CACHE || options.shared;
        let mut named = self.directives.qualified.iter().filter(|(flag, _)| counts(*flag));
        named.any(|(_, names)| members(names).any(|name| same(name, field)))
    }
}

/// Whether a stored response without this field would be reused by other rules.
fn rules_reuse(options: &Options<'_>, name: &[u8]) -> bool {
    Name::of(name).rules_reuse() || options.targets().any(|target| same(target, name))
}

/// Joins the lines of a targeted field: whether they are a dictionary that is not empty.
fn join(fields: &Fields<'_>, target: &[u8], joined: &mut Vec<u8>) -> bool {
    joined.clear();
    fields.join(target, joined);
    Directives::targeted(joined).is_some()
}

/// Statuses that may be kept without being told for how long (RFC 9110, 15.1).
pub(super) fn is_heuristic(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Others whose meaning gives a cache nothing more to do. 304 is not among them.
fn is_understood(status: u16) -> bool {
    matches!(status, 201 | 202 | 302 | 303 | 307 | 400..=403 | 406..=417 | 500 | 502..=504)
}
