//! Recounts everything; exists in tests and where it is fuzzed only.

use super::Cache;
use super::find::State;
use super::options::NO_DEADLINE;
use super::policy::{Facts, Policy};

impl Cache {
    /// Panics where two parts of the cache disagree.
    #[doc(hidden)]
    pub fn validate(&self) {
        let live: Vec<u32> =
            (0..self.records.end()).filter(|&id| self.records.is_live(id)).collect();
        assert_eq!(live.len(), self.records.len() as usize);
        assert_eq!(live.len(), self.index.len());
        assert!(self.records.len() <= self.options.max_entries);
        self.records.validate();

        let bytes: u64 = live.iter().map(|&id| self.records.cost(id)).sum();
        assert_eq!(bytes + self.tags.charged(), self.bytes);
        assert!(self.bytes <= self.options.max_bytes);

        for &id in &live {
            let key = self.records.key(id);
            let found = self.index.find(&self.records, self.records.hash(&key), &key);
            assert_eq!(found, Some(self.records.place(id)));
        }
        let mut known = self.policy.validate(Facts::of(&self.records));
        known.sort_unstable();
        assert_eq!(known, live);
        self.validate_expiry(&live);
        self.validate_tags(&live);
    }

    fn validate_expiry(&self, live: &[u32]) {
        let expiring = live.iter().filter(|&&id| self.expiry(id) != NO_DEADLINE).count();
        assert_eq!(self.deadlines.validate() + self.held.validate(), expiring);
        for &id in live.iter().filter(|&&id| self.state(id) == State::Held) {
            assert!(self.records.head(id).stale_until() > Some(self.now));
        }
        // Tables may have grown since the last segment was taken.
        let most = self.most_segments().max(4) + 3;
        assert!(self.records.arena.held() <= most, "{} > {most}", self.records.arena.held());
    }

    fn validate_tags(&self, live: &[u32]) {
        let members = live.iter().filter_map(|&id| Some((id, self.records.head(id).tags()?)));
        self.tags.validate(members);
    }

    /// The keys from the least to the most recently used, where the policy is LRU.
    #[doc(hidden)]
    pub fn keys_by_recency(&self) -> Vec<Vec<u8>> {
        let ids = self.policy.validate(Facts::of(&self.records)).into_iter();
        ids.map(|id| self.records.key(id).into_owned()).collect()
    }
}
