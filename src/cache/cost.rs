//! What an entry costs: the number that is held against `max_bytes`.

use super::records::Record;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 65_535;

/// What an entry costs beyond the bytes of its key and value, the same on every platform, so that
/// a bound means the same number of entries everywhere. It stands for, on wasm32: the record (32),
/// its links in the policy (8), its deadline (16) and that deadline's place (4), its share of an
/// index that is on average two thirds full (8), and the allocator's header, rounding and the
/// slack of the growing tables (28).
pub const ENTRY_OVERHEAD: usize = 96;

#[cfg(target_arch = "wasm32")]
const _: () = assert!(size_of::<Record>() <= 32);
#[cfg(not(target_arch = "wasm32"))]
const _: () = assert!(size_of::<Record>() <= 48);

/// Key and value lie in one block, which the allocator rounds up to a multiple of this.
const ROUNDING: usize = 8;

/// What an entry of these lengths costs, in bytes.
pub(super) const fn cost(key_len: usize, value_len: usize) -> u64 {
    ENTRY_OVERHEAD as u64 + (key_len as u64 + value_len as u64).next_multiple_of(ROUNDING as u64)
}
