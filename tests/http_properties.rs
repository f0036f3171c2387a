//! What holds for all messages: nothing panics, and no response answers a request that it must not.
#![cfg(feature = "http")]

use isocache::http::{
    Forwarded, Held, Lookup, Reason, answer, combine, conditions, forwarded, freshen,
    group_invalidations, invalidates, labels, lookup, store, update, variant,
};
use proptest::prelude::*;

#[path = "support/http_cases.rs"]
mod cases;

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
            "content-range", "bytes 0-4/9", "bytes 5-8/9", "bytes=0-4", "if-range", "accept-language",
            "en;q=0.5, de", "cache-tag", "cache-groups", "\"a\", \"b\"", "surrogate-key", "206", "QUERY", "2",
            "content-location", "stale-while-revalidate=9", "stale-if-error=9", "cache-group-invalidation",
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
        let held = Held { length: Some(asked), purged: true, collapsed: true };
        let _ = lookup(&options, &request, &head, held, received, &mut out);
        let _ = store(&options, &request, &response, asked, received, &mut out);
        let how = Forwarded { reason: Reason::Stale, status: None, stored: true, collapsed: true };
        let _ = freshen(&options, &request, &head, &response, asked, received, false, &mut out);
        let _ = update(&options, &request, &head, &response, asked, received, &mut out);
        let _ = combine(&options, &request, &head, &response, asked, received, &mut out);
        let _ = answer(&options, &request, &head, how, true, Some(asked), received, &mut out);
        let _ = forwarded(&options, &response, how, &mut out);
        let _ = conditions(&head, &mut out);
        let _ = labels(&request, &response, &mut out);
        let _ = group_invalidations(&request, &response, &mut out);
        let _ = invalidates(&request, &response, &mut out);
        let _ = variant(&request, &head, &mut out);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(15_000) })]

    #[test]
    fn no_response_is_reused_against_its_word(bytes in prop::collection::vec(any::<u8>(), 64)) {
        cases::Case::draw(&bytes).check();
    }

    /// A private cache's responses do not get into a shared one, even when their heads do.
    #[test]
    fn a_shared_cache_does_not_answer_with_what_is_private(seconds in 0_u64..60) {
        for field in ["cache-control\0private\0", "set-cookie\0a=b\0"] {
            let (mut head, mut out) = (Vec::new(), Vec::new());
            let request = b"GET\0https://example.org/\0";
            let response = format!("200\0cache-control\0max-age=60\0{field}");
            let now = cases::NOW;
            let kept = store(PRIVATE, request, response.as_bytes(), now, now, &mut head).unwrap();
            prop_assert!(kept.is_some());
            let later = now + seconds * 1_000;
            let found = lookup(SHARED, request, &head, Held::default(), later, &mut out).unwrap();
            prop_assert!(matches!(found, Lookup::Forward(forward) if forward.reason == Reason::Miss));
        }
    }
}
