//! A ready-made class for who uses the output of `wasm-pack build --features promise-class` with no
//! JavaScript of ours: `PromiseCache`, whose methods give promises.
//!
//! The npm package does not use it. Its own class is faster (values cross as numbers and bytes, not
//! as objects) and does more; this one is what wasm-bindgen can do alone, on the same engine.
//!
//! Every method reads its arguments, encodes values and asks the clock before it returns, so that a
//! caller who changes an object afterwards changes nothing in the cache; only `getOrSet` waits. No
//! method throws, whatever it is given: a mistake is a rejection with a `code`. The constructor throws,
//! and so does wasm-bindgen itself on an object that was freed.
//!
//! What the caller's code may do (getters, proxies, iterators, clocks, loaders) can throw anywhere in
//! it; each such call is imported with `catch`, since an exception that unwinds through Rust leaks.

mod args;
mod batch;
mod class;
mod clock;
mod decode;
mod encode;
mod errors;
mod js;
mod loading;
mod options;
mod stats;
#[cfg(test)]
mod tests;
