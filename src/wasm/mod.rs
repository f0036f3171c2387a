//! The crossing: the engine as JavaScript calls it.
//!
//! On the hot path only numbers cross. JavaScript writes a key (and a value behind it) to the
//! scratch buffer, calls one method, and reads the answer from the result block or, for bytes, from
//! where they lie in linear memory. Nothing here decides anything: a method finds its cache, calls
//! it, and writes the answer down. All of that is the feature `npm`; `promise` is a class that needs
//! no JavaScript of ours, and stands beside it.

#[cfg(feature = "npm")]
mod batch;
#[cfg(feature = "npm")]
mod code;
#[cfg(feature = "npm")]
mod engine;
#[cfg(all(feature = "npm", feature = "http"))]
mod http;
#[cfg(feature = "npm")]
mod items;
#[cfg(feature = "npm")]
mod keys;
#[cfg(feature = "npm")]
mod options;
#[cfg(feature = "npm")]
mod patterns;
#[cfg(feature = "promise-class")]
mod promise;
#[cfg(feature = "npm")]
mod settings;
#[cfg(feature = "npm")]
mod snapshot;
#[cfg(all(test, feature = "npm"))]
mod tests;
