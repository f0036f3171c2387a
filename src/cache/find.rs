//! Finding a key's record, expired ones excepted.

use super::Cache;

impl Cache {
    /// The live record of a key and its hash. A record whose deadline has come is removed here.
    pub(super) fn find_live(&mut self, key: &[u8]) -> Option<(u32, u32)> {
        let (id, hash) = self.find_for_write(key);
        id.map(|id| (id, hash))
    }

    /// As [`find_live`](Self::find_live), with the hash also when there is none.
    pub(super) fn find_for_write(&mut self, key: &[u8]) -> (Option<u32>, u32) {
        let hash = self.index.hash(key);
        let Some(id) = self.index.find(&self.records, hash, key) else { return (None, hash) };
        if self.records.get(id).deadline > self.now {
            return (Some(id), hash);
        }
        self.expire(id);
        (None, hash)
    }
}
