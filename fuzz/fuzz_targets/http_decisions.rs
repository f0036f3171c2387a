//! Arbitrary exchanges, judged by what their words obviously mean.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/http_cases.rs"]
mod cases;

fuzz_target!(|bytes: &[u8]| cases::Case::draw(bytes).check());
