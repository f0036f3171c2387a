//! What the bytes of a value are: the kinds that `js/values.ts` gives them too, so that a value
//! written in one language reads as the same value in the other. The engine gives them no meaning.

/// As they are.
pub(crate) const BYTES: u8 = 0;
/// Text whose bytes are all below 128. Only JavaScript tells it from [`UTF8`].
pub(crate) const ASCII: u8 = 1;
/// Well-formed text.
pub(crate) const UTF8: u8 = 2;
/// Text with lone surrogates: code units, the low byte of each first.
#[cfg(all(feature = "promise-class", target_arch = "wasm32"))]
pub(crate) const UTF16: u8 = 3;
/// MessagePack.
pub(crate) const ENCODED: u8 = 4;
pub(crate) const FALSE: u8 = 5;
pub(crate) const TRUE: u8 = 6;
pub(crate) const NULL: u8 = 7;
/// In decimal digits.
#[cfg(all(feature = "promise-class", target_arch = "wasm32"))]
pub(crate) const BIG_INT: u8 = 8;
