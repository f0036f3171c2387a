//! Exchanges drawn from bytes, and what must hold for each: for the fuzzer and for the property tests.
//!
//! A message is made of words that carry their own meaning, so that judging needs no parser: what is
//! obviously right here can be compared with what the parsers found out.
#![allow(dead_code)] // each user uses some of it

#[path = "http_words.rs"]
mod words;
use words::*;

use isocache::http::{Answer, Held, Kept, Lookup, lookup, store};

pub const NOW: u64 = 1_697_328_000_000;
const SHARED: &[u8] = b"1\0isocache\0CDN-Cache-Control\0";
const PRIVATE: &[u8] = b"0\0isocache\0";

/// The words that count for a cache.
struct Rules<'a> {
    words: &'a Words,
    shared: bool,
    targeted: bool,
}

impl Rules<'_> {
    fn says(&self, means: Means) -> bool {
        self.words.iter().any(|word| word.1 == means)
    }

    /// The number of the first word that has one.
    fn number(&self, of: fn(Means) -> Option<u64>) -> Option<u64> {
        self.words.iter().find_map(|word| of(word.1))
    }

    fn s_maxage(&self) -> Option<u64> {
        self.number(|means| if let SMaxAge(seconds) = means { Some(seconds) } else { None })
    }

    fn max_age(&self) -> Option<u64> {
        self.number(|means| if let MaxAge(seconds) = means { Some(seconds) } else { None })
    }

    fn lifetime(&self) -> u64 {
        self.s_maxage().filter(|_| self.shared).or(self.max_age()).unwrap_or(0)
    }

    fn may_be_stale(&self) -> bool {
        let for_shared = self.says(Proxy) || self.s_maxage().is_some();
        !(self.says(Must) || self.shared && for_shared)
    }

    fn consents(&self) -> bool {
        self.says(Public) || self.s_maxage().is_some() || self.targeted && self.max_age().is_some()
    }
}

/// An exchange, and a later request.
#[derive(Debug)]
pub struct Case {
    shared: bool,
    first: Asking,
    response: Answering,
    second: Asking,
    after_ms: u64,
    length: u64,
    purged: bool,
}

impl Case {
    pub fn draw(bytes: &[u8]) -> Self {
        let choices = &mut Choices(bytes);
        Self {
            shared: choices.chance(2),
            first: Asking::draw(choices, &["GET", "GET", "GET", "QUERY", "POST", "HEAD"]),
            response: Answering::draw(choices),
            second: Asking::draw(choices, &["GET", "GET", "GET", "QUERY", "POST", "HEAD"]),
            after_ms: choices.below(256) as u64 * 500,
            length: choices.below(9) as u64,
            purged: choices.chance(8),
        }
    }

    fn rules(&self) -> Rules<'_> {
        let targeted = self.shared && !self.response.targeted.is_empty();
        let words = if targeted { &self.response.targeted } else { &self.response.control };
        Rules { words, shared: self.shared, targeted }
    }

    /// Stores the response, asks again, and judges what came of both.
    pub fn check(&self) {
        let options = if self.shared { SHARED } else { PRIVATE };
        let (mut head, mut out) = (Vec::new(), Vec::new());
        let (first, response) = (self.first.text(), self.response.text());
        let kept = store(options, &first, &response, NOW, NOW, &mut head).unwrap();
        assert_eq!(kept.is_some(), !head.is_empty());
        let Some(kept) = kept else { return self.check_refused() };
        self.check_stored(kept, &head);
        let held = Held { length: Some(self.length), purged: self.purged, collapsed: false };
        let second = self.second.text();
        let found = lookup(options, &second, &head, held, NOW + self.after_ms, &mut out).unwrap();
        match found {
            Lookup::Answer { answer, revalidate } => {
                self.check_reuse(kept, revalidate);
                self.check_answer(answer, &out);
            }
            Lookup::Forward(forward) => {
                assert!(!self.second.says(OnlyIfCached) || self.second.method == "POST");
                self.check_covering(forward.covering_ms);
                self.check_needed(forward.reason as u8 == 3);
            }
            Lookup::OnlyIfCached => {
                assert!(self.second.says(OnlyIfCached));
                self.check_needed(false);
            }
        }
    }

    /// What an everyday response needs to be stored.
    fn check_refused(&self) {
        let rules = self.rules();
        let forbidden = self.first.says(NoStore)
            || rules.says(NoStore)
            || rules.says(Private) && self.shared
            || self.response.vary == Some("*")
            || rules.says(NoCache)
            || self.first.authorised && self.shared
            || self.response.cookie && self.shared;
        let everyday = self.first.method == "GET" && self.response.status == 200 && !forbidden;
        let age = self.response.age.map_or(0, |age| age.1);
        assert!(!everyday || rules.lifetime() <= age, "a fresh response is not stored");
    }

    fn check_stored(&self, kept: Kept, head: &[u8]) {
        let (rules, response) = (self.rules(), &self.response);
        assert!(!self.first.says(NoStore) && (!rules.says(NoStore) || rules.says(Understand)));
        assert!(!rules.says(Understand) || response.status != 599);
        assert!(!(self.shared && rules.says(Private)) && response.vary != Some("*"));
        assert!(response.status != 206 && response.status != 304, "no Content-Range, no whole");
        assert!(matches!(self.first.method, "GET" | "QUERY"), "no POST has a Content-Location");
        assert!(kept.span.is_none() && !kept.for_get && kept.ms > 0);
        let authorised = rules.says(Public) || rules.says(Must) || rules.s_maxage().is_some();
        assert!(!self.shared || !self.first.authorised || authorised);
        let text = String::from_utf8_lossy(head);
        assert!(!self.shared || !text.contains("secret=1") || rules.consents());
        for (_, means) in rules.words {
            let Withheld(name, shared) = *means else { continue };
            let kept = text.contains(if name == "x-a" { "private-a" } else { "secret=1" });
            assert!(!kept || shared && !self.shared, "{name} is kept");
        }
    }

    /// Nothing is reused beyond what it and the request allow.
    fn check_reuse(&self, kept: Kept, revalidate: bool) {
        let (rules, wanted) = (self.rules(), &self.second);
        assert!(self.after_ms < kept.ms || wanted.says(MaxStale(OLD)), "used, but not kept");
        assert!(!rules.says(NoCache) && !wanted.says(NoCache) && !wanted.says(NoStore));
        assert!(self.varies_alike(), "Vary");
        let withheld = rules.says(Withheld("set-cookie", true));
        assert!(!(self.shared && self.response.cookie) || rules.consents() || withheld);
        assert_ne!(wanted.method, "POST");
        let (age_ms, lifetime_ms) = self.life();
        if age_ms < lifetime_ms {
            return assert!(!revalidate);
        }
        let stale_ms = age_ms - lifetime_ms;
        let windows = rules.words.iter().map(|word| word.1);
        let window =
            windows.filter_map(|means| if let Revalidating(s) = means { Some(s) } else { None });
        let tolerated = wanted.control.iter().any(|word| match word.1 {
            MaxStale(seconds) => stale_ms <= seconds * 1_000,
            _ => false,
        });
        assert!(rules.may_be_stale(), "stale against its word");
        match revalidate {
            true => assert!(window.max().is_some_and(|seconds| stale_ms < seconds * 1_000)),
            false => assert!(tolerated, "stale without permission"),
        }
    }

    /// Age and lifetime at the second request, in milliseconds.
    fn life(&self) -> (u64, u64) {
        let age_ms = self.response.age.map_or(0, |age| age.1) * 1_000 + self.after_ms;
        let lifetime_ms = self.rules().lifetime() * 1_000;
        (age_ms, if self.purged { lifetime_ms.min(age_ms) } else { lifetime_ms })
    }

    fn varies_alike(&self) -> bool {
        let (first, second) = (&self.first, &self.second);
        let language = |asking: &Asking| asking.language.map(|language| language.1);
        match self.response.vary {
            Some("foo") => first.foo == second.foo,
            Some("Foo , accept-language") => {
                first.foo == second.foo && language(first) == language(second)
            }
            vary => vary != Some("*"),
        }
    }

    /// A fresh response is used, where nothing is said against it.
    fn check_needed(&self, method: bool) {
        let wanted = &self.second;
        assert_eq!(method, wanted.method == "POST");
        let plain =
            wanted.control.iter().all(|word| matches!(word.1, Nothing | OnlyIfCached | IfError(_)));
        let (age_ms, lifetime_ms) = self.life();
        let cookie = self.shared && self.response.cookie;
        let usable = plain && age_ms < lifetime_ms && self.varies_alike() && !cookie;
        assert!(!usable || method || self.rules().says(NoCache), "a fresh response is not used");
    }

    fn check_covering(&self, covering_ms: u64) {
        let (rules, wanted) = (self.rules(), &self.second);
        let words = rules.words.iter().chain(&wanted.control);
        let windows = words.filter_map(|word| if let IfError(s) = word.1 { Some(s) } else { None });
        let (age_ms, lifetime_ms) = self.life();
        let most = windows.max().map_or(0, |s| (lifetime_ms + s * 1_000).saturating_sub(age_ms));
        assert!(covering_ms <= most, "covers for longer than it was told to");
        let forbidden = !rules.may_be_stale() || rules.says(NoCache) || !self.varies_alike();
        let asked = wanted.says(NoCache) || wanted.says(NoStore);
        assert!(covering_ms == 0 || !forbidden && !asked, "covers against its word");
    }

    /// The right bytes, by trying each.
    fn check_answer(&self, answer: Answer, out: &[u8]) {
        let tags = |tag: &str| tag.trim_start_matches("W/").to_string();
        let has = self.second.has.is_some_and(|has| {
            has == "*" || self.response.tag.is_some_and(|tag| tags(tag) == tags(has))
        });
        let success = (200..300).contains(&self.response.status);
        assert_eq!(answer == Answer::NotModified, has && success);
        if has && success {
            return;
        }
        let ranged = self.second.method == "GET" && self.response.status == 200;
        let Some(meant) = self.second.range.and_then(|range| range.1).filter(|_| ranged) else {
            return assert_eq!(answer, Answer::Whole);
        };
        let bytes: Vec<_> = (0..self.length).filter(|&i| meant(i, self.length)).collect();
        let text = String::from_utf8_lossy(out);
        let (expected, range) = match (bytes.first(), bytes.last()) {
            (Some(&first), Some(&last)) => (
                Answer::Part { start: first, end: last + 1 },
                format!("206\0{first}-{last}/{}\0", self.length),
            ),
            _ => (Answer::Unsatisfiable, format!("416\0*/{}\0", self.length)),
        };
        assert_eq!(answer, expected);
        let (status, range) = range.split_once('\0').unwrap();
        assert!(text.starts_with(&format!("{status}\0")));
        assert!(text.contains(&format!("content-range\0bytes {range}")));
    }
}
