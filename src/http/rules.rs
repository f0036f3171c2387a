//! What a response allows: the directives that count for this cache, and what its status allows.

use super::directives::{Directives, MUST_UNDERSTAND, NO_STORE, PRIVATE};
use super::fields::Fields;
use super::options::Options;
use super::text::append;

/// The directives of a response that count.
#[derive(Debug)]
pub(super) struct Rules {
    pub directives: Directives,
    /// They came from a targeted field: Cache-Control and Expires are as if they were not there
    /// (RFC 9213, 2.2).
    pub targeted: bool,
}

impl Rules {
    pub fn of(options: &Options<'_>, fields: &Fields<'_>) -> Self {
        for target in &options.targets {
            if let Some(directives) = targeted(fields, target) {
                return Self { directives, targeted: true };
            }
        }
        Self { directives: Directives::cache_control(fields), targeted: false }
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
}

fn targeted(fields: &Fields<'_>, target: &[u8]) -> Option<Directives> {
    let mut joined = Vec::new();
    for line in fields.all_of(target) {
        if !joined.is_empty() {
            joined.push(b',');
        }
        append(&mut joined, line);
    }
    Directives::targeted(&joined)
}

/// Statuses that may be kept without being told for how long (RFC 9110, 15.1).
pub(super) fn is_heuristic(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Others whose meaning gives a cache nothing more to do. 206 and 304 are not among them.
fn is_understood(status: u16) -> bool {
    matches!(status, 201 | 202 | 302 | 303 | 307 | 400..=403 | 406..=417 | 500 | 502..=504)
}
