//! Operations against a model that never forgets: what the cache gives was written last under its key, has not expired
//! and was not invalidated; its parts agree after each step; and what it does not give although it did not say that it
//! evicted it is an error. Under LRU who is evicted is exact.

#![no_main]

#[path = "operations/input.rs"]
mod input;
#[path = "operations/many.rs"]
mod many;
#[path = "operations/model.rs"]
mod model;
#[path = "operations/run.rs"]
mod run;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: input::Input| run::run(&input));
