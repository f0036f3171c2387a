//! What can be done with all keys that a pattern matches. Each call reads every key once: O(n) for
//! the patterns that compile to a literal, a prefix or a suffix, O(n · pattern · k) in general.

use super::deadlines::Deadlines;
use super::find::State;
use super::journal::Reason;
use super::policies::Policies;
use super::{Cache, Pattern};

impl Cache {
    /// How many live entries match. Neither uses them nor counts.
    pub fn count_keys(&mut self, pattern: &Pattern, now: u64) -> u64 {
        self.advance(now);
        (0..self.records.end()).filter(|&id| self.matches(id, pattern)).count() as u64
    }

    /// Removes all live entries that match: how many.
    pub fn delete_pattern(&mut self, pattern: &Pattern, now: u64) -> u64 {
        self.advance(now);
        let mut removed = 0;
        for id in 0..self.records.end() {
            if self.matches(id, pattern) {
                self.remove(id, Reason::Delete);
                removed += 1;
            }
        }
        self.stats.deletes += removed;
        removed
    }

    /// Hands the keys that match to `visit`, from `cursor` on (0 at first), until it gives false.
    /// Gives the cursor of the next page, or None at the end. However entries come and go between
    /// pages, a key that stays is visited exactly once.
    pub fn keys(
        &mut self,
        pattern: &Pattern,
        cursor: u32,
        now: u64,
        mut visit: impl FnMut(&[u8]) -> bool,
    ) -> Option<u32> {
        self.advance(now);
        let end = self.records.end();
        for id in cursor..end {
            if self.matches(id, pattern) && !visit(&self.records.key(id)) {
                return (id + 1 < end).then_some(id + 1);
            }
        }
        None
    }

    /// Removes everything: how many live entries there were. O(n).
    pub fn clear(&mut self, now: u64) -> u64 {
        self.purge_expired(usize::MAX, now);
        let live = |&id: &u32| self.records.is_live(id) && self.state(id) == State::Live;
        let removed = (0..self.records.end()).filter(live).count() as u64;
        if self.is_watched() {
            for id in
                (0..self.records.end()).filter(|&id| self.records.is_live(id)).collect::<Vec<_>>()
            {
                self.note_event(id, Reason::Clear);
            }
        }
        self.reset();
        self.forget_removed();
        self.stats.deletes += removed;
        removed
    }

    /// Forgets all entries and gives the memory of all tables back.
    pub(super) fn reset(&mut self) {
        self.records.clear();
        self.index.clear();
        self.policy = Policies::new(&self.options);
        (self.deadlines, self.held) = (Deadlines::new(), Deadlines::new());
        self.tags.forget_members();
        self.bytes = 0;
    }

    /// The key first: most do not match, and what has become of those does not matter.
    fn matches(&self, id: u32, pattern: &Pattern) -> bool {
        let Some(place) = self.records.find(id) else { return false };
        pattern.matches(&self.records.key_at(place)) && self.state(id) == State::Live
    }
}
