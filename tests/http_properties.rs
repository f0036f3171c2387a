//! What holds for all messages: nothing panics, and no response answers a request that it must not.
#![cfg(feature = "http")]

use isocache::http::{
    Freshened, Kept, Lookup, Reason, answer, forwarded, freshen, invalidates, lookup, store,
    variant,
};
use proptest::prelude::*;

const SHARED: &[u8] = b"1\0isocache\0CDN-Cache-Control\0";
const PRIVATE: &[u8] = b"0\0isocache\0";

/// Parts that mean something to some parser, whole or in pieces.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "GET", "HEAD", "POST", "https://example.org/", "200", "304", "404", "1", "0", "1697328000000",
            "cache-control", "age", "date", "expires", "vary", "etag", "last-modified", "if-none-match",
            "if-modified-since", "authorization", "set-cookie", "pragma", "connection", "cdn-cache-control",
            "cache-status", "location", "range", "*", "W/\"a\"", "\"a\"", "max-age=60", "no-store", "private",
            "no-cache=\"a, b\"", "max-age=\"", "s-maxage=99999999999999999999", "must-understand", "public",
            "Sun, 15 Oct 2023 00:00:00 GMT", "Sunday, 15-Oct-23 00:00:00 GMT", "Sun Oct 15 00:00:00 2023",
            "max-stale", "min-fresh=18446744073709551615", "only-if-cached", "18446744073709551615", "",
        ]).prop_map(String::from),
        1 => "[ -~]{0,12}",
        1 => "(?s).{0,8}",
    ]
}

fn block() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(part(), 0..12).prop_map(|parts| {
            parts.iter().flat_map(|part| [part.as_bytes(), &[0]].concat()).collect()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn nothing_panics(
        options in prop_oneof![Just(SHARED.to_vec()), Just(PRIVATE.to_vec()), block()],
        request in block(),
        head in block(),
        response in block(),
        asked in any::<u64>(),
        received in any::<u64>(),
    ) {
        let mut out = Vec::new();
        let _ = lookup(&options, &request, &head, received, &mut out);
        let _ = store(&options, &request, &response, asked, received, &mut out);
        let _ = freshen(&options, &request, &head, &response, asked, received, &mut out);
        let _ = answer(&options, &request, &head, Reason::Stale, true, received, &mut out);
        let _ = forwarded(&options, &response, Reason::Miss, true, &mut out);
        let _ = invalidates(&request, &response, &mut out);
        let _ = variant(&request, &head, &mut out);
    }
}

const NOW: u64 = 1_697_328_000_000;

#[derive(Clone, Debug)]
struct Message {
    fields: Vec<(String, String)>,
}

impl Message {
    fn text(&self, start: &[&str]) -> Vec<u8> {
        let fields = self.fields.iter().flat_map(|(name, value)| [name.as_str(), value]);
        start
            .iter()
            .copied()
            .chain(fields)
            .flat_map(|part| [part.as_bytes(), &[0]].concat())
            .collect()
    }

    /// The obvious reading, for directives without closed quotes.
    fn says(&self, name: &str, directive: &str) -> bool {
        let lines = self.fields.iter().filter(|field| field.0.eq_ignore_ascii_case(name));
        lines.flat_map(|field| field.1.split(',')).any(|member| {
            member.split('=').next().is_some_and(|word| word.trim().eq_ignore_ascii_case(directive))
        })
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.0.eq_ignore_ascii_case(name))
            .map(|field| field.1.trim())
    }
}

fn directives() -> impl Strategy<Value = String> {
    let words = vec![
        "no-store",
        "No-Store",
        "private",
        "PRIVATE=x",
        "no-cache",
        "public",
        "max-age=60",
        "max-age=0",
        "max-age=x",
        "s-maxage=60",
        "must-revalidate",
        "immutable",
        "",
        " ",
    ];
    // A quote that is never closed hides nothing.
    (prop::collection::vec(prop::sample::select(words), 0..5), prop::option::of(0_usize..5))
        .prop_map(|(mut words, quote)| {
            if let Some(at) = quote.filter(|at| *at <= words.len()) {
                words.insert(at, "x=\"y");
            }
            words.join(",")
        })
}

fn message(kinds: Vec<(&'static str, BoxedStrategy<String>)>) -> impl Strategy<Value = Message> {
    let field = prop::sample::select((0..kinds.len()).collect::<Vec<_>>())
        .prop_flat_map(move |at| (Just(kinds[at].0.to_string()), kinds[at].1.clone()));
    prop::collection::vec(field, 0..6).prop_map(|fields| Message { fields })
}

fn responses() -> impl Strategy<Value = Message> {
    message(vec![
        ("Cache-Control", directives().boxed()),
        ("cache-control", directives().boxed()),
        ("ETag", Just("\"a\"".to_string()).boxed()),
        (
            "Vary",
            prop::sample::select(vec!["foo", "Foo, bar", "*", "", "foo,*"])
                .prop_map(String::from)
                .boxed(),
        ),
        ("Set-Cookie", Just("a=b".to_string()).boxed()),
        ("Age", "[0-9]{1,3}".boxed()),
        ("Expires", Just("Sun, 15 Oct 2023 00:05:00 GMT".to_string()).boxed()),
        ("Last-Modified", Just("Sun, 15 Oct 2000 00:05:00 GMT".to_string()).boxed()),
    ])
}

fn requests() -> impl Strategy<Value = Message> {
    message(vec![
        ("foo", "[12]".boxed()),
        ("Bar", "[12]".boxed()),
        ("Authorization", "[ab]".boxed()),
        (
            "Cache-Control",
            prop::sample::select(vec!["no-store", "max-stale", "max-age=5"])
                .prop_map(String::from)
                .boxed(),
        ),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn no_response_is_reused_against_its_word(
        first in requests(),
        response in responses(),
        second in requests(),
        shared in any::<bool>(),
        seconds in 0_u64..400,
    ) {
        let options = if shared { SHARED } else { PRIVATE };
        let (url, mut head, mut out) = ("https://example.org/", Vec::new(), Vec::new());
        let request = first.text(&["GET", url]);
        let kept = store(options, &request, &response.text(&["200"]), NOW, NOW, &mut head).unwrap();
        let Kept::For(keep_ms) = kept else { return Ok(()) };
        let found = lookup(options, &second.text(&["GET", url]), &head, NOW + seconds * 1_000, &mut out).unwrap();

        let control = |word| response.says("cache-control", word);
        prop_assert!(!control("no-store") && !first.says("cache-control", "no-store"));
        prop_assert!(!(shared && control("private")));
        let told = control("public") || control("s-maxage");
        let authorised = first.value("authorization").is_none() || told || control("must-revalidate");
        prop_assert!(!shared || authorised);
        prop_assert!(!(shared && response.value("set-cookie").is_some() && !told));
        prop_assert!(!response.says("vary", "*"));
        if matches!(found, Lookup::Hit | Lookup::NotModified) {
            let tolerant = second.says("cache-control", "max-stale");
            prop_assert!(tolerant || seconds * 1_000 < keep_ms, "a hit on what is not kept any more");
            prop_assert!(!control("no-cache") && !second.says("cache-control", "no-store"));
            for name in ["foo", "bar"].into_iter().filter(|name| response.says("vary", name)) {
                let all = |message: &Message| -> Vec<_> {
                    message.fields.iter().filter(|field| field.0.eq_ignore_ascii_case(name)).map(|field| field.1.clone()).collect()
                };
                prop_assert_eq!(all(&first), all(&second));
            }
        }
        if let Lookup::Forward(_) = found {
            let mut fresh = Vec::new();
            let answer = Message { fields: vec![] }.text(&["304"]);
            let done = freshen(options, &request, &head, &answer, NOW, NOW + seconds * 1_000, &mut fresh).unwrap();
            prop_assert!(done != Freshened::Mismatch);
        }
    }

    /// A private cache's responses do not get into a shared one, even when their heads do.
    #[test]
    fn a_shared_cache_does_not_answer_with_what_is_private(response in responses(), request in requests()) {
        let (mut head, mut out) = (Vec::new(), Vec::new());
        let request = request.text(&["GET", "https://example.org/"]);
        let kept = store(PRIVATE, &request, &response.text(&["200"]), NOW, NOW, &mut head).unwrap();
        if kept != Kept::No && response.says("cache-control", "private") {
            prop_assert_eq!(lookup(SHARED, &request, &head, NOW, &mut out).unwrap(), Lookup::Forward(Reason::Miss));
        }
    }
}
