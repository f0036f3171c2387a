//! The crossing: the engine as JavaScript calls it.
//!
//! On the hot path only numbers cross. JavaScript writes a key (and a value behind it) to the
//! scratch buffer, calls one method, and reads the answer from the result block or, for bytes, from
//! where they lie in linear memory. Nothing here decides anything: a method finds its cache, calls
//! it, and writes the answer down.

mod batch;
mod code;
mod engine;
#[cfg(feature = "http")]
mod http;
mod items;
mod keys;
mod options;
mod patterns;
mod settings;
#[cfg(test)]
mod tests;
