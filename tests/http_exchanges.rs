//! The exchanges of `tests/vectors/http-exchanges.json`, for whoever stores responses in whatever language:
//! parts, stale responses, and methods other than GET.
#![cfg(all(feature = "http", not(target_arch = "wasm32")))]

use isocache::http::{Answer, Forward, Held, Kept, Lookup, Span, lookup, store};
use serde_json::Value;

#[path = "support/http.rs"]
mod support;
use support::{PRIVATE, SHARED, read, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/http-exchanges.json")).expect("the vectors are JSON")
}

fn texts(list: &Value) -> Vec<&str> {
    let texts = list.as_array().into_iter().flatten();
    texts.map(|text| text.as_str().expect("a text")).collect()
}

/// A request of a row, GET where nothing else is said.
fn request(url: &Value, row: &Value) -> Vec<u8> {
    let method = row["method"].as_str().unwrap_or("GET");
    text(&[method, url.as_str().expect("a URL")], &texts(&row["request"]))
}

#[test]
fn exchanges_go_as_the_table_says() {
    let vectors = vectors();
    let now = vectors["now"].as_u64().expect("seconds") * 1_000;
    let url = &vectors["url"];
    for row in vectors["exchanges"].as_array().expect("a list") {
        let about = row["about"].as_str().expect("a text");
        let options = if row["shared"] == false { PRIVATE } else { SHARED };
        let status = row["status"].as_u64().unwrap_or(200).to_string();
        let response = text(&[&status], &texts(&row["response"]));
        let mut head = Vec::new();
        let kept = store(options, &request(url, row), &response, now, now, &mut head).unwrap();
        assert_eq!(stored(kept), row.get("stored").cloned().unwrap_or(true.into()), "{about}");
        for then in row["then"].as_array().expect("a list") {
            let found = ask(options, &request(url, then), &head, row, then, now);
            check(&found, row, then, &format!("{about}: {then}"));
        }
    }
}

/// What became of a response, as the table says it.
fn stored(kept: Option<Kept>) -> Value {
    match kept {
        None => false.into(),
        Some(Kept { for_get: true, .. }) => "get".into(),
        Some(Kept { span: None, .. }) => true.into(),
        Some(Kept { span: Some(Span { start, end, total }), .. }) => {
            let total = total.map_or("*".to_string(), |total| total.to_string());
            format!("{start}-{end}/{total}").into()
        }
    }
}

fn body(row: &Value) -> &str {
    row["body"].as_str().unwrap_or("0123456789")
}

fn ask(
    options: &[u8],
    request: &[u8],
    head: &[u8],
    row: &Value,
    then: &Value,
    now: u64,
) -> (Lookup, Vec<u8>) {
    let held = Held {
        length: Some(body(row).len() as u64),
        purged: then["purged"] == true,
        collapsed: false,
    };
    let (mut out, after) = (Vec::new(), then["after"].as_u64().unwrap_or(0));
    (lookup(options, request, head, held, now + after * 1_000, &mut out).unwrap(), out)
}

fn check((found, out): &(Lookup, Vec<u8>), row: &Value, then: &Value, about: &str) {
    if let Lookup::Forward(forward) = found {
        return check_forward(*forward, out, then, about);
    }
    let (start, fields) = read(out, 1);
    assert_eq!(start, [then["status"].to_string()], "{about}");
    for field in texts(&then["fields"]) {
        assert!(fields.contains(&field.to_string()), "{about}: {fields:?}");
    }
    let (whole, revalidates) = (body(row), then["revalidates"] == true);
    let (expected, revalidate) = match found {
        Lookup::Answer { answer, revalidate } => (bytes(*answer, whole), *revalidate),
        _ => ("", false),
    };
    assert_eq!(expected, then["body"], "{about}");
    assert_eq!(revalidate, revalidates, "{about}");
}

fn bytes(answer: Answer, whole: &str) -> &str {
    match answer {
        Answer::Whole => whole,
        Answer::Part { start, end } => &whole[start as usize..end as usize],
        _ => "",
    }
}

fn check_forward(forward: Forward, out: &[u8], then: &Value, about: &str) {
    let reason = format!("{:?}", forward.reason).to_lowercase();
    assert_eq!(reason, then["forward"], "{about}");
    assert_eq!(read(out, 0).1, texts(&then["sends"]), "{about}");
    assert_eq!(forward.covering_ms, then["covering"].as_u64().unwrap_or(0), "{about}");
    assert_eq!(forward.completes, then["completes"] == true, "{about}");
}
