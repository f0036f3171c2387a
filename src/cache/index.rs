//! From a key's hash to the record's id.
//!
//! Keys come from strangers, so the hash is seeded (foldhash, whose quality variant resists
//! collisions made without knowing the seed). 32 bits of it are kept in the record, which lets the
//! table grow without reading keys.

use core::hash::{BuildHasher, Hasher};
use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;
use hashbrown::HashTable;

use super::records::Records;

/// Hash to id; ids only, the keys stay with the records.
pub(super) struct Index {
    table: HashTable<u32>,
    state: SeedableRandomState,
}

impl Index {
    pub(super) fn new(seed: u64) -> Self {
        let state = SeedableRandomState::with_seed(seed, SharedSeed::global_fixed());
        Self { table: HashTable::new(), state }
    }

    /// The hash under which the key is kept.
    pub(super) fn hash(&self, key: &[u8]) -> u32 {
        let mut hasher = self.state.build_hasher();
        hasher.write(key);
        (hasher.finish() >> 32) as u32
    }

    /// The id of the record with this key; expected O(1).
    pub(super) fn find(&self, records: &Records, hash: u32, key: &[u8]) -> Option<u32> {
        let same = |&id: &u32| {
            let record = records.get(id);
            record.hash == hash && record.key() == key
        };
        self.table.find(spread(hash), same).copied()
    }

    /// Adds an id whose record is already there; amortised O(1).
    pub(super) fn insert(&mut self, records: &Records, hash: u32, id: u32) {
        self.table.insert_unique(spread(hash), id, |&id| spread(records.get(id).hash));
    }

    /// Forgets an id; expected O(1).
    pub(super) fn remove(&mut self, hash: u32, id: u32) {
        if let Ok(found) = self.table.find_entry(spread(hash), |&other| other == id) {
            found.remove();
        }
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn clear(&mut self) {
        self.table = HashTable::new();
    }
}

/// The table reads both ends of a hash: spread the 32 bits over all 64, and over the low 32 that
/// wasm32 uses.
pub(super) const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
