//! What to do with a request, given what is stored under its key.

use super::answer::{Answer, Chosen, choose};
use super::cache_status::{Did, Forwarded, Reason, push_cache_status};
use super::conditional::{push_conditions, strong_tag};
use super::directives::{Directives, ONLY_IF_CACHED};
use super::fields::Fields;
use super::names::Name;
use super::options::Options;
use super::reuse::{Life, Stale, objection, selects};
use super::rules::Rules;
use super::stored::Stored;
use super::text::{append, push_decimal};
use super::texts::{NO_HEAD, NO_RESPONSE, Texts};
use super::wire::{Malformed, Method, Request, push, push_field};

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Ask the origin. `out` holds the conditions to send in place of the client's own; where it is
    /// empty, the request goes as it is.
    Forward(Forward),
    /// Answer from the store: `out` is the head.
    Answer {
        /// What follows the head.
        answer: Answer,
        /// It is stale, and to be validated without anybody waiting (RFC 5861, 3).
        revalidate: bool,
    },
    /// Answer that nothing stored will do and asking is forbidden: `out` is the head of a 504.
    OnlyIfCached,
}

/// A request that goes to the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Why.
    pub reason: Reason,
    /// For how many milliseconds from now what is stored may stand for an error of the origin
    /// (RFC 5861, 4); 0: it may not.
    pub covering_ms: u64,
    /// The conditions ask for the rest of what is stored: a 206 is for [`combine`](super::combine).
    pub completes: bool,
}

/// What whoever keeps a stored response knows of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Bytes of the stored body, which ranges need; `None`: what Content-Length says.
    pub length: Option<u64>,
    /// It was purged softly: it is not fresh any more, whatever it says.
    pub purged: bool,
    /// It is the response to somebody else's request for which this one has waited.
    pub collapsed: bool,
}

/// Decides what to do with a request; `head` is what [`store`](super::store) wrote for its key, or
/// empty, `now_ms` milliseconds since the epoch. O(length of the texts).
///
/// A head that a request does not match is as good as none: no key can make a response answer a
/// request that its own fields forbid it to answer. But for the method: a response to QUERY must not
/// be found by the key of a GET.
pub fn lookup(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    held: Held,
    now_ms: u64,
    out: &mut Vec<u8>,
) -> Result<Lookup, Malformed> {
    let known = !head.is_empty();
    let texts = Texts::read([options, request, if known { head } else { NO_HEAD }, NO_RESPONSE])?;
    let Texts { options, request, stored, .. } = &texts;
    if !request.method.is_read() {
        return Ok(forward(Reason::Method));
    }
    let wanted = Directives::of_request(&request.fields);
    let asked = Asked { options, request, wanted: &wanted, now_ms };
    let outcome = asked.decide(Some(stored).filter(|_| known), held, out);
    if wanted.has(ONLY_IF_CACHED) && matches!(outcome, Lookup::Forward(_)) {
        refuse(options, out);
        return Ok(Lookup::OnlyIfCached);
    }
    Ok(outcome)
}

fn forward(reason: Reason) -> Lookup {
    Lookup::Forward(Forward { reason, covering_ms: 0, completes: false })
}

fn refuse(options: &Options<'_>, out: &mut Vec<u8>) {
    out.clear();
    push(out, b"504");
    push_field(out, b"content-length", b"0");
    push_field(out, b"cache-control", b"no-store");
    push_cache_status(out, options, &Fields::default(), Did::Refused);
}

/// A request that a stored response could answer.
struct Asked<'a> {
    options: &'a Options<'a>,
    request: &'a Request<'a>,
    wanted: &'a Directives<'a>,
    now_ms: u64,
}

impl Asked<'_> {
    fn decide(&self, stored: Option<&Stored<'_>>, held: Held, out: &mut Vec<u8>) -> Lookup {
        let fields = &self.request.fields;
        if fields.has(Name::IfMatch) || fields.has(Name::IfUnmodifiedSince) {
            return forward(Reason::Bypass); // only the origin can try these
        }
        let usable = |stored: &&Stored<'_>| {
            selects(self.request, stored) && stored.is_undamaged(held.length)
        };
        let Some(stored) = stored.filter(usable) else { return forward(Reason::Miss) };
        let mut joined = Vec::new();
        let rules = Rules::of(self.options, &stored.fields, &mut joined);
        if !rules.answers(self.options, stored) {
            return forward(Reason::Miss);
        }
        let shared = self.options.shared;
        let stale = Stale { rules: &rules, shared, validated: stored.validated };
        let life = Life::of(self.options, &rules, stored, self.now_ms);
        let life = if held.purged { life.ended() } else { life };
        self.use_or_ask(stored, stale, life, held, out)
    }

    fn use_or_ask(
        &self,
        stored: &Stored<'_>,
        stale: Stale<'_>,
        life: Life,
        held: Held,
        out: &mut Vec<u8>,
    ) -> Lookup {
        let objection = objection(self.wanted, stale, life);
        let revalidate = objection == Some(Reason::Stale) && stale.revalidating_ms(life) > 0;
        let chosen = choose(self.request, stored, held.length);
        if let (Some(chosen), true) = (chosen, objection.is_none() || revalidate) {
            chosen.push(out, self.options, stored, life.age_ms, did(stored, held, life));
            return Lookup::Answer { answer: chosen.answer, revalidate };
        }
        let reason = objection.unwrap_or(Reason::Partial);
        let completes = self.push_questions(stored, chosen, out);
        let covering_ms = chosen.map_or(0, |_| stale.covering_ms(self.wanted, life));
        Lookup::Forward(Forward { reason, covering_ms, completes })
    }

    /// Writes what to ask the origin about a stored response; true: for its rest.
    fn push_questions(
        &self,
        stored: &Stored<'_>,
        chosen: Option<Chosen>,
        out: &mut Vec<u8>,
    ) -> bool {
        if chosen.is_none() {
            return self.request.is(Method::Get) && push_completion(self.request, stored, out);
        }
        if !self.request.is(Method::Head) {
            push_conditions(out, &stored.fields);
        }
        false
    }
}

/// What a hit is called, or the response to another request that this one waited for.
fn did(stored: &Stored<'_>, held: Held, life: Life) -> Did {
    if !held.collapsed {
        return Did::Hit(life.left());
    }
    let status = Some(stored.status);
    Did::Forwarded(Forwarded { reason: Reason::Miss, status, stored: false, collapsed: true })
}

/// Asks for what is missing behind a stored beginning, if somebody wants the whole.
fn push_completion(request: &Request<'_>, stored: &Stored<'_>, out: &mut Vec<u8>) -> bool {
    let span = stored.span().filter(|span| span.start == 0 && !request.fields.has(Name::Range));
    let (Some(span), Some(tag)) = (span, strong_tag(&stored.fields)) else { return false };
    append(out, b"range\0bytes=");
    push_decimal(out, span.end);
    append(out, b"-\0");
    push_field(out, b"if-range", tag);
    true
}
