//! Recounts everything; exists in tests only.

use super::Cache;
use super::options::NO_DEADLINE;
use super::policy::{Facts, Policy};

impl Cache {
    /// Panics where two parts of the cache disagree.
    pub(super) fn validate(&self) {
        let live: Vec<u32> =
            (0..self.records.end()).filter(|&id| self.records.find(id).is_some()).collect();
        assert_eq!(live.len(), self.records.len() as usize);
        assert_eq!(live.len(), self.index.len());
        assert!(self.records.len() <= self.options.max_entries);

        let bytes: u64 = live.iter().map(|&id| self.records.cost(id)).sum();
        assert_eq!(bytes, self.bytes);
        assert!(bytes <= self.options.max_bytes);

        for &id in &live {
            let record = self.records.get(id);
            assert_eq!(self.index.hash(record.key()), record.hash);
            assert_eq!(self.index.find(&self.records, record.hash, record.key()), Some(id));
        }
        let mut known = self.policy.validate(Facts::of(&self.records));
        known.sort_unstable();
        assert_eq!(known, live);

        let expiring = live.iter().filter(|&&id| self.records.get(id).deadline != NO_DEADLINE);
        assert_eq!(self.deadlines.validate(), expiring.count());
    }

    /// The keys from the least to the most recently used, where the policy is LRU.
    pub(super) fn keys_by_recency(&self) -> Vec<Vec<u8>> {
        let ids = self.policy.validate(Facts::of(&self.records)).into_iter();
        ids.map(|id| self.records.get(id).key().to_vec()).collect()
    }
}
